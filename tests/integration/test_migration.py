"""docs/migrate-from-svix.py copies event types, applications and endpoints, and may be run again."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from harness import BINARY, ROOT, IntegrationTest

SCRIPT = os.path.join(ROOT, "docs/migrate-from-svix.py")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Migration(IntegrationTest):
    def boot(self):
        server = self.server(folder=tempfile.mkdtemp(dir=self.folder)).start()
        printed = subprocess.run([BINARY, "token", "--database", server.database], capture_output=True, text=True, timeout=120,
                                 check=True).stdout
        server.token = printed.strip().removeprefix("Token (Bearer): ")
        return server

    def call(self, server, method, path, body=None):
        reply = self.api(server).call(method, f"/api/v1{path}", body, {"Authorization": f"Bearer {server.token}"})
        self.assertLess(reply.status, 300, reply.body)
        return reply.json() if reply.body else None

    def migrate(self, source, target, *arguments, status=0):
        done = subprocess.run([sys.executable, "-B", SCRIPT, "--from", f"http://127.0.0.1:{source.port}", "--from-token", source.token,
                               "--to", f"http://127.0.0.1:{target.port}", "--to-token", target.token, *arguments],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_everything_arrives_once(self):
        source, target = self.boot(), self.boot()
        self.call(source, "POST", "/event-type", {"name": "user.created", "description": "made",
                                                  "schemas": {"1": {"type": "object"}}})
        self.call(source, "POST", "/event-type", {"name": "old.one", "description": "", "archived": True})
        for n in range(3):
            app = self.call(source, "POST", "/app", {"name": f"app {n}", **({"uid": f"uid-{n}"} if n else {}), "throttleRate": 5 + n})
            for m in range(2):
                self.call(source, "POST", f"/app/{app['id']}/endpoint", {
                    "url": f"http://127.0.0.1:9/{n}/{m}", "secret": SECRET, "eventTypes": ["user.created"], "channels": ["eu"],
                    "description": "mine", "metadata": {"k": "v"}})
        first = self.call(source, "GET", "/app?limit=1")["data"][0]
        endpoint = self.call(source, "GET", f"/app/{first['id']}/endpoint?limit=1&order=ascending")["data"][0]
        headers = f"/app/{first['id']}/endpoint/{endpoint['id']}/headers"
        self.call(source, "PUT", headers, {"headers": {"X-Custom": "one"}})

        self.assertEqual({"created": 11, "updated": 0}, {k: self.migrate(source, target, "--dry-run")[k] for k in ("created", "updated")})
        self.assertEqual([], self.call(target, "GET", "/app")["data"])

        paused = self.migrate(source, target, "--paused")
        self.assertEqual((11, 0), (paused["created"], paused["updated"]))
        again = self.migrate(source, target)
        self.assertEqual((0, 11), (again["created"], again["updated"]))
        self.assertEqual(paused["ids"], again["ids"])

        copy = self.call(target, "GET", f"/app/{paused['ids'][first['id']]}")
        self.assertEqual((first["name"], first.get("uid"), first["throttleRate"], {"svix_id": first["id"]}),
                         (copy["name"], copy.get("uid"), copy["throttleRate"], copy["metadata"]))
        there = f"/app/{copy['id']}/endpoint/{paused['ids'][endpoint['id']]}"
        moved = self.call(target, "GET", there)
        for name in ("url", "description", "eventTypes", "channels", "disabled"):
            self.assertEqual(endpoint[name], moved[name], name)
        self.assertEqual({"k": "v", "svix_id": endpoint["id"]}, moved["metadata"])
        self.assertEqual({"key": SECRET}, self.call(target, "GET", f"{there}/secret"))
        self.assertEqual({"X-Custom": "one"}, self.call(target, "GET", f"{there}/headers")["headers"])
        types = {item["name"]: item for item in self.call(target, "GET", "/event-type?include_archived=true&with_content=true")["data"]}
        self.assertEqual({"1": {"type": "object"}}, types["user.created"]["schemas"])
        self.assertTrue(types["old.one"]["archived"])

    def test_what_cannot_be_copied_is_named(self):
        source, target = self.boot(), self.boot()
        app = self.call(source, "POST", "/app", {"name": "a"})
        endpoint = self.call(source, "POST", f"/app/{app['id']}/endpoint", {
            "url": "http://127.0.0.1:9/",
            "secret": "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="})
        self.call(source, "PUT", f"/app/{app['id']}/endpoint/{endpoint['id']}/headers", {"headers": {"Authorization": "Bearer x"}})
        told = self.migrate(source, target, status=1)
        self.assertEqual([told["ids"][endpoint["id"]]], told["new_keys"])
        self.assertIn("authorization", told["problems"][0].lower())

    def test_a_wrong_token_is_one_clear_problem(self):
        source, target = self.boot(), self.boot()
        target.token = "wrong"
        told = self.migrate(source, target, status=1)
        self.assertEqual(1, len(told["problems"]))
        self.assertIn("401", told["problems"][0])


if __name__ == "__main__":
    unittest.main()
