"""A full disk and folders that cannot be used: clear answers, nothing lost, recovery without a restart."""

import os
import subprocess
import unittest

from harness import PATIENCE, IntegrationTest, eventually, mount_tmpfs


class Disk(IntegrationTest):
    def test_a_full_disk_refuses_events_and_recovers(self):
        mount = mount_tmpfs(self, "48m")
        receiver = self.receiver()
        server = self.server(database=f"sqlite:{mount}/data").start()
        api = self.api(server)
        subscription = api.subscribe(receiver.url())["id"]
        acked, refused = set(), None
        filler = os.path.join(mount, "filler")
        padding = "x" * 20_000

        def post(n):
            return api.ingest(subscription, {"event": "a", "data": {"n": n, "padding": padding}})

        for n in range(20):
            self.assertEqual(202, post(n).status)
            acked.add(n)
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass
        for n in range(20, 400):
            reply = post(n)
            if reply.status == 202:
                acked.add(n)
            else:
                refused = reply
                break
        self.assertIsNotNone(refused, "a full disk never refused an event")
        self.assertEqual(503, refused.status, refused.body)
        self.assertIn("retry-after", refused.headers)
        health = eventually(lambda: (r := self.api(server).call("GET", "/health")).status == 503 and r, what="health 503")
        self.assertNotEqual("healthy", health.json()["database"])
        self.assertTrue(server.is_running())
        os.remove(filler)
        n = 1000
        eventually(lambda: post(n).status == 202, what="an accepted event after space came back")
        acked.add(n)
        receiver.wait_for(lambda ledger: acked <= {d.json()["data"]["n"] for d in ledger}, what="all acknowledged events")
        self.assertEqual(200, self.api(server).call("GET", "/health").status)
        self.assertEqual(0, server.terminate())
        server.start()  # and the files are sound
        self.assertEqual(202, self.api(server).ingest(subscription, {"event": "a", "data": {"n": 1001}}).status)

    def assert_refuses_to_start(self, database, names):
        server = self.server(database=f"sqlite:{database}")
        server.spawn()
        self.assertNotEqual(0, server.process.wait(PATIENCE), "started on a folder it cannot write")
        self.assertIn(names, server.log())
        self.assertNotIn("terminate called", server.log())
        self.assertNotIn("assertion failed", server.log())

    def test_a_file_where_the_folder_should_be(self):
        path = os.path.join(self.folder, "file")
        with open(path, "w", encoding="utf-8"):
            pass
        self.assert_refuses_to_start(path + "/data", path)

    def test_a_read_only_folder(self):
        mount = mount_tmpfs(self, "1m")
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        self.assert_refuses_to_start(f"{mount}/data", mount)

    def test_a_data_folder_in_use(self):
        first = self.server().start()
        second = self.server(database=first.database)
        second.spawn()
        self.assertNotEqual(0, second.process.wait(PATIENCE), "two servers on one data folder")
        self.assertTrue(first.is_healthy())


if __name__ == "__main__":
    unittest.main()
