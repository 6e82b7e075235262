"""A delivery verifies with the published npm package that receivers use: standardwebhooks."""

import base64
import json
import os
import shutil
import subprocess
import unittest

from harness import ROOT, IntegrationTest

NODE_FOLDER = os.path.join(ROOT, "tests/node")


class StandardWebhooks(IntegrationTest):
    def setUp(self):
        super().setUp()
        if not shutil.which("node") or not os.path.isdir(os.path.join(NODE_FOLDER, "node_modules/standardwebhooks")):
            self.fail("needs Node and its packages: npm --prefix tests/node ci (./dev test does it)")

    def verify(self, secret, delivery):
        given = {"secret": secret, "headers": delivery.headers, "body": base64.b64encode(delivery.body).decode()}
        return subprocess.run(["node", "verify.mjs"], cwd=NODE_FOLDER, input=json.dumps(given), capture_output=True, text=True,
                              timeout=120, check=False)

    def deliver(self, api, secret):
        receiver = self.receiver()
        accepted = api.ingest(api.subscribe(receiver.url(), secret=secret)["id"], {"event": "a", "data": {"ö": "\N{SNOWMAN}"}})
        self.assertEqual(202, accepted.status)
        receiver.wait_count(1)
        return receiver.ledger[0]

    def test_the_package_accepts_our_signature_and_no_other(self):
        api = self.api(self.server().start())
        for secret in ["whsec_" + base64.b64encode(bytes(range(32))).decode(), "my_secret_key"]:
            with self.subTest(secret):
                delivery = self.deliver(api, secret)
                done = self.verify(secret, delivery)
                self.assertEqual((0, "valid"), (done.returncode, done.stdout.strip()), done.stderr)
                delivery.body = delivery.body.replace(b"a", b"b", 1)
                self.assertEqual("No matching signature found", self.verify(secret, delivery).stdout.strip())


if __name__ == "__main__":
    unittest.main()
