"""The subscriptions API over the wire: statuses, fields and messages that existing clients depend on."""

import re
import unittest
import uuid

from harness import Answer, IntegrationTest, eventually

UNKNOWN = str(uuid.uuid4())


class SubscriptionsApi(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.running = self.server().start()
        self.client = self.api(self.running)

    def assert_reply(self, status, body, reply):
        self.assertEqual((status, body), (reply.status, reply.json()))

    def test_S1_01_S1_36_create_with_and_without_options(self):
        full = self.client.subscribe("http://example.com/a?b=c", secret="my_secret_key", event_types=["a", "b"])
        self.assertEqual({"target_url", "secret", "event_types", "id", "created_at", "is_active"}, set(full))
        self.assertEqual(("http://example.com/a?b=c", "my_secret_key", ["a", "b"], True),
                         (full["target_url"], full["secret"], full["event_types"], full["is_active"]))
        self.assertRegex(full["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$")
        uuid.UUID(full["id"])
        least = self.client.subscribe("http://example.com")
        self.assertEqual(("http://example.com/", None, None), (least["target_url"], least["secret"], least["event_types"]))

    def test_S1_02_list_get_update_delete(self):
        made = [self.client.subscribe(f"http://example.com/{i}") for i in range(5)]
        self.assert_reply(200, made, self.client.call("GET", "/subscriptions/"))
        self.assert_reply(200, made[1:3], self.client.call("GET", "/subscriptions/?skip=1&limit=2"))
        path = f"/subscriptions/{made[0]['id']}"
        self.assert_reply(200, made[0], self.client.call("GET", path))
        changed = {**made[0], "secret": "new", "is_active": False}
        self.assert_reply(200, changed, self.client.call("PUT", path, {"secret": "new", "is_active": False}))
        self.assert_reply(200, changed, self.client.call("GET", path))
        self.assert_reply(200, changed, self.client.call("DELETE", path))
        gone = {"detail": "Subscription not found"}
        self.assert_reply(404, gone, self.client.call("DELETE", path))
        self.assert_reply(404, gone, self.client.call("GET", path))
        self.assert_reply(404, gone, self.client.call("PUT", path, {"secret": "x"}))
        self.assert_reply(200, made[1:], self.client.call("GET", "/subscriptions"))

    def test_both_spellings_of_a_path(self):
        for path in ["/subscriptions", "/subscriptions/", "/health", "/health/"]:
            self.assertEqual(200, self.client.call("GET", path).status, path)
        self.assertEqual(200, self.client.call("POST", "/subscriptions", {"target_url": "http://example.com/"}).status)

    def test_what_does_not_exist(self):
        self.assert_reply(404, {"detail": "Subscription not found"}, self.client.ingest(UNKNOWN, {"event": "a"}))
        self.assert_reply(404, {"detail": "Delivery not found"}, self.client.call("GET", f"/status/delivery/{UNKNOWN}"))
        self.assert_reply(404, {"detail": "Subscription not found"}, self.client.call("GET", f"/status/subscription/{UNKNOWN}"))
        self.assert_reply(404, {"detail": "Not Found"}, self.client.call("GET", "/nothing/here"))
        wrong_method = self.client.call("DELETE", "/health")
        self.assert_reply(405, {"detail": "Method Not Allowed"}, wrong_method)
        self.assertIn("GET", wrong_method.headers["allow"])

    def test_invalid_input_names_the_place(self):
        subscription = self.client.subscribe("http://example.com/")["id"]
        for method, path, body, location in [
            ("POST", "/subscriptions/", {}, ["body", "target_url"]),
            ("POST", "/subscriptions/", {"target_url": 5}, ["body", "target_url"]),
            ("POST", "/subscriptions/", {"target_url": "ftp://example.com"}, ["body", "target_url"]),
            ("POST", "/subscriptions/", {"target_url": "http://example.com", "event_types": "a"}, ["body", "event_types"]),
            ("POST", "/subscriptions/", b"{", ["body"]),
            ("POST", "/subscriptions/", b"", ["body"]),
            ("GET", "/subscriptions/not-a-uuid", None, ["path", "subscription_id"]),
            ("GET", "/status/delivery/not-a-uuid", None, ["path", "delivery_id"]),
            ("GET", "/subscriptions/?limit=many", None, ["query", "limit"]),
            ("POST", f"/webhooks/ingest/{subscription}", b"[1]", ["body"]),
            ("POST", f"/webhooks/ingest/{subscription}", b'"text"', ["body"]),
            ("POST", f"/webhooks/ingest/{subscription}", b'{"event": "a"', ["body"]),
            ("POST", "/webhooks/ingest/not-a-uuid", {"event": "a"}, ["path", "subscription_id"]),
        ]:
            with self.subTest(f"{method} {path} {body}"):
                reply = self.client.call(method, path, body)
                self.assertEqual(422, reply.status, reply.body)
                detail = reply.json()["detail"][0]
                self.assertLessEqual({"type", "loc", "msg"}, set(detail))
                self.assertEqual(location, detail["loc"][:len(location)])

    def test_S1_03_an_inactive_subscription(self):
        subscription = self.client.subscribe("http://example.com/")["id"]
        self.client.call("PUT", f"/subscriptions/{subscription}", {"is_active": False})
        self.assert_reply(400, {"detail": "Subscription is not active"}, self.client.ingest(subscription, {"event": "a"}))

    def test_S1_06_attempts_newest_first_and_the_limit(self):
        receiver = self.receiver()
        subscription = self.client.subscribe(receiver.url())["id"]
        for n in range(25):
            self.client.ingest(subscription, {"event": "a", "data": {"n": n}})
            receiver.wait_count(n + 1)
        path = f"/status/subscription/{subscription}"
        everything = eventually(lambda: len(found := self.client.call("GET", path + "?limit=100").json()) == 25 and found,
                                what="25 attempts")
        self.assertEqual(sorted((a["timestamp"] for a in everything), reverse=True), [a["timestamp"] for a in everything])
        self.assert_reply(200, everything[:20], self.client.call("GET", path))
        self.assert_reply(200, everything[:3], self.client.call("GET", path + "?limit=3"))
        self.assertEqual(25, len({a["id"] for a in everything}))

    def test_a_deleted_subscription_with_deliveries(self):
        receiver = self.receiver(lambda delivery: Answer(500))
        subscription = self.client.subscribe(receiver.url())["id"]
        delivery = self.client.ingest(subscription, {"event": "a"}).json()["delivery_id"]
        eventually(lambda: self.client.attempts(delivery), what="an attempt")
        self.assertEqual(200, self.client.call("DELETE", f"/subscriptions/{subscription}").status)
        self.assertEqual(404, self.client.ingest(subscription, {"event": "a"}).status)
        # Its retry is cancelled: nothing waits any more.
        eventually(lambda: self.client.call("GET", "/health/worker").json()["queue_size"] == 0, what="an empty queue")

    def test_S1_16_an_attempt_ends_after_ten_seconds(self):
        receiver = self.receiver(lambda delivery: Answer(after=3600))
        delivery = self.client.ingest(self.client.subscribe(receiver.url())["id"], {"event": "a"}).json()["delivery_id"]
        attempt = eventually(lambda: self.client.attempts(delivery), what="a failed attempt")[0]
        self.assertEqual((None, False), (attempt["status_code"], attempt["success"]))
        self.assertTrue(attempt["error"])

    def test_S1_07_S0_27_S2_47_health_root_metrics_and_cors(self):
        health = self.client.call("GET", "/health").json()
        self.assertLessEqual({"status": "up", "database": "healthy", "redis": "not configured"}.items(), health.items())
        self.assertLessEqual({"timestamp", "version"}, set(health))
        workers = self.client.call("GET", "/health/worker").json()
        self.assertEqual("healthy", workers["status"])
        root = self.client.call("GET", "/", headers={"Accept": "application/json", "Origin": "http://a.example"})
        self.assertEqual("Welcome to Webhook Delivery Service", root.json()["message"])
        self.assertIn(root.headers["access-control-allow-origin"], ("*", "http://a.example"))
        metrics = self.client.call("GET", "/metrics")
        self.assertRegex(metrics.headers["content-type"], "text/plain")
        for line in metrics.body.decode().splitlines():
            self.assertTrue(line.startswith("# ") or re.match(r'^[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+$', line), line)


if __name__ == "__main__":
    unittest.main()
