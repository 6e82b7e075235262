"""Retries, their limits, filters and signatures of the subscriptions API, on the wire."""

import unittest

from harness import Answer, IntegrationTest, eventually, free_port

SECRET = "my_secret_key"


class Retries(IntegrationTest):
    def test_S1_13_S1_14_attempts_end_at_the_maximum_with_growing_gaps(self):
        receiver = self.receiver(lambda delivery: Answer(500, body="böse".encode()))
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1", "WEBHOOK_MAX_RETRIES": "3"}).start()
        api = self.api(server)
        subscription = api.subscribe(receiver.url())
        delivery = api.ingest(subscription["id"], {"event": "a", "data": {}}).json()["delivery_id"]
        receiver.wait_count(3)
        attempts = eventually(lambda: len(found := api.attempts(delivery)) == 3 and found, what="three recorded attempts")
        self.assertEqual([3, 2, 1], [attempt["attempt_number"] for attempt in attempts])  # newest first
        for attempt in attempts:
            self.assertEqual((500, False, "böse"), (attempt["status_code"], attempt["success"], attempt["error"]))
            self.assertEqual((delivery, subscription["id"]), (attempt["delivery_id"], attempt["subscription_id"]))
        # No later than it must be is not asserted; no earlier is: full jitter has a floor of half of 1 s and 2 s.
        gaps = [b.at - a.at for a, b in zip(receiver.ledger, receiver.ledger[1:])]
        self.assertGreaterEqual(gaps[0], 0.49)
        self.assertGreaterEqual(gaps[1], 0.99)
        self.assertEqual(1, len({d.headers["webhook-id"] for d in receiver.ledger if "webhook-id" in d.headers} or {1}))
        self.assertEqual(1, len({d.headers["x-webhook-delivery-id"] for d in receiver.ledger}))
        self.assertEqual(3, len(receiver.ledger))

    def test_S1_12_a_retry_heals(self):
        answers = [Answer(503), Answer(200)]
        receiver = self.receiver(lambda delivery: answers.pop(0) if answers else Answer())
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1"}).start()
        api = self.api(server)
        subscription = api.subscribe(receiver.url())["id"]
        delivery = api.ingest(subscription, {"event": "a", "data": {}}).json()["delivery_id"]
        attempts = eventually(lambda: len(found := api.attempts(delivery)) == 2 and found, what="two attempts")
        self.assertEqual([(True, 200), (False, 503)], [(a["success"], a["status_code"]) for a in attempts])
        self.assertEqual(attempts, api.call("GET", f"/status/subscription/{subscription}").json())

    def test_a_receiver_that_is_not_there_is_retried_until_it_comes(self):
        port = free_port()
        url = f"http://127.0.0.1:{port}/hook"
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1"}).start()
        api = self.api(server)
        delivery = api.ingest(api.subscribe(url)["id"], {"event": "a", "data": {}}).json()["delivery_id"]
        first = eventually(lambda: api.attempts(delivery), what="a failed attempt")[0]
        self.assertIsNone(first["status_code"])
        self.assertTrue(first["error"])
        self.receiver(port=port).wait_count(1)
        eventually(lambda: api.attempts(delivery)[0]["success"], what="a successful attempt")

    def test_a_restart_keeps_what_waits(self):
        failing = [True]
        receiver = self.receiver(lambda delivery: Answer(500 if failing[0] else 200))
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "2"}).start()
        api = self.api(server)
        delivery = api.ingest(api.subscribe(receiver.url())["id"], {"event": "a", "data": {}}).json()["delivery_id"]
        eventually(lambda: len(api.attempts(delivery)) == 1, what="the first attempt")
        self.assertEqual(0, server.terminate())
        failing[0] = False
        server.start()
        again = self.api(server)
        attempts = eventually(lambda: len(found := again.attempts(delivery)) == 2 and found, what="the second attempt")
        self.assertTrue(attempts[0]["success"])

    def test_S1_09_filters_and_S1_10_signature_and_S1_35_bytes(self):
        receiver = self.receiver()
        api = self.api(self.server().start())
        subscription = api.subscribe(receiver.url(), secret=SECRET, event_types=["user.created"])["id"]
        skipped = api.ingest(subscription, {"event": "order.x", "data": {}})
        self.assertEqual((202, {"message": "Event type 'order.x' not subscribed", "status": "skipped"}),
                         (skipped.status, skipped.json()))
        body = '{ "event":"user.created",\n "data": {"näme": "\\u00f6", "n": 1.0, "deep": [[{"a": null}]]} }'.encode()
        accepted = api.call("POST", f"/webhooks/ingest/{subscription}", body)
        self.assertEqual(202, accepted.status)
        receiver.wait_count(1)
        delivery = receiver.ledger[0]
        self.assertEqual(body, delivery.body)
        self.assertTrue(delivery.is_signed_by(SECRET))
        self.assertEqual("application/json", delivery.headers["content-type"])
        self.assertEqual(accepted.json()["delivery_id"], delivery.headers["x-webhook-delivery-id"])
        self.assertEqual(subscription, delivery.headers["x-webhook-subscription-id"])
        self.assertEqual(1, len(receiver.ledger))

    def test_S1_11_inbound_signature(self):
        receiver = self.receiver()
        api = self.api(self.server().start())
        subscription = api.subscribe(receiver.url(), secret=SECRET)["id"]
        body = b'{"event": "user.created", "data": {"id": 123, "name": "John Doe", "email": "john@example.com"}}'
        good = "79e538f177cc3504faf4e361fee2bfdd8f963d412c0093ea08e1795a4da3045c"
        path = f"/webhooks/ingest/{subscription}?signature="
        bad = api.call("POST", path + "0" + good[1:], body)
        self.assertEqual((401, {"detail": "Invalid signature"}), (bad.status, bad.json()))
        self.assertEqual(202, api.call("POST", path + good, body).status)
        receiver.wait_count(1)
        self.assertEqual(good, receiver.ledger[0].headers["x-webhook-signature"])
        self.assertEqual(1, len(receiver.ledger))

    def test_redirects_are_failures_and_are_not_followed(self):
        elsewhere = self.receiver()
        receiver = self.receiver(lambda delivery: Answer(302, {"Location": elsewhere.url()}))
        api = self.api(self.server(env={"WEBHOOK_MAX_RETRIES": "1"}).start())
        delivery = api.ingest(api.subscribe(receiver.url())["id"], {"event": "a", "data": {}}).json()["delivery_id"]
        attempt = eventually(lambda: api.attempts(delivery), what="an attempt")[0]
        self.assertEqual((302, False), (attempt["status_code"], attempt["success"]))
        self.assertEqual(0, elsewhere.connections)


if __name__ == "__main__":
    unittest.main()
