"""posthaste over PostgreSQL: crashes of either under load, two servers on one database, passwords that nobody sees.

POSTHASTE_POSTGRES_CRASHES says how often each of the two is killed (default 8).
"""

import os
import random
import subprocess
import time
import unittest
from collections import Counter

from harness import BINARY, Answer, IntegrationTest, Load, Server, eventually
from postgres import Postgres

CRASHES = int(os.environ.get("POSTHASTE_POSTGRES_CRASHES", "8"))
SUBSCRIPTIONS = 4
PRODUCERS = 6
LANE_IN_FLIGHT_MAX = 64  # the server's default: attempts at once to one endpoint


class OverPostgres(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.postgres = Postgres()
        self.addCleanup(self.postgres.remove)
        self.postgres.start()

    def over_postgres(self, **options):
        return self.server(database=self.postgres.url, **options)

    def test_nothing_acknowledged_is_lost_whoever_is_killed(self):
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
        server = self.over_postgres(env={"WEBHOOK_RETRY_DELAY": "1", "WEBHOOK_MAX_RETRIES": "50"}).start()
        api = self.api(server)
        subscriptions = [api.subscribe(receiver.url(f"/{i}"))["id"] for i in range(SUBSCRIPTIONS)]
        load = Load(server.port, subscriptions, threads=PRODUCERS)
        for crash in range(2 * CRASHES):
            before, until = load.acked_count(), time.monotonic() + drawn.uniform(0.05, 0.9)
            # Not a wait for an event: the moment of the crash is drawn.
            while time.monotonic() < until or load.acked_count() == before:
                load.stopping.wait(0.01)
                self.assertTrue(server.is_running(), f"the server ended by itself before crash {crash + 1}")
                self.assertLess(time.monotonic(), until + 30, "nothing was accepted for 30 s")
            if crash % 2 == 0:
                server.kill()
                server.start()
            else:
                self.postgres.kill()
                self.postgres.start()
        load.stop()
        eventually(lambda: load.acked.keys() <= delivered.keys(), 90,
                   f"the delivery of all {len(load.acked)} acknowledged events", every=0.2)
        duplicates = sum(count - 1 for count in delivered.values())
        print(f"crashes {CRASHES} of each, acknowledged {len(load.acked)}, received {len(receiver.ledger)}, "
              f"duplicates {duplicates}, refused {dict(load.refused)}")
        self.assertLessEqual(duplicates, 2 * CRASHES * SUBSCRIPTIONS * LANE_IN_FLIGHT_MAX)
        fresh = self.api(server)
        for n in drawn.sample(sorted(load.acked), min(100, len(load.acked))):
            eventually(lambda: (attempts := fresh.attempts(load.acked[n])) and attempts[0]["success"], 20,
                       f"a recorded success of event {n}")
        eventually(lambda: self.postgres.query("SELECT accepted - delivered - dead - cancelled FROM writer") == "0", 30,
                   "the end of everything that was accepted")
        self.assertEqual(0, server.terminate())

    def test_a_second_server_is_told_who_has_the_database(self):
        first = self.over_postgres().start()
        second = Server(self.folder, database=self.postgres.url)
        second.spawn()
        self.assertNotEqual(0, second.process.wait(60))
        self.assertIn("Another posthaste serves this database", second.log())
        self.assertIn(f"process {first.process.pid}", second.log())
        self.assertTrue(first.is_healthy())
        # The lease is free as soon as the first one has ended, in whatever way.
        first.kill()
        second.start()
        self.assertEqual(0, second.terminate())

    def test_a_server_that_lost_the_database_writes_no_more(self):
        server = self.over_postgres().start()
        api = self.api(server)
        subscription = api.subscribe("http://127.0.0.1:9/")["id"]
        self.assertEqual(202, api.ingest(subscription, {"n": 1}).status)
        self.postgres.query("UPDATE writer SET epoch = epoch + 1, owner = gen_random_uuid(), server = 'somebody else'")
        events = self.postgres.query("SELECT count(*) FROM event")
        for _ in range(3):
            self.assertEqual(503, self.api(server).ingest(subscription, {"n": 2}).status)
        self.assertEqual(events, self.postgres.query("SELECT count(*) FROM event"))

    def test_passwords_are_shown_to_nobody(self):
        refused = f"postgres://posthaste:hunter2@localhost:1/postgres?host={self.postgres.folder}/none"
        unreadable = "postgres://posthaste:hunter%2@localhost/postgres"
        for url in (refused, unreadable):
            end = subprocess.run([BINARY, "serve", "--database", url, "--auth", "open"], check=False, capture_output=True,
                                 text=True, cwd=self.folder, timeout=60)
            self.assertNotEqual(0, end.returncode)
            self.assertNotIn("hunter", end.stdout + end.stderr)


if __name__ == "__main__":
    unittest.main()
