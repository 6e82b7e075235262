"""Programs written for Svix work when their server URL changes: the published npm packages drive the server."""

import os
import shutil
import subprocess
import unittest

from harness import BINARY, ROOT, IntegrationTest

NODE_FOLDER = os.path.join(ROOT, "tests/node")


class Sdk(IntegrationTest):
    def setUp(self):
        super().setUp()
        if not shutil.which("node") or not os.path.isdir(os.path.join(NODE_FOLDER, "node_modules/svix")):
            self.fail("needs Node and its packages: npm --prefix tests/node ci (./dev test does it)")

    def drive(self, package):
        server = self.server().start()
        printed = subprocess.run([BINARY, "token", "--database", server.database], capture_output=True, text=True, timeout=120,
                                 check=True, cwd=self.folder).stdout
        token = printed.strip().removeprefix("Token (Bearer): ")
        environment = {**os.environ, "POSTHASTE_URL": f"http://127.0.0.1:{server.port}", "POSTHASTE_TOKEN": token,
                       "SVIX_PACKAGE": package}
        done = subprocess.run(["node", "--test", "--test-reporter=tap", "sdk_suite.mjs"], cwd=NODE_FOLDER, env=environment,
                              capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(0, done.returncode, done.stdout[-6000:] + done.stderr[-2000:])
        self.assertIn("# fail 0", done.stdout)

    def test_the_latest_release(self):
        self.drive("svix")

    def test_a_release_of_the_first_series(self):
        self.drive("svix1")


if __name__ == "__main__":
    unittest.main()
