"""What an editor finds in the data folder, in the log and after a crash: no secret. And changing the key while everything goes on."""

import base64
import json
import os
import signal
import sqlite3
import subprocess
import unittest

from cores import DUMPED, KILLED, core_files, crash, need_core_dumps_here, permit_core_dumps
from harness import BINARY, ROOT, Answer, Load, eventually
from test_native_api import NativeApiTest

KEY_FILES = {"encryption_key", "token_secret", "session_secret"}
SCHEMA = os.path.join(ROOT, "src/store/sqlite")


def forms_of(secret):
    """The secret as a file might hold it: as it is, decoded, in base64 and in hexadecimal digits."""
    raw = secret.encode()
    forms = {raw, base64.b64encode(raw).rstrip(b"=")[:-1], raw.hex().encode(), raw.hex().upper().encode()}
    kind, _, encoded = secret.partition("_")
    try:
        decoded = base64.b64decode(encoded if kind in ("whsec", "whsk") else secret, validate=True)
    except ValueError:
        return forms
    if len(decoded) >= 8:
        forms |= {decoded, decoded.hex().encode(), decoded.hex().upper().encode()}
    return forms


class SecretsAtRest(NativeApiTest):
    def setUp(self):
        super().setUp()
        self.secrets = set()

    def remember(self, *secrets):
        self.secrets.update(secrets)
        return secrets[0]

    def leaks(self, secrets=None):
        """Where a secret is found, in every file of the test's folder but those that hold keys."""
        forms = {form: secret for secret in secrets or self.secrets for form in forms_of(secret)}
        found = []
        for folder, _, names in os.walk(self.folder):
            for name in names:
                if name in KEY_FILES:
                    continue
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        content = file.read()
                except FileNotFoundError:  # SQLite's, and gone by now
                    continue
                found += [f"{name}: {secret}" for form, secret in forms.items() if form in content]
        return sorted(set(found))

    def assert_no_leaks(self, when):
        self.assertEqual([], self.leaks(), when)

    def rekey(self, server, *args, status=0):
        done = subprocess.run([BINARY, "rekey", *args, "--database", server.database], capture_output=True, text=True, timeout=120,
                              cwd=server.folder, check=False)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def keys(self, server):
        """{key id: what it has sealed}, the first key first."""
        lines = self.rekey(server, "--status").splitlines()[1:]
        return {line[:16]: line[18:].split("  ")[0] for line in lines}

    def remember_key_files(self, server):
        data = server.database.removeprefix("sqlite:")
        for name in KEY_FILES:
            with open(os.path.join(data, name), encoding="utf-8") as file:
                self.remember(*[line.strip() for line in file if line.strip() and not line.startswith("#")])

    # ---- what is searched for

    def make_secrets(self, server, api, receiver):
        """One of everything that holds a secret; returns (application, endpoints)."""
        self.remember(api.token)
        app = api.make("/app", {"name": "customer"})["id"]
        given = self.remember("whsec_" + base64.b64encode(os.urandom(32)).decode())
        first = api.make(f"/app/{app}/endpoint", {"url": receiver.url("/ok"), "secret": given})["id"]
        password = self.remember("sesame-password")
        self.remember(base64.b64encode(f"user:{password}".encode()).decode())
        url = receiver.url("/broken").replace("http://", f"http://user:{password}@") + "?token=" + self.remember("sesame-query")
        second = api.make(f"/app/{app}/endpoint", {"url": url})["id"]
        for number, endpoint in enumerate([first, second]):
            path = f"/app/{app}/endpoint/{endpoint}"
            self.remember(api.call("GET", f"{path}/secret").json()["key"])
            reply = api.call("POST", f"{path}/secret/rotate", {}, {"Idempotency-Key": f"rotate-{number}"})
            self.assertEqual(204, reply.status, reply.body)
            self.remember(api.call("GET", f"{path}/secret").json()["key"])
            headers = {"X-Api-Key": self.remember(f"sesame-header-{number}")}
            self.assertEqual(204, api.call("PUT", f"{path}/headers", {"headers": headers}).status)
        # A kept answer that holds a token.
        access = api.call("POST", f"/auth/app-portal-access/{app}", {}, {"Idempotency-Key": "portal"})
        self.assertEqual(200, access.status, access.body)
        self.remember(access.json()["token"])
        owner = self.remember("whsec_" + base64.b64encode(os.urandom(24)).decode())
        api.make("/operational-webhook/endpoint", {"url": receiver.url("/owner"), "secret": owner})
        self.api(server).subscribe(receiver.url("/subscription"), secret=self.remember("sesame-subscription"))
        self.make_mailbox(self.api(server), receiver)
        self.make_accounts(server, api)
        self.remember_key_files(server)
        return app, [first, second]

    def make_mailbox(self, api, receiver):
        mailbox = api.call("POST", "/api/mailboxes", {"name": "books", "target_url": receiver.url("/mailbox"),
                                                      "api_key": self.remember("sesame-mailbox-key"),
                                                      "secret": self.remember("sesame-mailbox-secret")}).json()
        path, payload = f"/webhooks/{mailbox['id']}", {"event": "mailbox"}
        self.assertEqual(200, api.call("POST", path, payload, {"x-api-key": mailbox["api_key"]}).status)
        key = self.remember(api.call("POST", f"/api/mailboxes/{mailbox['id']}/rotate-key").json()["api_key"])
        self.assertEqual(200, api.call("POST", path, payload, {"x-api-key": key}).status)

    def make_accounts(self, server, api):
        password, wrong = self.remember("sesame-correct-horse"), self.remember("sesame-wrong-horse")
        api.make("/members", {"email": "ada@example.com", "password": password, "role": "viewer"})
        self.remember("$argon2id$")
        self.remember(api.make("/api-keys", {"name": "k", "scope": "full"})["key"])
        visitor = self.api(server)
        for given, status in ((wrong, 401), (password, 200)):
            reply = visitor.call("POST", "/api/v1/account/login", {"email": "ada@example.com", "password": given})
            self.assertEqual(status, reply.status, reply.body)
        self.remember(reply.headers["set-cookie"].partition("=")[2].partition(";")[0])

    def test_no_file_and_no_log_shows_a_secret(self):
        receiver = self.receiver(lambda delivery: Answer(500 if "/broken" in delivery.target else 200))
        server, api = self.boot("--retry-schedule", "[0,0,0]", "--operational-webhooks", "true", "--log-level", "debug")
        app, endpoints = self.make_secrets(server, api, receiver)
        for n in range(20):
            self.assertEqual(202, self.send(api, app, n, key=f"event-{n}").status)
        broken = f"/app/{app}/attempt/endpoint/{endpoints[1]}?status=2"
        eventually(lambda: len(api.call("GET", broken).json()["data"]) >= 40, what="failed attempts")
        self.assertGreater(len(self.secrets), 15)
        self.assert_no_leaks("while it runs")

        server.kill()
        self.assert_no_leaks("after kill -9")
        server.start()
        api = self.connect(server, api.token)
        self.send(api, app, 100)
        receiver.wait_for(lambda ledger: any(b'"n": 100' in each.body for each in ledger))
        self.assert_no_leaks("after the restart")

        before = self.keys(server)
        self.rekey(server)
        self.assert_no_leaks("after a new key")
        self.rekey(server, "--prune")
        self.assertEqual(1, len(self.keys(server)))
        self.assertNotEqual(list(before), list(self.keys(server)))
        self.assertEqual({"sensitive": ["X-Api-Key"], "headers": {}},
                         api.call("GET", f"/app/{app}/endpoint/{endpoints[1]}/headers").json())
        self.send(api, app, 200)
        receiver.wait_for(lambda ledger: any(b'"n": 200' in each.body and each.headers.get("x-api-key") == "sesame-header-0"
                                             for each in ledger))
        repeated = api.call("POST", f"/auth/app-portal-access/{app}", {}, {"Idempotency-Key": "portal"})
        self.assertIn(repeated.json()["token"], self.secrets, "the kept answer is still read")
        self.assertEqual(0, server.terminate())
        self.assert_no_leaks("after an orderly stop")
        self.rekey(server)
        self.assert_no_leaks("after a new key without a server")
        with open(os.path.join(self.folder, "marker"), "w", encoding="utf-8") as file:
            file.write(api.token)
        self.assertEqual(1, len(self.leaks()), "the search finds what is there")

    def crash_with_secrets(self, *args):
        """The end of a server that has used all of its secrets, as the kernel names it."""
        receiver = self.receiver()
        server, api = self.boot("--operational-webhooks", "true", "--log-level", "debug", *args)
        app, _ = self.make_secrets(server, api, receiver)
        self.assertEqual(202, self.send(api, app, 1).status)
        receiver.wait_for(lambda ledger: any(delivery.target == "/ok" for delivery in ledger))
        return crash(server, signal.SIGSEGV)

    def test_a_crash_leaves_no_secret(self):
        permit_core_dumps(self)
        self.assertEqual(KILLED, self.crash_with_secrets())
        self.assertEqual([], core_files(self.folder))
        self.assert_no_leaks("after a crash")

    def test_secrets_would_be_found_in_a_core_dump(self):
        need_core_dumps_here(self)
        self.assertEqual(DUMPED, self.crash_with_secrets("--core-dumps", "true"))
        dumped, = core_files(self.folder)
        self.assertGreater(len([leak for leak in self.leaks() if leak.startswith(dumped + ":")]), 5)

    def test_payloads_are_sealed_on_request(self):
        payload, answer = "sesame-payload", "sesame-answer"
        self.remember(payload, answer)
        receiver = self.receiver(lambda delivery: Answer(500, body=answer.encode()))
        server, api = self.boot("--retry-schedule", "[0]", "--encrypt-payloads", "true", "--log-level", "debug")
        app, endpoint = self.subscribe(api, receiver.url())
        message = api.call("POST", f"/app/{app}/msg", {"eventType": "a.b", "payload": {"text": payload}}).json()["id"]
        attempts = f"/app/{app}/attempt/endpoint/{endpoint}"

        def check(when):
            eventually(lambda: len(api.call("GET", attempts).json()["data"]) == 2, what=f"two attempts {when}")
            self.assertEqual({"text": payload}, api.call("GET", f"/app/{app}/msg/{message}").json()["payload"], when)
            self.assertEqual(answer, api.call("GET", attempts).json()["data"][0]["response"], when)
            self.assert_no_leaks(when)

        check("while it runs")
        self.rekey(server)
        self.assertIn("1 log file", list(self.keys(server).values())[0])
        self.rekey(server, "--prune")
        check("after a new key")
        server.kill()
        server.args.remove("--encrypt-payloads")
        server.args.remove("true")
        server.start()
        api = self.connect(server, api.token)
        check("after the setting was taken away")

    # ---- a new key while everything goes on

    def test_deliveries_verify_while_the_key_changes(self):
        secrets = {f"/{i}": f"sesame-{i}" for i in range(8)}
        forged = []

        def script(delivery):
            if not delivery.is_signed_by(secrets[delivery.target]):
                forged.append(delivery)
            return Answer()

        receiver = self.receiver(script)
        server = self.server(args=["--encrypt-payloads", "true"]).start()
        api = self.api(server)
        subscriptions = [api.subscribe(receiver.url(path), secret=secret)["id"] for path, secret in secrets.items()]
        # Enough that sealing anew takes more than one transaction.
        for n in range(300):
            api.subscribe(receiver.url(f"/unused/{n}"), secret=f"sesame-unused-{n}")
        load = Load(server.port, subscriptions, threads=2)
        ids = set()
        for change in range(6):
            if change % 3 == 2:
                # The server dies while it seals.
                first, looks = self.first_key(server), server.log().count("has changed")
                started = subprocess.Popen([BINARY, "rekey", "--database", server.database, "--wait-max", "60s"], cwd=server.folder,
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                eventually(lambda: self.first_key(server) != first, what="the new key in the file")
                eventually(lambda: server.log().count("has changed") > looks, what="the server's look at it")
                server.kill()
                server.start()
                self.assertEqual(0, started.wait(90), started.communicate()[0])
            else:
                self.rekey(server)
            ids.add(next(iter(self.keys(server))))
            before = load.acked_count()
            eventually(lambda: load.acked_count() > before + 20, what="events after the new key")
        load.stop()
        self.assert_all_arrived(load, receiver)
        self.assertEqual([], forged)
        self.assertEqual(6, len(ids))
        self.rekey(server, "--prune")
        status = self.keys(server)
        self.assertEqual(1, len(status))
        self.assertIn("308 endpoints", list(status.values())[0])
        self.remember(*secrets.values())
        self.assert_no_leaks("after six keys")

    def first_key(self, server):
        with open(os.path.join(server.database.removeprefix("sqlite:"), "encryption_key"), encoding="utf-8") as file:
            return [line for line in file if not line.startswith("#")][0]

    def test_a_killed_rekey_command_leaves_a_file_that_works(self):
        server = self.server().start()
        secret = self.api(server).subscribe("http://127.0.0.1:9/", secret="sesame")["id"]
        for delay in (0.0, 0.001, 0.003, 0.01, 0.03):
            command = subprocess.Popen([BINARY, "rekey", "--database", server.database], cwd=server.folder,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                command.wait(delay)
            except subprocess.TimeoutExpired:
                command.send_signal(signal.SIGKILL)
                command.wait()
            server.kill()
            server.start()
            listed = self.api(server).call("GET", "/subscriptions/").json()
            self.assertEqual([(secret, "sesame")], [(each["id"], each["secret"]) for each in listed])

    def test_a_key_from_the_environment(self):
        server = self.server(env={"SVIX_MAIN_SECRET": "an old text that seals"}).start()
        self.api(server).subscribe("http://127.0.0.1:9/", secret="sesame")
        self.assertFalse(os.path.exists(os.path.join(server.database.removeprefix("sqlite:"), "encryption_key")))
        self.assertEqual(0, server.terminate())
        # Without it, with another one, and with both.
        for env, words in (({}, "is missing"), ({"POSTHASTE_ENCRYPTION_KEY": "another text"}, "encryption_key")):
            server.env = env
            with self.assertRaises(AssertionError):
                server.start()
            self.assertEqual(1, server.process.returncode)
            self.assertIn(words, server.log().splitlines()[-1])
            self.assertIn("sealed with the key", server.log().splitlines()[-1])
        server.env = {"POSTHASTE_ENCRYPTION_KEY": "another text,an old text that seals"}
        server.start()
        eventually(lambda: "sealed anew: 1 endpoints" in server.log(), what="sealing with the first key")
        self.assertEqual(0, server.terminate())
        server.env = {"POSTHASTE_ENCRYPTION_KEY": "another text"}
        server.start()
        self.assertEqual("sesame", self.api(server).call("GET", "/subscriptions/").json()[0]["secret"])

    # ---- a folder of a version that sealed nothing

    def make_version_3(self, data, receiver, count=50):
        """posthaste.db as it was before secrets were sealed, after some use; returns its endpoints' secrets by path."""
        os.makedirs(os.path.join(data, "log"))
        database = sqlite3.connect(os.path.join(data, "posthaste.db"), isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        for name in ("config_schema.sql", "config_2.sql", "config_3.sql"):
            with open(os.path.join(SCHEMA, name), encoding="utf-8") as file:
                database.executescript(file.read())
        database.execute("PRAGMA user_version=3")
        organization, application = (bytes.fromhex(text) for text in ("00000000000070008000000000000001",
                                                                      "00000000000070008000000000000002"))
        secrets = {}
        for n in range(count):
            secrets[f"/{n}"] = self.remember(f"sesame-secret-{n}-")
            details = {"headers": [["X-Key", self.remember(f"sesame-header-{n}-")]]}
            database.execute(
                "INSERT INTO endpoint(hi, lo, organization, application, profile, url, secret, old_secrets, is_active, is_deleted,"
                " created_at, gaps, base, factor, delay_max, jitter, jitter_fraction, attempts_max, timeout, in_flight_max, revision,"
                " details, ingest_key) VALUES (?, ?, ?, ?, 1, ?, ?, ?, 1, 0, 5, '[1000000]', 1, 2.0, 3, 1, 0.1, 5, 10000000, 0, 1, ?, ?)",
                (0x019000000000 << 16 | 0x7000 | n, -(1 << 63) + n, organization, application, receiver.url(f"/{n}"),
                 "sesame-before-" + "x" * (n * 7 % 200), json.dumps([[self.remember(f"sesame-old-{n}-"), 1 << 60]]), json.dumps(details),
                 self.remember(f"sesame-key-{n}-")))
            database.execute("INSERT INTO record(kind, id, organization, parent, name, revision, body) VALUES (5, ?, ?, ?, ?, 1, ?)",
                             (os.urandom(16), organization, bytes(16), f"answer {n}", json.dumps({"body": self.remember(f"sesame-answer-{n}-")})))
        self.remember("sesame-before-")
        # Rows grow, move and go.
        for n in range(count):
            database.execute("UPDATE endpoint SET secret = ? WHERE hi & 4095 = ?", (secrets[f"/{n}"], n))
        database.execute("DELETE FROM record WHERE name LIKE '%3'")
        # As a crash leaves it: with a write-ahead log.
        for suffix in ("", "-wal"):
            with open(os.path.join(data, "posthaste.db" + suffix), "rb") as file:
                content = file.read()
            with open(os.path.join(self.folder, "copy" + suffix), "wb") as file:
                file.write(content)
        database.close()
        for suffix in ("", "-wal"):
            os.replace(os.path.join(self.folder, "copy" + suffix), os.path.join(data, "posthaste.db" + suffix))
        return secrets

    def test_nothing_readable_is_left_of_an_older_version(self):
        receiver = self.receiver()
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "1"})
        secrets = self.make_version_3(os.path.join(server.folder, "data"), receiver)
        self.assertGreater(len(self.leaks()), 100)
        server.start()
        eventually(lambda: "everything is sealed" in server.log(), what="the end of sealing")
        self.assert_no_leaks("after the start")
        api = self.api(server)
        for each in api.call("GET", "/subscriptions/").json():
            api.ingest(each["id"], {"event": "a", "data": {"n": 1}})
        receiver.wait_count(len(secrets))
        for delivery in receiver.ledger:
            self.assertTrue(delivery.is_signed_by(secrets[delivery.target]), delivery.target)
            self.assertEqual("sesame-header-" + delivery.target[1:] + "-", delivery.headers["x-key"])
            self.assertEqual(2, len(delivery.headers["webhook-signature"].split()), "the old secret signs, too")
        server.kill()
        self.assert_no_leaks("after kill -9")

    def test_an_older_version_is_sealed_whenever_it_is_killed(self):
        receiver = self.receiver()
        server = self.server()
        secrets = self.make_version_3(os.path.join(server.folder, "data"), receiver, count=30)
        for _ in range(12):
            server.spawn()
            # Not a wait for an event: kills come sooner or later after the start, on purpose.
            try:
                server.process.wait(0.004 * (_ + 1))
            except subprocess.TimeoutExpired:
                server.kill()
        server.start()
        eventually(lambda: not self.leaks(), what="the last secret's end")
        listed = self.api(server).call("GET", "/subscriptions/").json()
        self.assertEqual(sorted(secrets.values()), sorted(each["secret"] for each in listed))


if __name__ == "__main__":
    unittest.main()
