"""What README.md and docs/ show in code does what they say. (README's curl examples: test_quick_start.py; docs/filters.md: a
unit test; the examples: test_examples.py.)"""

import json
import os
import re
import subprocess
import unittest

from harness import BINARY, ROOT, IntegrationTest, eventually, free_port

SDK_FOLDER = os.path.join(ROOT, "examples/with-an-sdk")  # has the package svix
NODE_FOLDER = os.path.join(ROOT, "tests/node")  # has standardwebhooks


def blocks(page, language):
    with open(os.path.join(ROOT, page), encoding="utf-8") as file:
        return re.findall(rf"^```{language}\n(.*?)^```", file.read(), re.S | re.M)


class Docs(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.running = self.server().start()
        self.receiver_at = self.receiver()
        self.token = subprocess.run([BINARY, "token", "--database", self.running.database], capture_output=True, text=True,
                                    timeout=120, check=True).stdout.strip().removeprefix("Token (Bearer): ")

    def shown(self, text):
        """The text with the addresses of this test."""
        for old, new in (("localhost:8000", f"127.0.0.1:{self.running.port}"),
                         ("localhost:9000", f"127.0.0.1:{self.receiver_at.port}"), ("--port 9000", f"--port {self.receiver_at.port}"),
                         ("build/release/posthaste token", f"{BINARY} token --database {self.running.database}")):
            text = text.replace(old, new)
        return text

    def bash(self, text):
        # Aliases are for people, so scripts do not have them unless asked.
        done = subprocess.run(["bash", "-euo", "pipefail", "-O", "expand_aliases", "-c", self.shown(text)], capture_output=True,
                              text=True, timeout=120, check=False, stdin=subprocess.DEVNULL, cwd=self.folder)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def node(self, text, folder):
        self.assertTrue(os.path.isdir(os.path.join(folder, "node_modules")), f"needs npm --prefix {folder} ci (./dev test does it)")
        # Node 18 has what the package needs under another name.
        text = "import { webcrypto } from 'node:crypto';\nglobalThis.crypto ??= webcrypto;\n" + self.shown(text)
        done = subprocess.run(["node", "--input-type=module", "-e", text], cwd=folder, capture_output=True, text=True, timeout=120,
                              check=False, env={**os.environ, "TOKEN": self.token})
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_five_minutes_with_the_native_api(self):
        shell = blocks("docs/api-native.md", "sh")
        printed = self.bash(shell[0] + shell[1]).replace("}{", "}\n{").splitlines()
        application, endpoint, secret, message = map(json.loads, printed[:4])
        self.assertEqual(("example", "first"), (application["uid"], endpoint["uid"]))
        self.assertRegex(secret["key"], "^whsec_")
        self.assertEqual(("user.created", {"id": 123}), (message["eventType"], message["payload"]))
        self.receiver_at.wait_count(1)
        self.assertEqual(message["id"], self.receiver_at.ledger[0].headers["webhook-id"])

        self.node(*blocks("docs/api-native.md", "js"), SDK_FOLDER)
        self.receiver_at.wait_count(2)
        asked = shell[0] + next(line for line in shell[1].splitlines() if "attempt/endpoint" in line)
        attempts = eventually(lambda: (data := json.loads(self.bash(asked))["data"]) and len(data) == 2 and data, what="both attempts")
        self.assertEqual([200, 200], [attempt["responseStatusCode"] for attempt in attempts])

    def test_importing_event_types_into_the_native_api(self):
        with open(os.path.join(self.folder, "webhooks.yaml"), "w", encoding="utf-8") as file:
            file.write("openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\n"
                       "webhooks:\n  order.paid:\n    post:\n      description: An order was paid\n")
        shell = blocks("docs/api-native.md", "sh")
        self.assertEqual(["order.paid"], json.loads(self.bash(shell[0] + shell[-1]))["data"]["modified"])

    def test_the_readme_with_an_sdk(self):
        (program,) = blocks("README.md", "js")
        self.node("const token = process.env.TOKEN;\n" + program, SDK_FOLDER)
        self.receiver_at.wait_count(1)
        self.assertEqual({"id": 123}, self.receiver_at.ledger[0].json())

    def test_a_first_delivery_with_the_subscriptions_api(self):
        delivery, signature = blocks("docs/api-subscriptions.md", "sh")
        create, ingest, status = delivery.split("\n\n")
        subscription = json.loads(self.bash(create.replace("http://example.com/webhook", self.receiver_at.url("/webhook"))))
        self.assertEqual(["user.created", "user.updated"], subscription["event_types"])
        accepted = json.loads(self.bash(ingest.replace("SUBSCRIPTION_ID", subscription["id"])))
        attempts = eventually(lambda: json.loads(self.bash(status.replace("DELIVERY_ID", accepted["delivery_id"]))), what="an attempt")
        self.assertEqual((True, subscription["id"]), (attempts[0]["success"], attempts[0]["subscription_id"]))
        self.assertIn(re.search("^# ([0-9a-f]{64})$", signature, re.M).group(1), self.bash(signature))

    def test_the_verifying_snippets(self):
        (python,), (javascript,) = blocks("docs/signatures.md", "python"), blocks("docs/signatures.md", "js")
        api = self.api(self.running)
        api.ingest(api.subscribe(self.receiver_at.url(), secret="my_secret_key")["id"], {"event": "a"})
        self.receiver_at.wait_count(1)
        delivery = self.receiver_at.ledger[0]
        for body, genuine in ((delivery.body, True), (delivery.body + b" ", False)):
            with self.subTest(genuine=genuine):
                names = {}
                exec(python, names)  # pylint: disable=exec-used
                self.assertIs(genuine, names["is_genuine"]("my_secret_key", body, delivery.headers["x-webhook-signature"]))
                given = f"const rawBody = {json.dumps(body.decode())}, request = {{ headers: {json.dumps(delivery.headers)} }};\n"
                wrapped = javascript.replace("const payload =", "let thrown = false;\ntry {") + "} catch { thrown = true; }\n"
                self.assertEqual(f"{genuine}\n".lower(), self.node(given + wrapped + "console.log(!thrown);", NODE_FOLDER))

    def test_the_example_of_a_configuration(self):
        (toml,) = blocks("docs/configuration.md", "toml")
        path = os.path.join(self.folder, "posthaste.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(toml)
        folder = os.path.join(self.folder, "configured")
        os.mkdir(folder)
        server = self.server(folder=folder, allow_net=None, args=["--config", path]).start()  # flags win over the file
        eventually(lambda: f"http://127.0.0.1:{server.port}, data in {folder}/data" in server.log(), what="the line that says where")

    def test_the_tools(self):
        folder = os.path.join(self.folder, "tools")
        os.mkdir(folder)
        environment = {**os.environ, "PATH": f"{os.path.dirname(BINARY)}:{os.environ['PATH']}",
                       "POSTHASTE_SERVER": f"http://127.0.0.1:{self.running.port}", "POSTHASTE_LISTEN": f"127.0.0.1:{free_port()}"}
        self.receiver_at.close()  # its port is for posthaste listen
        (service,) = blocks("docs/tools.md", "sh service")
        printed = os.path.join(folder, "listen.log")
        with open(printed, "wb") as log:
            listen = subprocess.Popen(["bash", "-c", "exec " + self.shown(service)], env=environment, stdout=log, stderr=log, cwd=folder)
        self.addCleanup(listen.wait)
        self.addCleanup(listen.kill)

        def said():
            with open(printed, encoding="utf-8") as file:
                return file.read()

        eventually(lambda: "listening on" in said(), what="the start of posthaste listen")
        send, doctor = blocks("docs/tools.md", "sh")
        for command, expected in ((send, "status 200, delivered"), (doctor, "fit to run")):
            done = subprocess.run(["bash", "-euc", self.shown(command)], env=environment, cwd=folder, capture_output=True, text=True,
                                  timeout=120, check=False)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)
            self.assertIn(expected, done.stdout)
        self.assertIn("signature: valid (webhook-signature v1, X-Webhook-Signature)", said())

    def test_every_tool_is_named(self):
        with open(os.path.join(ROOT, "docs/tools.md"), encoding="utf-8") as file:
            named = re.findall(r"^\| `(\w+)` \|", file.read(), re.M)
        listed = subprocess.run([BINARY, "--help"], capture_output=True, text=True, timeout=120, check=True).stdout
        words = re.findall(r"^  (\w+) ", listed.split("Subcommands:")[1].split("\n\n")[0], re.M)
        self.assertEqual(sorted(words), sorted(named))


if __name__ == "__main__":
    unittest.main()
