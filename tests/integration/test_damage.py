"""A log file that cannot be read any more: the server goes on without it, and says so."""

import glob
import os
import unittest

from harness import IntegrationTest, eventually


class DamagedLogFile(IntegrationTest):
    def test_it_is_set_aside_and_named(self):
        receiver = self.receiver()
        server = self.server().start()
        api = self.api(server)
        subscription = api.subscribe(receiver.url())["id"]
        lost = api.ingest(subscription, {"event": "before"}).json()["delivery_id"]
        receiver.wait_count(1)
        self.assertNotIn("problem", api.call("GET", "/health").json())
        self.assertEqual(0, server.terminate())

        (path,) = glob.glob(os.path.join(self.folder, "data/log/*.db"))
        with open(path, "r+b") as file:
            file.write(b"x" * 8192)
        server.start()
        api = self.api(server)
        report = api.call("GET", "/health")
        self.assertEqual((200, "healthy"), (report.status, report.json()["database"]))
        self.assertIn(os.path.basename(path), report.json()["problem"])
        eventually(lambda: f"{os.path.basename(path)} is set aside" in server.log(), what="a line in the log")
        self.assertEqual(1, server.log().count("is set aside"))

        self.assertEqual(500, api.call("GET", f"/status/delivery/{lost}").status)
        self.assertEqual(202, api.ingest(subscription, {"event": "after"}).status)
        receiver.wait_count(2)


if __name__ == "__main__":
    unittest.main()
