"""The native API over real sockets, a real disk and kill -9: what the tests without sockets cannot see."""

import datetime
import json
import subprocess
import threading
import unittest
import uuid

from harness import BINARY, Answer, Api, IntegrationTest, eventually


class NativeApi(Api):
    """Calls below /api/v1 with a token."""

    def __init__(self, port, token, **options):
        super().__init__(port, **options)
        self.token = token

    def call(self, method, path, body=None, headers=None):
        return super().call(method, f"/api/v1{path}", body, {"Authorization": f"Bearer {self.token}", **(headers or {})})

    def make(self, path, body):
        reply = self.call("POST", path, body)
        assert reply.status in (201, 202), (reply.status, reply.body)
        return reply.json()


class NativeApiTest(IntegrationTest):
    def boot(self, *args, **options):
        server = self.server(args=args, **options).start()
        return server, self.connect(server)

    def token(self, server, *args):
        printed = subprocess.run([BINARY, "token", *args, "--database", server.database], capture_output=True, text=True, timeout=120,
                                 check=True).stdout
        return printed.strip().removeprefix("Token (Bearer): ")

    def connect(self, server, token=None):
        api = NativeApi(server.port, token or self.token(server))
        self.addCleanup(api.close)
        return api

    def subscribe(self, api, url, **fields):
        app = api.make("/app", {"name": "customer"})["id"]
        return app, api.make(f"/app/{app}/endpoint", {"url": url, **fields})["id"]

    def send(self, api, app, n, key=None, **fields):
        headers = {"Idempotency-Key": key} if key else {}
        return api.call("POST", f"/app/{app}/msg", {"eventType": "load.tick", "payload": {"data": {"n": n}}, **fields}, headers)


class Limits(NativeApiTest):
    def test_a_body_beyond_the_limit_is_answered_and_the_connection_lives(self):
        _, api = self.boot()
        app = api.make("/app", {"name": "a"})["id"]
        socket_before = None
        for size in (2 << 20, 8 << 20):
            with self.subTest(size):
                body = json.dumps({"eventType": "a.b", "payload": {"x": "y" * size}})
                reply = api.call("POST", f"/app/{app}/msg", body[:8 << 20].encode())
                self.assertEqual((413, "payload_too_large"), (reply.status, reply.json()["code"]))
                socket_before = socket_before or api.connection.sock
                self.assertEqual(200, api.call("GET", f"/app/{app}").status)
                self.assertIs(socket_before, api.connection.sock, "the same connection")

    def test_nothing_but_204_has_an_empty_body(self):
        _, api = self.boot()
        for method, path, status in [("GET", "/nothing/here", 404), ("DELETE", "/app", 405), ("GET", "/app/app_x", 404),
                                     ("POST", "/app", 422), ("GET", "/app?limit=300", 422), ("GET", "/app?limit=x", 400)]:
            with self.subTest(path):
                reply = api.call(method, path)
                self.assertEqual(status, reply.status, reply.body)
                self.assertIn("detail", reply.json())

    def test_health(self):
        server, _ = self.boot()
        api = self.api(server)
        for method in ("GET", "HEAD"):
            self.assertEqual(200, api.call(method, "/api/v1/health").status)
            self.assertEqual(204, api.call(method, "/api/v1/health/ping").status)


class Tokens(NativeApiTest):
    def test_the_generated_secret_survives_a_restart_and_is_private(self):
        server, api = self.boot()
        app = api.make("/app", {"name": "a"})["id"]
        server.kill()
        server.start()
        self.assertEqual(200, self.connect(server, api.token).call("GET", f"/app/{app}").status)

    def test_organizations_see_nothing_of_each_other(self):
        server, api = self.boot()
        app, endpoint = self.subscribe(api, "http://127.0.0.1:9/")
        other = self.connect(server, self.token(server, "org_another_one"))
        for path in (f"/app/{app}", f"/app/{app}/endpoint/{endpoint}", f"/app/{app}/msg"):
            self.assertEqual(404, other.call("GET", path).status, path)
        self.assertEqual([], other.call("GET", "/app").json()["data"])

    def test_a_token_for_one_application(self):
        server, api = self.boot()
        app = api.make("/app", {"name": "a"})["id"]
        customer = self.connect(server, self.token(server, "--app", app))
        self.assertEqual(200, customer.call("GET", f"/app/{app}").status)
        self.assertEqual(403, customer.call("GET", "/app").status)

    def test_a_configured_secret_counts(self):
        server, _ = self.boot(env={"SVIX_JWT_SECRET": "x"})
        good = self.token(server, "--jwt-secret", "x")
        self.assertEqual(200, self.connect(server, good).call("GET", "/app").status)
        self.assertEqual(401, self.connect(server, self.token(server, "--jwt-secret", "y")).call("GET", "/app").status)


class Durability(NativeApiTest):
    def test_repeats_are_recognised_after_kill_9(self):
        receiver = self.receiver()
        server, api = self.boot()
        app, _ = self.subscribe(api, receiver.url())
        keys = [str(uuid.uuid4()) for _ in range(200)]
        first = {key: self.send(api, app, n, key).json()["id"] for n, key in enumerate(keys)}
        uid = self.send(api, app, 1000, eventId="mine")
        self.assertEqual(202, uid.status)
        server.kill()
        server.start()
        api = self.connect(server, api.token)
        for n, key in enumerate(keys):
            again = self.send(api, app, n, key)
            self.assertEqual((202, first[key]), (again.status, again.json()["id"]))
        self.assertEqual(409, self.send(api, app, 1001, eventId="mine").status)
        self.assertEqual(uid.json()["id"], api.call("GET", f"/app/{app}/msg/mine").json()["id"])
        eventually(lambda: len(receiver.numbers()) >= 201, what="the arrival of every message")
        self.assertEqual(201, len(receiver.numbers()))

    def test_producers_that_retry_through_kill_9_make_no_second_event(self):
        """Each message has a key and is repeated until it is answered: every id is one message, every message arrives."""
        receiver = self.receiver()
        server, api = self.boot()
        app, _ = self.subscribe(api, receiver.url())
        token, ids, stop = api.token, {}, threading.Event()

        def produce(worker):
            mine = NativeApi(server.port, token)
            n = worker
            while not stop.is_set():
                key = f"key-{n}"
                while not stop.is_set():
                    try:
                        reply = self.send(mine, app, n, key)
                    except OSError:
                        stop.wait(0.01)
                        continue
                    except Exception:  # pylint: disable=broad-except  # an answer cut in the middle
                        continue
                    if reply.status == 202:
                        ids[n] = reply.json()["id"]
                        break
                n += 4
            mine.close()

        threads = [threading.Thread(target=produce, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            goal = len(ids) + 100
            eventually(lambda goal=goal: len(ids) > goal, what="progress")
            server.kill()
            server.start()
        stop.set()
        for thread in threads:
            thread.join()
        eventually(lambda: not set(ids) - set(receiver.numbers()), timeout=120, what="every message's arrival")
        self.assertEqual(len(ids), len(set(ids.values())))
        by_number = {}
        for delivery in list(receiver.ledger):
            by_number.setdefault(delivery.json()["data"]["n"], set()).add(delivery.headers["webhook-id"])
        self.assertEqual({}, {n: found for n, found in by_number.items() if len(found) > 1}, "one message per key")

    def test_a_resend_and_a_recovery_survive_kill_9(self):
        broken = [True]
        receiver = self.receiver(lambda delivery: Answer(503 if broken[0] else 200))
        server, api = self.boot("--retry-schedule", "[]")
        app, endpoint = self.subscribe(api, receiver.url())
        made = [self.send(api, app, n).json()["id"] for n in range(20)]
        receiver.wait_count(20)
        failed = f"/app/{app}/endpoint/{endpoint}/msg?status=2&limit=250"
        eventually(lambda: len(api.call("GET", failed).json()["data"]) == 20, what="20 failed messages")
        broken[0] = False
        since = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)).isoformat()
        task = api.call("POST", f"/app/{app}/endpoint/{endpoint}/recover", {"since": since})
        self.assertEqual(202, task.status)
        server.kill()
        server.start()
        api = self.connect(server, api.token)
        eventually(lambda: api.call("GET", f"/background-task/{task.json()['id']}").json()["status"] == "finished",
                   what="the end of the recovery")
        eventually(lambda: len(api.call("GET", failed.replace("status=2", "status=0")).json()["data"]) == 20,
                   what="20 delivered messages")
        self.assertEqual(made[::-1], [each["id"] for each in api.call("GET", f"/app/{app}/msg").json()["data"]])

    def test_what_is_to_be_delivered_later_survives_kill_9(self):
        receiver = self.receiver()
        server, api = self.boot()
        app, _ = self.subscribe(api, receiver.url())
        deliver_at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        later = self.send(api, app, 1, deliverAt=deliver_at.isoformat())
        self.assertEqual(202, later.status, later.body)
        self.assertEqual(deliver_at, datetime.datetime.fromisoformat(later.json()["deliverAt"]))
        server.kill()
        server.start()
        api = self.connect(server, api.token)
        self.send(api, app, 2)
        receiver.wait_count(2)
        # The times of the attempts, in whole seconds.
        times = {each.json()["data"]["n"]: int(each.headers["webhook-timestamp"]) for each in receiver.ledger}
        self.assertEqual({1, 2}, set(times))
        self.assertGreaterEqual(times[1], int(deliver_at.timestamp()))


class Throttling(NativeApiTest):
    def test_a_throttled_endpoint_waits_and_others_do_not(self):
        receiver, free = self.receiver(), self.receiver()
        _, api = self.boot()
        app, throttled = self.subscribe(api, receiver.url(), throttleRate=20)
        other, _ = self.subscribe(api, free.url())
        for n in range(60):
            self.send(api, app, n)
            self.send(api, other, n)
        free.wait_count(60)
        receiver.wait_count(60)
        listed = f"/app/{app}/attempt/endpoint/{throttled}?limit=100"
        attempts = eventually(lambda: len(found := api.call("GET", listed).json()["data"]) == 60 and found, what="60 records")
        times = [datetime.datetime.fromisoformat(attempt["timestamp"]) for attempt in attempts]
        # 60 passes, spaced evenly: the last one cannot come before 59 gaps have passed.
        self.assertGreaterEqual((max(times) - min(times)).total_seconds(), 59 / 20 * 0.99)
        self.assertEqual(60, len(receiver.numbers()))
        attempts = api.call("GET", f"/app/{app}/msg?limit=1").json()["data"][0]["id"]
        listed = eventually(lambda: api.call("GET", f"/app/{app}/attempt/msg/{attempts}").json()["data"], what="the last attempt's record")
        self.assertEqual([0], [each["status"] for each in listed], "waiting burns no attempt")


class Isolation(NativeApiTest):
    def test_a_filter_decides_by_content(self):
        receiver = self.receiver()
        _, api = self.boot()
        app, _ = self.subscribe(api, receiver.url(), filter={"data.n": {"$gte": 5}})
        for n in range(10):
            self.assertEqual(202, self.send(api, app, n).status)
        receiver.wait_count(5)
        self.assertEqual({5, 6, 7, 8, 9}, set(receiver.numbers()))


if __name__ == "__main__":
    unittest.main()
