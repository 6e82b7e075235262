"""Every example as a user runs it: all commands of its README, its script among them, and a comparison of what came of it."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from harness import BINARY, ROOT, IntegrationTest, eventually, free_port

EXAMPLES = os.path.join(ROOT, "examples")


def readme_blocks(example):
    """[(language, text)] of all fenced blocks, in order; ("sh service", …) is one that runs until it is stopped."""
    with open(os.path.join(EXAMPLES, example, "README.md"), encoding="utf-8") as file:
        return re.findall(r"^```([^\n]*)\n(.*?)^```", file.read(), re.S | re.M)


class Session:
    """A bash command in a process group of its own, so that what it leaves behind is seen."""

    def __init__(self, command, folder, **environment):
        self.log = open(os.path.join(folder, f"session-{len(os.listdir(folder))}.log"), "w+b")
        self.process = subprocess.Popen(["bash", "-euo", "pipefail", "-c", command], cwd=ROOT, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True,
                                        env={**os.environ, "POSTHASTE_BINARY": BINARY, "TMPDIR": folder, "CURL_HOME": folder, **environment})

    def output(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self, timeout=120):
        return self.process.wait(timeout)

    def has_left_processes(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def end(self):
        if self.has_left_processes():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


class ExampleTest(IntegrationTest):
    def setUp(self):
        super().setUp()
        for tool in ("curl", "jq", "node", "openssl"):
            self.assertTrue(shutil.which(tool), f"needs {tool} (./dev test installs it)")
        self.work = os.path.join(self.folder, "work")
        with open(os.path.join(self.folder, ".curlrc"), "w", encoding="utf-8") as file:
            file.write("silent\nshow-error\n")  # as in a terminal, where the progress of a few bytes is not seen

    def session(self, command, **environment):
        session = Session(command, self.folder, **environment)
        self.addCleanup(session.end)
        return session

    def run_command(self, command, **environment):
        """Runs it to its end; returns what it printed."""
        session = self.session(command, **environment)
        self.assertEqual(0, session.wait(), session.output())
        self.assertFalse(session.has_left_processes(), f"{command}: a process is left")
        return session.output()

    def run_readme(self, example, *replacements):
        """Every command of the README, in order. Where a block without a language follows one, that is its output. Returns the
        sessions of those that keep running."""
        last, services = None, []
        for language, text in readme_blocks(example):
            for old, new in replacements:
                text = text.replace(old, new)
            if language == "sh service":
                service = self.session(text)
                eventually(lambda: re.search("listen(ing|s) on", service.output()), what=f"the start of {text}")
                services.append(service)
            elif language == "sh":
                last = self.run_command(text, EXAMPLE_WORK=self.work)
            elif not language and last is not None:
                self.assertEqual(text.rstrip(), last.rstrip())
                last = None
        return services

    def printed(self, log):
        """The JSON lines of one of the script's processes."""
        with open(os.path.join(self.work, log), encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.startswith("{")]


class Receivers(ExampleTest):
    def test_readme(self):
        self.run_readme("receivers", ("9000", str(free_port())))
        event = {"event": "user.created", "data": {"id": 123, "name": "Jöhn"}}
        for log in ("python.log", "node.log"):
            with self.subTest(log):
                lines = self.printed(log)
                self.assertEqual(["accepted", "accepted", "repeated", "refused", "refused"], [line["result"] for line in lines])
                self.assertEqual([event, {"event": "order.paid"}, {"event": "order.paid"}], [line["payload"] for line in lines[:3]])
                self.assertEqual(["not from now", "signature does not match"], [line["reason"] for line in lines[3:]])
                self.assertEqual(["msg_1", "msg_1"], [line["id"] for line in lines[1:3]])


class MachineLearning(ExampleTest):
    def test_S0_12_readme(self):
        self.run_readme("ml-pipeline")
        report = json.loads(self.printed("reader.log")[0]["body"])
        self.assertEqual(("first", True), (report["run"], report["approved"]))
        self.assertEqual(self.expected_report(), report["report"])
        self.assertEqual(1, len(self.printed("reader.log")), "the event that was sent again brought no second report")
        self.assertEqual({"train": ["200", "200"], "metrics": ["503", "200"], "checks": ["200"], "analysis": ["200"]},
                         {stage: self.statuses(stage) for stage in ("train", "metrics", "checks", "analysis")})

    def statuses(self, stage):
        with open(os.path.join(self.work, f"{stage}.log"), encoding="utf-8") as file:
            return re.findall(r"^(\d{3}) ", file.read(), re.M)

    def expected_report(self):
        """The same stages without anything between them."""
        program = ("import json, train, metrics, checks, analysis\n"
                   "event = {'run': 'first', 'seed': 7, 'rows': 200}\n"
                   "for stage in (train.train, metrics.measure, checks.check, analysis.report):\n"
                   "    event = json.loads(json.dumps(stage(event)))\n"
                   "print(json.dumps(event['report']))")
        return json.loads(subprocess.run(["python3", "-B", "-c", program], cwd=os.path.join(EXAMPLES, "ml-pipeline"), check=True,
                                         capture_output=True, text=True, timeout=120).stdout)


class OrderToSeller(ExampleTest):
    ORDER = {"order_id": 123, "user_id": 7, "amount": 49.9}

    def test_readme(self):
        seller, port = free_port(), free_port()
        serve = f"exec {BINARY} serve --listen 127.0.0.1:{port} --database sqlite:{self.folder}/by-hand"
        by_hand, _ = self.run_readme("order-to-seller", ("9000", str(seller)), ("build/release/posthaste serve", serve),
                                     ("localhost:8000", f"127.0.0.1:{port}"))
        eventually(lambda: "packed order 123" in by_hand.output(), what="the delivery by hand")
        lines = self.printed("seller.log")
        self.assertEqual([503, 503, 200], [line["status"] for line in lines])
        self.assertEqual(("packed order 123", "order_creation", self.ORDER), (lines[2]["says"], lines[2]["event"], lines[2]["order"]))
        (delivery,) = self.printed("warehouse.log")
        self.assertEqual(self.ORDER, json.loads(delivery["body"]))
        attempts = [line for line in self.printed("server.log") if line.get("event") == "order_creation"]
        self.assertEqual(["delivered", "delivered", "parked", "parked"], sorted(line["next"] for line in attempts))


class Contacts(ExampleTest):
    def test_readme(self):
        self.run_readme("contacts")
        deliveries = self.printed("receiver.log")
        self.assertEqual(["valid"] * 3, [delivery["signature"] for delivery in deliveries])
        events = [json.loads(delivery["body"]) for delivery in deliveries]
        self.assertEqual("webhook.test", events[0]["event_type"])
        told = sorted((event["event_type"], event["data"]["subscriber"]["email"]) for event in events[1:])
        self.assertEqual([("subscriber.created", "ada@example.com"), ("subscriber.created", "grace@example.com")], told)


class MailboxFlow(ExampleTest):
    def test_S2_38_readme(self):
        self.run_readme("mailbox-flow")
        received = {log: [json.loads(line["body"])["data"]["order_id"] for line in self.printed(log)]
                    for log in ("receiver.log", "broken.log", "repaired.log")}
        self.assertEqual({"receiver.log": ["ORD-001"], "broken.log": ["ORD-002"] * 3, "repaired.log": ["ORD-002"]}, received)


class WithAnSdk(ExampleTest):
    def setUp(self):
        super().setUp()
        if not os.path.isdir(os.path.join(EXAMPLES, "with-an-sdk/node_modules/svix")):
            self.fail("needs the example's package: npm --prefix examples/with-an-sdk ci (./dev test does it)")

    def test_readme(self):
        server = self.server().start()
        replacements = (("127.0.0.1:8000", f"127.0.0.1:{server.port}"), ("npm --prefix examples/with-an-sdk ci\n", ""),
                        ("build/release/posthaste token", f"{BINARY} token --database {server.database}"))
        self.run_readme("with-an-sdk", *replacements)
        self.run_readme("with-an-sdk", *replacements)  # a second time on the same server
        printed = self.run_command("examples/with-an-sdk/run.sh")
        for expected in (r"endpoint of example: invoice\.paid", r'endpoint of another: \{"amount": \{"\$gte": 100\}\}',
                         r'received and verified: \{"invoice":"A-\d+","amount":120\.5\}',
                         r'received and verified: \{"invoice": "B-\d+", "amount": 120\.5\}'):
            self.assertRegex(printed, expected)
        for twice in ("sent twice with one key: one message", "attempt: success 204"):
            self.assertEqual(2, printed.count(twice), printed)
        self.assertEqual(2, len(re.findall("webhook-id is the message's id: [tT]rue", printed)))


class Scripts(ExampleTest):
    def scripts(self):
        return sorted(name for name in os.listdir(EXAMPLES) if os.path.exists(os.path.join(EXAMPLES, name, "run.sh")))

    def left_folders(self):
        return [name for name in os.listdir(self.folder) if name.startswith("posthaste-example-")]

    def test_each_is_in_the_table_and_tells_how_to_run_it(self):
        with open(os.path.join(EXAMPLES, "README.md"), encoding="utf-8") as file:
            table = file.read()
        for name in self.scripts():
            self.assertIn(f"[{name}]({name}/README.md)", table)
            self.assertIn(("sh", f"examples/{name}/run.sh\n"), readme_blocks(name))

    def test_a_failure_is_the_exit_status(self):
        for name in self.scripts():
            with self.subTest(name):
                missing = self.session(f"examples/{name}/run.sh", POSTHASTE_BINARY="/nowhere/posthaste")
                self.assertEqual(1, missing.wait())
                self.assertIn("/nowhere/posthaste is not there; build it with ./dev build", missing.output())
                broken = self.session(f"examples/{name}/run.sh", POSTHASTE_BINARY="/bin/false")
                self.assertEqual(1, broken.wait())
                self.assertIn("ended at its start", broken.output())
                self.assertEqual([], self.left_folders())

    def test_an_interrupted_script_cleans_up(self):
        for name in self.scripts():
            with self.subTest(name):
                session = self.session(f"exec examples/{name}/run.sh")
                eventually(lambda: "posthaste runs on" in session.output(), what="the start of the server")
                session.process.send_signal(signal.SIGTERM)
                self.assertEqual(143, session.wait(), session.output())
                # A command of a pipeline that was cut off may outlive the script by a moment.
                eventually(lambda: not session.has_left_processes(), what=f"the end of all processes of {name}")
                self.assertEqual([], self.left_folders())


if __name__ == "__main__":
    unittest.main()
