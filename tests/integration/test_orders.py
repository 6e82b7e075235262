"""The orders API from its .env file to the seller: the walk-through of the service it replaces, retries, restarts, the log."""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import threading
import unittest

from harness import BINARY, ROOT, Answer, IntegrationTest, Server, eventually, free_port

ORDER = b'{"order_id": 123, "user_id": 7, "amount": 49.9}'
RECEIVED = {"message": "Order received", "order": {"order_id": 123, "user_id": 7, "amount": 49.9}}


class FromEnvFile(Server):
    """Started as its users do, with nothing but the file."""

    def command(self):
        return [BINARY, "serve", "--env-file", ".env", "--listen", f"127.0.0.1:{self.port}"]


def attempt_lines(server):
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == "order_creation"]


class Orders(IntegrationTest):
    def order_server(self, receiver_url, **env):
        return self.server(env={"WEBHOOK_TARGET_URL": receiver_url, "WEBHOOK_SECRET": "supersecret123", **env})

    def order(self, client, body=ORDER):
        reply = client.call("POST", "/order", body)
        self.assertEqual((200, RECEIVED), (reply.status, reply.json()))

    def assert_is_the_order(self, delivery):
        self.assertEqual(ORDER, delivery.body)
        self.assertEqual("order_creation", delivery.headers["x-event-name"])
        self.assertEqual("application/json", delivery.headers["content-type"])
        expected = hmac.new(b"supersecret123", ORDER, hashlib.sha256).hexdigest()
        self.assertEqual(expected, delivery.headers["x-signature"])

    def test_S0_01_S0_02_S0_06_S0_07_the_walk_through_with_either_sample(self):
        for sample in [".env.sample", ".env.example"]:
            with self.subTest(sample):
                receiver = self.receiver()
                folder = os.path.join(self.folder, sample)
                os.mkdir(folder)
                # 1. cp .env.sample .env
                shutil.copy(os.path.join(ROOT, sample), os.path.join(folder, ".env"))
                # 3. "set the token of WEBHOOK_TARGET_URL in .env"
                with open(os.path.join(folder, ".env"), encoding="utf-8") as file:
                    lines = file.read().splitlines()
                at = next(i for i, line in enumerate(lines) if line.startswith("WEBHOOK_TARGET_URL="))
                lines[at] = "WEBHOOK_TARGET_URL=" + receiver.url("/token")
                with open(os.path.join(folder, ".env"), "w", encoding="utf-8") as file:
                    file.write("\n".join(lines))
                # 2. start it
                server = FromEnvFile(folder)
                self.addCleanup(server.kill)
                server.start()
                # 4. its curl command, as it is written there but for the port
                command = ('curl -X POST "http://localhost:8000/order" -H "Content-Type: application/json" '
                           """-d '{"order_id": 123, "user_id": 7, "amount": 49.9}'""")
                command = command.replace("localhost:8000", f"127.0.0.1:{server.port}")
                done = subprocess.run(["bash", "-c", command + " --silent --show-error"], capture_output=True, text=True, timeout=120, check=True)
                self.assertEqual(RECEIVED, json.loads(done.stdout))
                # 5. the receiver sees the request, the log the attempt
                receiver.wait_count(1)
                self.assertEqual("/token", receiver.ledger[0].target)
                self.assert_is_the_order(receiver.ledger[0])
                eventually(lambda: attempt_lines(server), what="a line of the attempt in the log")
                server.terminate()

    def test_S0_07_a_broken_env_file_stops_the_start_with_a_sentence(self):
        for text, said in [("AUTH\n", ".env:1: a line is NAME=VALUE"), ("POSTHASTE_AUTH=maybe\n", "'maybe' is not 'open' or 'required'")]:
            with open(os.path.join(self.folder, ".env"), "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([BINARY, "serve", "--env-file", ".env"], capture_output=True, text=True, timeout=120, check=False, cwd=self.folder)
            self.assertEqual(2, done.returncode)
            self.assertIn(said, done.stderr)

    def test_S0_01_the_content_type_of_curl_alone_is_refused(self):
        client = self.api(self.server().start())
        form = client.call("POST", "/order", ORDER, {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(422, form.status)
        self.assertEqual([{"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}], form.json()["detail"])
        other = client.call("GET", "/order")
        self.assertEqual((405, {"detail": "Method Not Allowed"}), (other.status, other.json()))
        self.assertIn("POST", other.headers["allow"])

    def test_S0_03_the_answer_comes_while_the_target_is_still_silent(self):
        receiver = self.receiver(lambda delivery: Answer(after=3600))
        client = self.api(self.order_server(receiver.url()).start())
        self.order(client)
        receiver.wait_count(1)

    def test_S0_04_an_order_outlives_a_crash(self):
        port = free_port()
        server = self.order_server(f"http://127.0.0.1:{port}/orders").start()
        client = self.api(server)
        self.order(client)
        server.kill()
        receiver = self.receiver(port=port)
        server.start()
        receiver.wait_count(1)
        self.assert_is_the_order(receiver.ledger[0])

    def test_S0_06_S0_25_S0_26_S0_29_a_log_line_for_every_attempt(self):
        answers = iter([500, 302, 200])
        receiver = self.receiver(lambda delivery: Answer(next(answers)))
        server = self.order_server(receiver.url()).start()
        self.order(self.api(server))
        receiver.wait_count(3)
        lines = eventually(lambda: len(attempt_lines(server)) >= 3 and attempt_lines(server), what="three lines in the log")
        self.assertEqual(["failed", "failed", "success"], [line["status"] for line in lines])
        self.assertEqual([500, 302, 200], [line["status_code"] for line in lines])
        for line in lines:
            self.assertEqual("order_creation", line["event"])
            self.assertGreaterEqual(line["delivery_time_ms"], 0)
        waited = [b.at - a.at for a, b in zip(receiver.ledger, receiver.ledger[1:])]
        self.assertGreaterEqual(waited[0], 0.5 - 0.05)
        self.assertGreaterEqual(waited[1], 1.0 - 0.05)

    def test_S0_01_without_a_target_orders_are_for_subscribers_and_the_log_says_so(self):
        receiver = self.receiver()
        server = self.server().start()
        client = self.api(server)
        eventually(lambda: "orders go to subscribed endpoints only" in server.log(), what="that sentence in the log")
        self.order(client)
        client.subscribe(receiver.url(), event_types=["order_creation"])
        self.order(client)
        receiver.wait_count(1)
        self.assertEqual(ORDER, receiver.ledger[0].body)

    def test_S0_20_the_target_is_one_endpoint_across_restarts(self):
        first, second = self.receiver(), self.receiver()
        server = self.order_server(first.url()).start()
        self.order(self.api(server))
        first.wait_count(1)
        server.terminate()
        server.env["WEBHOOK_TARGET_URL"] = second.url()
        server.start()
        self.order(self.api(server))
        second.wait_count(1)
        token = subprocess.run([BINARY, "token", "--database", server.database], capture_output=True, text=True, timeout=120, check=True)
        authorization = {"Authorization": "Bearer " + token.stdout.split()[-1]}
        client = self.api(server)
        apps = client.call("GET", "/api/v1/app", headers=authorization).json()["data"]
        endpoints = client.call("GET", f"/api/v1/app/{apps[0]['id']}/endpoint", headers=authorization).json()["data"]
        self.assertEqual([("orders-target", second.url())], [(each["uid"], each["url"]) for each in endpoints])
        history = client.call("GET", f"/api/v1/app/{apps[0]['id']}/endpoint/orders-target/msg", headers=authorization).json()["data"]
        self.assertEqual(2, len(history), "both orders are in its history")

    def test_S0_10_any_action_may_emit(self):
        receiver = self.receiver()
        client = self.api(self.server().start())
        subscription = client.subscribe(receiver.url())["id"]
        events = [{"event": event, "data": {"n": n}}
                  for n, event in enumerate(("payment.succeeded", "task.completed", "comment.posted", "order_placed"))]
        for event in events:
            self.assertEqual(202, client.ingest(subscription, event).status)
        receiver.wait_count(len(events))
        self.assertEqual(events, sorted((delivery.json() for delivery in receiver.ledger), key=lambda event: event["data"]["n"]))

    def test_S0_14_a_silent_target_does_not_hold_up_orders(self):
        receiver = self.receiver(lambda delivery: Answer(after=3600))
        server = self.order_server(receiver.url()).start()

        accepted = []

        def produce():
            client = server.api()
            for _ in range(50):
                accepted.append(client.call("POST", "/order", ORDER).status)
            client.close()

        threads = [threading.Thread(target=produce) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([200] * 200, accepted)


if __name__ == "__main__":
    unittest.main()
