"""`posthaste seed`: sample data on a running server, once, however often it is asked."""

import subprocess
import unittest

from harness import BINARY, IntegrationTest

KEY = {"x-api-key": "books-secret-key"}


class Seed(IntegrationTest):
    def seed(self, server, *arguments):
        return subprocess.run([BINARY, "seed", "--server", f"http://127.0.0.1:{server.port}", *arguments], capture_output=True,
                              text=True, timeout=120, check=False)

    def seeded(self, server, *arguments):
        done = self.seed(server, *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return done.stdout

    def test_S2_29_the_samples_are_there_and_take_webhooks(self):
        receiver = self.receiver()
        server = self.server().start()
        api = self.api(server)
        self.assertEqual([], api.call("GET", "/api/mailboxes").json())
        to_receiver = ("--receiver", receiver.url(""), "--events", "2")
        self.assertEqual(4, self.seeded(server, *to_receiver).count("created"))
        (mailbox,) = api.call("GET", "/api/mailboxes").json()
        self.assertEqual(("books_ingestion", receiver.url("/target")), (mailbox["name"], mailbox["target_url"]))
        self.assertEqual(2, len(api.call("GET", "/api/webhooks").json()))
        self.assertEqual(3, len(api.call("GET", "/subscriptions/").json()))

        handed_in = api.call("POST", f"/webhooks/{mailbox['id']}", {"event": "book.sold", "data": {"book_id": 7}}, KEY)
        self.assertEqual((200, "queued"), (handed_in.status, handed_in.json()["status"]))
        receiver.wait_for(lambda ledger: any(b"book.sold" in delivery.body for delivery in ledger))

        again = self.seeded(server, *to_receiver)
        self.assertEqual((4, 0), (again.count("exists"), again.count("created")))
        self.assertEqual([mailbox], api.call("GET", "/api/mailboxes").json())
        self.assertEqual(3, len(api.call("GET", "/subscriptions/").json()))

    def test_S2_29_without_a_receiver_it_is_the_original_s_target(self):
        server = self.server().start()
        self.seeded(server, "--events", "0")
        (mailbox,) = self.api(server).call("GET", "/api/mailboxes").json()
        self.assertEqual("http://localhost:9000/target", mailbox["target_url"])

    def test_what_stands_in_its_way_is_said(self):
        server = self.server().start()
        self.seeded(server, "--events", "0")
        api = self.api(server)
        (mailbox,) = api.call("GET", "/api/mailboxes").json()
        self.assertEqual(200, api.call("POST", f"/api/mailboxes/{mailbox['id']}/rotate-key").status)
        refused = self.seed(server, "--events", "1")
        self.assertEqual(1, refused.returncode)
        self.assertIn("has another key by now", refused.stderr)
        server.terminate()
        gone = self.seed(server)
        self.assertEqual(1, gone.returncode)
        self.assertIn("posthaste serve", gone.stderr)


if __name__ == "__main__":
    unittest.main()
