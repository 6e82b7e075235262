"""The mailboxes API over real sockets: its walk-through, what is promised across a crash, slow receivers, retries in real time."""

import json
import os
import re
import subprocess
import threading
import unittest

from harness import ROOT, Answer, IntegrationTest, RequiredServer, eventually, free_port

PAYLOAD = b'{"event": "order.completed", "data": {"order_id": "ORD-001", "amount": 299.99}}'


class Mailboxes(IntegrationTest):
    def create(self, api, receiver, **fields):
        reply = api.call("POST", "/api/mailboxes", {"name": "Order Service", "target_url": receiver.url(), **fields})
        self.assertEqual(200, reply.status, reply.body)
        return reply.json()

    def hand_in(self, api, mailbox, payload=PAYLOAD):
        """Returns the tracking number."""
        reply = api.call("POST", f"/webhooks/{mailbox['id']}", payload, {"x-api-key": mailbox["api_key"]})
        self.assertEqual(200, reply.status, reply.body)
        self.assertEqual("queued", reply.json()["status"])
        return reply.json()["tracking_number"]

    def row(self, api, tracking_number):
        rows = api.call("GET", "/api/webhooks").json()
        return next(row for row in rows if row["tracking_number"] == tracking_number)

    def wait_status(self, api, tracking_number, status):
        return eventually(lambda: (row := self.row(api, tracking_number))["status"] == status and row, what=f"the status {status}")

    def test_S2_01_S2_02_S2_03_S2_04_S2_38_the_documented_flow(self):
        receiver = self.receiver()
        server = self.server().start()
        with open(os.path.join(ROOT, "docs/api-mailboxes.md"), encoding="utf-8") as file:
            (shell, *_) = re.findall(r"^```sh\n(.*?)^```", file.read(), re.S | re.M)
        create, send, look = shell.split("\n\n")

        def run(command, **words):
            words = {"http://localhost:8000": f"http://127.0.0.1:{server.port}", "https://webhook.site/unique-url": receiver.url("/unique"),
                     **words}
            for old, new in words.items():
                command = command.replace(old, new)
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            return json.loads(done.stdout)

        mailbox = run(create)
        self.assertEqual(("Order Service", receiver.url("/unique")), (mailbox["name"], mailbox["target_url"]))
        queued = run(send, **{"/webhooks/mailbox_id": f"/webhooks/{mailbox['id']}", "your-api-key": mailbox["api_key"]})
        self.assertEqual({"tracking_number", "status"}, queued.keys())
        receiver.wait_count(1)
        self.assertEqual({"event": "order.completed", "data": {"order_id": "ORD-001", "amount": 299.99}}, receiver.ledger[0].json())
        rows = eventually(lambda: (rows := run(look)) and rows[0]["status"] == "delivered" and rows, what="the delivery in the list")
        self.assertEqual([queued["tracking_number"]], [row["tracking_number"] for row in rows])
        self.assertEqual((1, 1), (rows[0]["attempts"], rows[0]["attempt_count"]))

    def test_S2_07_S2_35_a_crash_right_after_the_reply_loses_nothing(self):
        # While the receiver's port is closed no attempt can succeed before the crash; and they do not run out before it opens.
        port = free_port()
        receiver = self.receiver(port=port)
        server = self.server().start()
        mailbox = self.create(self.api(server), receiver, max_attempts=50, retry_delays=[3])
        receiver.close()
        accepted = {}
        for n in range(5):
            payload = json.dumps({"n": n}).encode()
            accepted[self.hand_in(self.api(server), mailbox, payload)] = payload
            server.kill()
            server.start()
        receiver = self.receiver(port=port)
        api = self.api(server)
        for number in accepted:
            self.wait_status(api, number, "delivered")
        self.assertEqual(set(accepted.values()), {delivery.body for delivery in receiver.ledger})

    def test_S2_08_a_slow_receiver_does_not_slow_the_producer(self):
        may_answer = threading.Event()
        self.addCleanup(may_answer.set)
        receiver = self.receiver(lambda delivery: Answer() if may_answer.wait(60) else Answer(500))
        server = self.server().start()
        api = self.api(server)
        mailbox = self.create(api, receiver, timeout=120)
        numbers = [self.hand_in(api, mailbox) for _ in range(20)]
        self.assertEqual({"pending"}, {self.row(api, number)["status"] for number in numbers}, "before the receiver has answered once")
        may_answer.set()
        for number in numbers:
            self.assertEqual(1, self.wait_status(api, number, "delivered")["attempt_count"])

    def test_S2_10_S2_11_S2_12_S2_13_three_attempts_at_0_2_and_6_seconds(self):
        receiver = self.receiver(lambda delivery: Answer(500, body=b"broken"))
        server = self.server().start()
        api = self.api(server)
        number = self.hand_in(api, self.create(api, receiver))
        row = self.wait_status(api, number, "failed")
        self.assertEqual(3, row["attempt_count"])
        times = [delivery.at for delivery in receiver.ledger]
        self.assertEqual(3, len(times))
        self.assertGreaterEqual(times[1] - times[0], 1.99)
        self.assertGreaterEqual(times[2] - times[1], 3.99)
        attempts = api.call("GET", f"/api/webhooks/{number}").json()["attempts"]
        self.assertEqual([("failed", 500, "broken")] * 3, [(a["status"], a["status_code"], a["response"]) for a in attempts])
        self.assertEqual([1, 2, 3], [a["attempt_number"] for a in attempts])
        # Nothing is sent any more: the next request is that of another event.
        receiver.script = lambda delivery: Answer()
        self.hand_in(api, self.create(api, receiver), b"{}")
        receiver.wait_count(4)
        self.assertEqual(b"{}", receiver.ledger[3].body)

    def test_S2_05_S2_14_S2_41_S2_44_what_failed_is_kept_and_retried_by_hand(self):
        receiver = self.receiver(lambda delivery: Answer(500))
        server = self.server().start()
        api = self.api(server)
        number = self.hand_in(api, self.create(api, receiver, max_attempts=2, retry_delays=[0.1]))
        self.wait_status(api, number, "failed")
        self.assertEqual(2, len(receiver.ledger))
        receiver.script = lambda delivery: Answer()
        retried = api.call("POST", f"/api/webhooks/{number}/retry")
        self.assertEqual((200, {"message": "Webhook retry initiated", "tracking_number": number, "new_status": "queued"}),
                         (retried.status, retried.json()))
        row = self.wait_status(api, number, "delivered")
        self.assertEqual(3, row["attempt_count"])
        self.assertEqual(PAYLOAD, receiver.ledger[2].body)
        again = api.call("POST", f"/api/webhooks/{number}/retry")
        self.assertEqual((400, {"detail": "Only failed events can be retried"}), (again.status, again.json()))

    def test_S2_30_mailboxes_and_what_they_got_outlive_a_restart(self):
        receiver = self.receiver(lambda delivery: Answer(500 if delivery.target == "/broken" else 200))
        server = self.server().start()
        api = self.api(server)
        well = self.create(api, receiver)
        broken = self.create(api, receiver, target_url=receiver.url("/broken"), max_attempts=1)
        self.wait_status(api, self.hand_in(api, well), "delivered")
        self.wait_status(api, self.hand_in(api, broken), "failed")

        def everything(api):
            rows = api.call("GET", "/api/webhooks").json()
            details = [api.call("GET", f"/api/webhooks/{row['tracking_number']}").json() for row in rows]
            return api.call("GET", "/api/mailboxes").json(), rows, details

        before = everything(api)
        self.assertEqual(0, server.terminate())
        api = self.api(server.start())
        self.assertEqual(before, everything(api))
        self.hand_in(api, well, b'{"n": 2}')
        receiver.wait_count(3)
        self.assertEqual(b'{"n": 2}', receiver.ledger[2].body)

    def test_S2_06_keys_work_without_a_login_where_one_is_required(self):
        receiver = self.receiver()
        server = self.server().start()
        mailbox = self.create(self.api(server), receiver)
        self.assertEqual(0, server.terminate())
        server = RequiredServer(self.folder)
        self.addCleanup(server.kill)
        api = self.api(server.start())
        self.assertEqual(401, api.call("GET", "/api/webhooks").status)
        self.hand_in(api, mailbox)
        receiver.wait_count(1)
        refused = api.call("POST", f"/webhooks/{mailbox['id']}", PAYLOAD, {"x-api-key": "wrong"})
        self.assertEqual((401, {"detail": "Invalid API Key"}), (refused.status, refused.json()))


if __name__ == "__main__":
    unittest.main()
