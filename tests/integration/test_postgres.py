"""posthaste over PostgreSQL: crashes of either under load, two servers on one database, the commands, what is refused.

POSTHASTE_POSTGRES_CRASHES says how often each of the two ends under load (default 4).
"""

import json
import os
import random
import re
import subprocess
import time
import unittest
from collections import Counter

from harness import BINARY, PATIENCE, Answer, IntegrationTest, Load, eventually, free_port
from postgres import OldPostgres, Postgres

CRASHES = int(os.environ.get("POSTHASTE_POSTGRES_CRASHES", "4"))
SUBSCRIPTIONS = 4
PRODUCERS = 6
LANE_IN_FLIGHT_MAX = 64  # the server's default: attempts at once to one endpoint


class OverPostgres(IntegrationTest):
    @classmethod
    def setUpClass(cls):
        cls.postgres = Postgres()
        cls.addClassCleanup(cls.postgres.remove)
        cls.postgres.start()

    def setUp(self):
        super().setUp()
        self.name = self.id().rpartition(".")[2][:63]
        self.postgres.query(f'CREATE DATABASE "{self.name}"')
        self.url = self.postgres.url(self.name)

    def over_postgres(self, **options):
        return self.server(database=self.url, **options)

    def query(self, sql):
        return self.postgres.query(sql, self.name)


class Crashes(OverPostgres):
    def test_nothing_acknowledged_is_lost_whoever_ends(self):
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
        # Every second time PostgreSQL ends, it is told to.
        ends = [(server.kill, server.start), (self.postgres.kill, self.postgres.start),
                (server.kill, server.start), (self.postgres.stop, self.postgres.start)]
        for crash in range(2 * CRASHES):
            before, until = load.acked_count(), time.monotonic() + drawn.uniform(0.05, 0.9)
            # Not a wait for an event: the moment of the crash is drawn.
            while time.monotonic() < until or load.acked_count() == before:
                load.stopping.wait(0.01)
                self.assertTrue(server.is_running(), f"the server ended by itself before crash {crash + 1}")
                self.assertLess(time.monotonic(), until + PATIENCE, "nothing was accepted")
            end, start = ends[crash % len(ends)]
            end()
            start()
        load.stop()
        eventually(lambda: load.acked.keys() <= delivered.keys(), what=f"the delivery of all {len(load.acked)} acknowledged events",
                   every=0.2)
        duplicates = sum(count - 1 for count in delivered.values())
        print(f"crashes {CRASHES} of each, acknowledged {len(load.acked)}, received {len(receiver.ledger)}, "
              f"duplicates {duplicates}, refused {dict(load.refused)}")
        self.assertLessEqual(duplicates, 2 * CRASHES * SUBSCRIPTIONS * LANE_IN_FLIGHT_MAX)
        fresh = self.api(server)
        for n in drawn.sample(sorted(load.acked), min(100, len(load.acked))):
            eventually(lambda: (attempts := fresh.attempts(load.acked[n])) and attempts[0]["success"],
                       what=f"a recorded success of event {n}")
        eventually(lambda: self.query("SELECT accepted - delivered - dead - cancelled FROM writer") == "0",
                   what="the end of everything that was accepted")
        self.assertEqual(0, server.terminate())


class OneServer(OverPostgres):
    def test_a_second_server_is_told_who_has_the_database(self):
        key = {"POSTHASTE_ENCRYPTION_KEY": "the same for both of them"}
        first = self.over_postgres(env=key).start()
        folder = os.path.join(self.folder, "second")
        os.mkdir(folder)
        second = self.server(folder=folder, database=self.url, env=key)
        second.spawn()
        self.assertNotEqual(0, second.process.wait(PATIENCE))
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
        self.query("UPDATE writer SET epoch = epoch + 1, owner = gen_random_uuid(), server = 'somebody else'")
        events = self.query("SELECT count(*) FROM event")
        for _ in range(3):
            self.assertEqual(503, self.api(server).ingest(subscription, {"n": 2}).status)
        self.assertEqual(events, self.query("SELECT count(*) FROM event"))


class Commands(OverPostgres):
    def command(self, *words, status=0, url=None, **options):
        """What it prints, errors as well."""
        done = subprocess.run([BINARY, *words, "--database", url or self.url], check=False, capture_output=True, text=True,
                              cwd=self.folder, timeout=PATIENCE, **options)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_the_tables_can_be_made_before_the_first_start(self):
        self.assertIn("schema version 0", self.command("doctor"))
        self.assertIn("schema version 0", self.command("audit", "verify", status=2))
        self.assertIn("schema version 1", self.command("migrate"))
        self.assertIn("schema version 1", self.command("migrate"))
        self.assertIn("schema version 1", self.command("doctor"))
        self.assertNotIn("fdatasync", self.command("doctor"), "of a disk that has no data")
        self.query("UPDATE schema_version SET version = 99")
        for command in ("migrate", "serve"):
            self.assertIn("schema version 99", self.command(command, status=1))

    def test_people_keys_and_the_audit_log(self):
        self.assertIn("ada@example.com",
                      self.command("user", "add", "ada@example.com", "--role", "owner", "--password-stdin", input="correct horse battery\n"))
        server = self.over_postgres().start()
        self.api(server).subscribe("http://127.0.0.1:9/")
        refused = self.command("user", "list", status=1)
        self.assertIn("--server", refused, "which speaks to the running one")
        entries = [json.loads(line) for line in self.command("audit", "list").splitlines()]
        self.assertEqual(["user.create", "endpoint.create"], [entry["action"] for entry in entries])
        self.assertIn(f"2 entries, head {entries[-1]['hash']}", self.command("audit", "verify"))
        before = self.keys()
        self.assertEqual(1, len(before))
        self.command("rekey")
        self.command("rekey", "--prune")
        self.assertEqual(1, len(self.keys()))
        self.assertNotEqual(before, self.keys())
        self.assertEqual(0, server.terminate())
        self.command("rekey")
        self.command("rekey", "--prune")
        self.assertIn("ada@example.com", self.command("user", "list"))
        self.query("ALTER TABLE audit DISABLE TRIGGER ALL")
        self.query("UPDATE audit SET actor = 'nobody' WHERE sequence = 1")
        self.assertIn("entry 1", self.command("audit", "verify", status=1))

    def keys(self):
        return re.findall(r"^[0-9a-f]{16}", self.command("rekey", "--status"), re.M)

    def test_keys_that_the_database_needs_are_missed(self):
        server = self.over_postgres().start()
        self.api(server).subscribe("http://127.0.0.1:9/")
        self.assertEqual(0, server.terminate())
        self.assertIn("key", self.command("serve", "--data-dir", "elsewhere", status=1))

    def test_what_cannot_serve_is_told(self):
        self.postgres.query("CREATE ROLE careful LOGIN PASSWORD 'right'")
        self.postgres.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
        old = OldPostgres("14.11")
        self.addCleanup(old.close)
        careful, nobody = self.postgres.url(self.name, user="careful"), f"postgres://127.0.0.1:{free_port()}/x"
        for url, said in ((f"{careful}&password=wrong", "password authentication failed"), (careful, "no password supplied"),
                          (self.postgres.url("nowhere"), 'database "nowhere" does not exist'), (nobody, "Connection refused"),
                          (self.postgres.url("latin"), "does not store UTF-8"), (old.url, "PostgreSQL 14.11"),
                          ("postgres://u:wrong%2@127.0.0.1/x", "cannot be read")):
            for command in (["serve", "--listen", "127.0.0.1:0"], ["migrate"], ["doctor"]):
                with self.subTest(url=url, command=command):
                    shown = self.command(*command, status=1, url=url)
                    self.assertIn(said, shown)
                    self.assertNotIn("wrong", shown, "passwords are shown to nobody")


if __name__ == "__main__":
    unittest.main()
