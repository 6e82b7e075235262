"""S0-31, S2-43: an endpoint that keeps failing is left alone, marked unhealthy and probed, and is served again by itself."""

import unittest

from harness import Answer, IntegrationTest, eventually

FAILURES = 4


class Breaker(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.status = 500
        self.receiver_ = self.receiver(lambda delivery: Answer(self.status))

    def serve(self, **settings):
        self.server_ = self.server(env={
            "POSTHASTE_BREAKER_FAILURES": str(FAILURES),
            "POSTHASTE_BREAKER_AFTER_SECONDS": "0",
            "POSTHASTE_BREAKER_PAUSE_SECONDS": "2",
            "POSTHASTE_BREAKER_PAUSE_MAX_SECONDS": "4",
            "WEBHOOK_RETRY_DELAY": "3",
            "WEBHOOK_MAX_RETRIES": "100",
            **settings,
        }).start()
        self.api_ = self.api(self.server_)

    def metric(self, name):
        lines = self.api_.call("GET", "/metrics").body.decode().splitlines()
        return float(next(line for line in lines if line.startswith(f"posthaste_{name} ")).rsplit(" ", 1)[1])

    def test_S0_31_failures_then_silence_then_one_probe_then_traffic(self):
        self.serve()
        subscription = self.api_.subscribe(self.receiver_.url())["id"]
        ids = [self.ingest(subscription, n) for n in range(FAILURES)]
        eventually(lambda: self.metric("breaker_open") == 1, what="an open breaker")
        ids += [self.ingest(subscription, n) for n in range(20)]

        # Whatever leaves from now on is a probe: one for each time that the breaker was half open.
        half_open = 'breaker_transitions_total{to="half_open"}'
        eventually(lambda: self.metric('breaker_transitions_total{to="open"}') >= 3, what="two failed probes")
        requests = list(self.receiver_.ledger)
        opener = next(n for n in range(len(requests)) if len(self.deliveries(requests[:n + 1])) == FAILURES)
        probes = requests[opener + 1:]
        self.assertGreaterEqual(len(probes), 2)
        self.assertLessEqual(len(probes), self.metric(half_open))
        self.assertGreaterEqual(probes[0].at - requests[opener].at, 1.9)
        self.assertGreaterEqual(probes[1].at - probes[0].at, 3.9)
        attempted = [delivery for delivery in ids if self.api_.attempts(delivery)]
        self.assertLessEqual(len(attempted), FAILURES + self.metric(half_open), "nothing else uses up attempts")

        self.status = 200
        for delivery in ids:
            eventually(lambda: self.api_.attempts(delivery) and self.api_.attempts(delivery)[0]["success"], what="delivered")
        self.assertEqual(0, self.metric("breaker_open"))
        self.assertEqual(1, self.metric('breaker_transitions_total{to="closed"}'))
        for line in ("is unhealthy: 4 different deliveries in a row have failed since", "is not unhealthy any more: deliveries go on"):
            eventually(lambda: line in self.server_.log(), what="the log's line that it " + line)

    def test_others_do_not_notice(self):
        self.serve()
        well = self.receiver(lambda delivery: Answer(200))
        bad, good = (self.api_.subscribe(one.url())["id"] for one in (self.receiver_, well))
        for n in range(FAILURES):
            self.ingest(bad, n)
        eventually(lambda: self.metric("breaker_open") == 1, what="an open breaker")
        for n in range(10):
            self.ingest(good, n)
        well.wait_count(10)

    def test_a_new_url_is_tried_at_once(self):
        self.serve()
        subscription = self.api_.subscribe(self.receiver_.url())["id"]
        ids = [self.ingest(subscription, n) for n in range(FAILURES)]
        eventually(lambda: self.metric("breaker_open") == 1, what="an open breaker")
        well = self.receiver(lambda delivery: Answer(200))
        self.assertEqual(200, self.api_.call("PUT", f"/subscriptions/{subscription}", {"target_url": well.url()}).status)
        eventually(lambda: self.metric("breaker_open") == 0, what="a closed breaker")
        for delivery in ids:
            eventually(lambda: self.api_.attempts(delivery)[0]["success"], what="delivered")

    def test_it_can_be_switched_off(self):
        self.serve(POSTHASTE_BREAKER_FAILURES="0", WEBHOOK_RETRY_DELAY="1", WEBHOOK_MAX_RETRIES="3")
        subscription = self.api_.subscribe(self.receiver_.url())["id"]
        for n in range(20):
            self.ingest(subscription, n)
        self.receiver_.wait_count(60)
        self.assertEqual(0, self.metric('breaker_transitions_total{to="open"}'))

    @staticmethod
    def deliveries(requests):
        return {request.headers["x-webhook-delivery-id"] for request in requests}

    def ingest(self, subscription, number):
        return self.api_.ingest(subscription, {"event": "a", "data": {"n": number}}).json()["delivery_id"]


if __name__ == "__main__":
    unittest.main()
