"""The README's minute, verbatim: its five curl examples against a fresh server, and `posthaste listen` as the receiver."""

import json
import os
import re
import subprocess
import unittest

from harness import BINARY, ROOT, IntegrationTest, eventually, free_port


def readme_commands():
    """The shell blocks of the README's quick start that call curl, in order."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    return [block for block in re.findall(r"```sh\n(.*?)```", text, re.S) if block.lstrip().startswith("curl")]


class QuickStart(IntegrationTest):
    def listen(self, port, secret):
        log = open(os.path.join(self.folder, "listen.log"), "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen([BINARY, "listen", "--port", str(port), "--secret", secret], stdout=log, stderr=subprocess.STDOUT)

        def end():
            process.kill()
            process.wait()

        self.addCleanup(end)

        def printed():
            with open(log.name, encoding="utf-8", errors="replace") as file:
                return file.read()

        eventually(printed, what="a first line of posthaste listen")
        return printed

    def run_curl(self, command, **values):
        for name, value in values.items():
            command = command.replace("{" + name + "}", value)
        command = command.replace("localhost:8000", f"127.0.0.1:{self.running.port}")
        command = command.replace("localhost:9000", f"localhost:{self.receiver_port}")
        done = subprocess.run(["bash", "-c", command.rstrip() + " --silent --show-error"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def test_the_five_examples(self):
        commands = readme_commands()
        self.assertEqual(5, len(commands), "the README shows five curl examples")
        create, ingest, delivery_status, subscription_status, health = commands
        self.running = self.server().start()
        self.receiver_port = free_port()
        printed = self.listen(self.receiver_port, "my_secret_key")

        subscription = self.run_curl(create)
        self.assertRegex(subscription["id"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(("my_secret_key", ["user.created", "user.updated"], True),
                         (subscription["secret"], subscription["event_types"], subscription["is_active"]))
        self.assertRegex(subscription["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$")

        accepted = self.run_curl(ingest, subscription_id=subscription["id"])
        self.assertEqual("Webhook accepted for delivery", accepted["message"])

        attempts = eventually(lambda: self.run_curl(delivery_status, delivery_id=accepted["delivery_id"]), what="an attempt")
        self.assertEqual((1, 200, True, None), tuple(attempts[0][k] for k in ("attempt_number", "status_code", "success", "error")))
        self.assertEqual({"delivery_id", "subscription_id", "attempt_number", "status_code", "success", "error", "id", "timestamp"},
                         set(attempts[0]))
        self.assertEqual(attempts, self.run_curl(subscription_status, subscription_id=subscription["id"]))

        report = self.run_curl(health)
        self.assertEqual(("up", "healthy"), (report["status"], report["database"]))

        eventually(lambda: re.search(r"\bvalid\b", printed()), what='the word "valid" from posthaste listen')
        self.assertNotRegex(printed(), r"\binvalid\b")

    def test_listen_notices_a_wrong_secret(self):
        self.running = self.server().start()
        self.receiver_port = free_port()
        printed = self.listen(self.receiver_port, "another_secret")
        subscription = self.run_curl(readme_commands()[0])
        self.run_curl(readme_commands()[1], subscription_id=subscription["id"])
        eventually(lambda: "user.created" in printed() or "POST" in printed(), what="the delivery in posthaste listen")
        self.assertNotRegex(printed().split("POST", 1)[-1], r"(?<!in)(?<!not )\bvalid\b")


if __name__ == "__main__":
    unittest.main()
