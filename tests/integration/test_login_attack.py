"""Ten thousand wrong passwords over real sockets: memory stays bounded, the right user logs in from elsewhere, argon2 never runs
on a thread that serves, and no password is left in a file."""

import http.client
import json
import multiprocessing
import os
import re
import statistics
import threading
import time
import unittest

from harness import Api, IntegrationTest, RequiredServer

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
WRONG = "a-wrong-password-of-the-attacker"
GUESSES = 10_000
SCHED_IDLE = 5
ATTACKERS, ROUNDS = 4, 7


class WatchedServer(RequiredServer):
    def threads(self):
        """(scheduling policy, processor time in ticks) of each thread."""
        found = []
        folder = f"/proc/{self.process.pid}/task"
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            found.append((int(fields[38]), int(fields[11]) + int(fields[12])))
        return found

    def resident_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


def log_in(port, email, password, source="127.0.0.1", connection=None):
    """The status; on a connection of its own unless one is given."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=120, source_address=(source, 0))
    own.request("POST", "/api/v1/account/login", json.dumps({"email": email, "password": password}),
                {"Content-Type": "application/json"})
    response = own.getresponse()
    response.read()
    if not connection:
        own.close()
    return response.status


def percentile_99(durations):
    return sorted(durations)[len(durations) * 99 // 100]


def attack(port, first, is_on, is_over, statuses):
    """A process of its own, so that the interpreter's lock does not hold up whoever measures. From a new network and at a new
    account each time, so that every guess is looked at."""
    os.nice(19)
    for number in range(first, 1 << 16, ATTACKERS):
        is_on.wait()
        if is_over.is_set():
            break
        statuses.put(log_in(port, f"nobody{number}@example.com", WRONG, f"127.{1 + first}.{number >> 8 & 255}.{1 + (number & 127)}"))
    statuses.put(None)


class LoginAttack(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.running = WatchedServer(self.folder)
        self.addCleanup(self.running.kill)
        self.running.start()
        self.api = Api(self.running.port)
        self.addCleanup(self.api.close)
        made = self.api.call("POST", "/api/v1/account/setup",
                             {"token": self.running.setup_token(), "email": EMAIL, "password": PASSWORD})
        self.assertEqual(201, made.status, made.body)
        self.owner = {"Cookie": made.headers["set-cookie"].partition(";")[0], "X-CSRF-Token": made.json()["csrfToken"]}

    def guess(self, count, statuses):
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=120)
        for _ in range(count):
            status = log_in(self.running.port, EMAIL, WRONG, connection=connection)
            statuses[status] = statuses.get(status, 0) + 1
        connection.close()

    def test_ten_thousand_guesses_at_one_account(self):
        before = self.running.resident_kib()
        tallies = [{} for _ in range(8)]
        threads = [threading.Thread(target=self.guess, args=(GUESSES // 8, tally)) for tally in tallies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = {status: sum(tally.get(status, 0) for tally in tallies) for tally in tallies for status in tally}
        self.assertEqual(GUESSES, sum(statuses.values()))
        self.assertLessEqual(set(statuses), {401, 429})
        self.assertGreater(statuses[429], GUESSES - 100, statuses)
        self.assertEqual(429, log_in(self.running.port, EMAIL, PASSWORD), "the attacker's network waits, whatever it sends")
        self.assertEqual(200, log_in(self.running.port, EMAIL, PASSWORD, "127.0.0.2"), "the right user, from elsewhere")
        self.assertLess(self.running.resident_kib() - before, 64 << 10, "KiB more than before")

        noted = self.api.call("GET", "/api/v1/audit?action=user.login-failed", headers=self.owner).json()["data"]
        self.assertLessEqual(len(noted), 14)
        self.assertGreaterEqual(max(entry["after"]["failures"] for entry in noted), 8192)
        self.no_password_is_left()

    def no_password_is_left(self):
        self.running.terminate()
        for folder, _, names in os.walk(self.folder):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                for password in (PASSWORD, WRONG):
                    self.assertNotIn(password.encode(), content, name)

    def test_argon2_leaves_those_who_serve_alone(self):
        key = self.api.call("POST", "/api/v1/api-keys", {"name": "producer", "scope": "full"}, self.owner).json()["key"]
        sent = {"Authorization": f"Bearer {key}"}
        subscription = self.api.call("POST", "/subscriptions/", {"target_url": "https://receiver.example/"}, sent).json()["id"]

        def ingest():
            durations = []
            for number in range(400):
                begun = time.monotonic()
                reply = self.api.call("POST", f"/webhooks/ingest/{subscription}", {"event": "a", "n": number}, sent)
                durations.append(time.monotonic() - begun)
                self.assertEqual(202, reply.status, reply.body)
            return percentile_99(durations)

        is_on, is_over, statuses = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Queue()
        used = sum(ticks for policy, ticks in self.running.threads() if policy == SCHED_IDLE)
        attackers = [multiprocessing.Process(target=attack, args=(self.running.port, first, is_on, is_over, statuses), daemon=True)
                     for first in range(ATTACKERS)]
        for attacker in attackers:
            attacker.start()
        ingest()  # warms up
        quiet, under_attack, seen = [], [], []
        for _ in range(ROUNDS):
            quiet.append(ingest())
            while not statuses.empty():
                seen.append(statuses.get())
            is_on.set()
            seen.append(statuses.get(timeout=120))  # it has begun
            under_attack.append(ingest())
            is_on.clear()
        is_over.set()
        is_on.set()
        for _ in range(ATTACKERS):
            seen += iter(lambda: statuses.get(timeout=120), None)
        for attacker in attackers:
            attacker.join()
        self.assertLessEqual(set(seen), {401, 503})
        idle = [ticks for policy, ticks in self.running.threads() if policy == SCHED_IDLE]
        self.assertEqual(1, len(idle), "one thread for passwords, which takes what is left over")
        self.assertGreater(idle[0], used)
        before, during = statistics.median(quiet), statistics.median(under_attack)
        print(f"ingest p99, median of {ROUNDS} rounds: {before * 1e3:.2f} ms, during {len(seen)} guesses {during * 1e3:.2f} ms: "
              f"× {during / before:.2f} (budget 1.5)")


if __name__ == "__main__":
    unittest.main()
