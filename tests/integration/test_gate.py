"""A wire that stalls, resets, corrupts, slices, throttles and refuses: in the end every event is delivered."""

import unittest

from gate import KINDS, Gate
from harness import Answer, IntegrationTest, Load, eventually
from test_native_api import NativeApiTest

SECRET = "my_secret_key"


class BrokenWire(IntegrationTest):
    def test_everything_arrives_in_the_end(self):
        # A receiver as it should be: it believes only what is signed.
        receiver = self.receiver(lambda delivery: Answer(200 if delivery.is_signed_by(SECRET) else 400))
        gate = Gate(receiver.port, seed=7)
        self.addCleanup(gate.close)
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1", "WEBHOOK_MAX_RETRIES": "100"}).start()
        api = self.api(server)
        subscriptions = [api.subscribe(gate.url(f"/{i}"), secret=SECRET)["id"] for i in range(8)]
        load = Load(server.port, subscriptions, threads=4)
        eventually(lambda: set(KINDS) <= set(gate.seen) and load.acked_count() > 400, what="a connection of each kind")
        load.stop()
        gate.heal()

        def sound():
            return {d.json()["data"]["n"] for d in list(receiver.ledger) if d.is_signed_by(SECRET)}

        eventually(lambda: set(load.acked) <= sound(), 120, f"the sound arrival of {len(load.acked)} events", every=0.5)
        fresh = self.api(server)
        for n, delivery in list(load.acked.items())[::10]:
            eventually(lambda: fresh.attempts(delivery)[0]["success"], what=f"a success recorded for event {n}")
        print(f"acknowledged {len(load.acked)}, received {len(receiver.ledger)}, connections {dict(gate.seen)}")
        self.assertEqual(0, server.terminate())


class Stalled(NativeApiTest):
    def test_a_stalled_receiver_costs_the_others_nothing(self):
        healthy = self.receiver()
        stalled = Gate(healthy.port, kinds=["stall"])
        self.addCleanup(stalled.close)
        # No attempt at the stalled endpoint ends before the healthy one is done.
        _, api = self.boot("--request-timeout-seconds", "300")
        bad, _ = self.subscribe(api, stalled.url())
        good, _ = self.subscribe(api, healthy.url())
        for n in range(500):
            self.assertEqual(202, self.send(api, bad, -n).status)
        for n in range(1, 101):
            self.assertEqual(202, self.send(api, good, n).status)
        healthy.wait_for(lambda ledger: {d.json()["data"]["n"] for d in ledger} >= set(range(1, 101)), what="the healthy events")


if __name__ == "__main__":
    unittest.main()
