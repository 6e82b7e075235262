"""SIGTERM: stop accepting, finish what is in flight, exit 0. Nothing is lost and nothing comes twice."""

import unittest

from harness import Answer, IntegrationTest, Load, eventually


class Drain(IntegrationTest):
    def test_S0_34_drain_under_load(self):
        receiver = self.receiver(lambda delivery: Answer(after=0.1))
        server = self.server().start()
        api = self.api(server)
        subscriptions = [api.subscribe(receiver.url(f"/{i}"))["id"] for i in range(2)]
        load = Load(server.port, subscriptions, threads=4)
        eventually(lambda: load.acked_count() > 300, what="300 accepted events")
        self.assertEqual(0, server.terminate())
        load.stop()
        server.start()
        self.assertEqual(0, self.assert_all_arrived(load, receiver), "duplicates after an orderly stop")
        self.assertEqual(0, server.terminate())

    def test_an_idle_server_ends_at_once(self):
        server = self.server().start()
        self.assertEqual(0, server.terminate())

    def test_an_attempt_in_flight_is_finished(self):
        receiver = self.receiver(lambda delivery: Answer(after=1.0))
        server = self.server().start()
        api = self.api(server)
        delivery = api.ingest(api.subscribe(receiver.url())["id"], {"event": "a", "data": {"n": 1}}).json()["delivery_id"]
        receiver.wait_count(1)
        self.assertEqual(0, server.terminate())
        server.start()
        attempts = self.api(server).attempts(delivery)
        self.assertEqual([True], [attempt["success"] for attempt in attempts])
        self.assertEqual(1, len(receiver.ledger))


if __name__ == "__main__":
    unittest.main()
