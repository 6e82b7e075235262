"""kill -9, again and again, under load: what was acknowledged arrives, and little arrives twice.

POSTHASTE_CRASHES says how often (default 100).
"""

import os
import random
import time
import unittest
from collections import Counter

from harness import PATIENCE, Answer, IntegrationTest, Load, eventually

CRASHES = int(os.environ.get("POSTHASTE_CRASHES", "100"))
SUBSCRIPTIONS = 4
PRODUCERS = 6
LANE_IN_FLIGHT_MAX = 64  # the server's default: attempts at once to one endpoint


class Crash(IntegrationTest):
    def test_nothing_acknowledged_is_lost(self):
        drawn = random.Random(CRASHES)
        failed_once, delivered = set(), Counter()

        def script(delivery):
            # Every seventh event fails the first time, so that parked retries live through crashes too.
            n = delivery.json()["data"]["n"]
            if n % 7 == 0 and n not in failed_once:
                failed_once.add(n)
                return Answer(500)
            delivered[n] += 1
            return Answer(after=0.002 if n % 5 == 0 else 0)

        receiver = self.receiver(script)
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1", "WEBHOOK_MAX_RETRIES": "50"}).start()
        api = self.api(server)
        subscriptions = [api.subscribe(receiver.url(f"/{i}"))["id"] for i in range(SUBSCRIPTIONS)]
        load = Load(server.port, subscriptions, threads=PRODUCERS)
        slowest_start = 0.0
        for crash in range(CRASHES):
            before, until = load.acked_count(), time.monotonic() + drawn.uniform(0.05, 0.9)
            # Not a wait for an event: the moment of the crash is drawn.
            while time.monotonic() < until or load.acked_count() == before:
                load.stopping.wait(0.01)
                self.assertTrue(server.is_running(), f"the server ended by itself before crash {crash + 1}")
                self.assertLess(time.monotonic(), until + PATIENCE, "nothing is accepted any more")
            server.kill()
            begun = time.monotonic()
            server.start()
            slowest_start = max(slowest_start, time.monotonic() - begun)
        load.stop()
        eventually(lambda: len(delivered) >= len(load.acked) and load.acked.keys() <= delivered.keys(),
                   what=f"the delivery of all {len(load.acked)} acknowledged events", every=0.2)
        duplicates = sum(count - 1 for count in delivered.values())
        print(f"crashes {CRASHES}, acknowledged {len(load.acked)}, received {len(receiver.ledger)}, duplicates {duplicates}, "
              f"refused {dict(load.refused)}, slowest start {slowest_start:.2f} s")
        self.assertLessEqual(duplicates, CRASHES * SUBSCRIPTIONS * LANE_IN_FLIGHT_MAX)
        # The server agrees that each of them was delivered.
        fresh = self.api(server)
        for n in drawn.sample(sorted(load.acked), min(200, len(load.acked))):
            eventually(lambda: (attempts := fresh.attempts(load.acked[n])) and attempts[0]["success"],
                       what=f"a recorded success of event {n}")
        self.assertEqual(0, server.terminate())


if __name__ == "__main__":
    unittest.main()
