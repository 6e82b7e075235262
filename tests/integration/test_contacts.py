"""The contacts API as a process: the steps of its document, its log lines, and contacts whose events survive kill -9."""

import json
import os
import re
import subprocess
import threading
import unittest
from collections import defaultdict

from harness import BINARY, ROOT, Api, IntegrationTest, eventually

CRASHES = int(os.environ.get("POSTHASTE_CONTACT_CRASHES", "15"))
PRODUCERS = 4
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def document_commands():
    with open(os.path.join(ROOT, "docs", "api-contacts.md"), encoding="utf-8") as file:
        text = file.read()
    return [block for block in re.findall(r"```sh\n(.*?)```", text, re.S) if block.startswith("curl")]


class Contacts(IntegrationTest):
    def sign_up(self, api, email="user@example.com"):
        """A user's id and the headers of a request they send."""
        user = api.call("POST", "/api/v1/users/", {"email": email, "password": "password"}).json()["id"]
        token = api.call("POST", "/api/v1/login/access-token", f"username={email}&password=password".encode(), FORM).json()
        return user, {"Authorization": f"Bearer {token['access_token']}"}

    def curl(self, command, **values):
        for name, value in values.items():
            command = command.replace("{" + name + "}", value)
        command = command.replace("localhost:8000", f"127.0.0.1:{self.running.port}")
        command = command.rstrip() + ' --silent --show-error --write-out "\\n%{http_code}"'
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    def test_S3_01_to_S3_10_the_five_steps_and_their_log_lines(self):
        create_user, sign_in, create_webhook, list_users, create_contact = document_commands()
        receiver = self.receiver()
        self.running = self.server(args=["--log-format", "text", "--access-log", "true"]).start()

        status, user = self.curl(create_user)
        self.assertEqual((200, "user@example.com", True, False), (status, user["email"], user["is_active"], user["is_superuser"]))
        status, token = self.curl(sign_in)
        self.assertEqual((200, "bearer"), (status, token["token_type"]))
        here = create_webhook.replace("https://jsonplaceholder.typicode.com/posts", receiver.url("/posts"))
        status, webhook = self.curl(here, access_token=token["access_token"])
        self.assertEqual((201, ["subscriber.created"], True), (status, webhook["events"], webhook["is_active"]))
        status, users = self.curl(list_users)
        self.assertEqual((200, 1, user), (status, users["count"], users["data"][0]))
        status, contact = self.curl(create_contact, user_id=user["id"])
        self.assertEqual((201, user["id"], "manual", None), (status, contact["user_id"], contact["source"], contact["updated_at"]))

        receiver.wait_count(1)
        delivery = receiver.ledger[0]
        self.assertEqual(("Whookfirm-Webhooks/1.0", "application/json"),
                         (delivery.headers["user-agent"], delivery.headers["content-type"]))
        envelope = delivery.json()
        self.assertEqual(["event_id", "event_type", "timestamp", "data"], list(envelope))
        self.assertEqual(json.dumps(envelope).encode(), delivery.body, "the form is json.dumps's")
        self.assertEqual({name: contact[name] for name in ("id", "email", "first_name", "last_name", "status", "created_at")},
                         envelope["data"]["subscriber"])

        task = rf"Task process_webhook_event_high_priority\[{UUID}\] "
        lines = [
            rf"\[info     \] Webhook event published        event_id={envelope['event_id']} "
            rf"event_type=subscriber.created subscriber_count=1 user_id={user['id']}\n",
            r'127\.0\.0\.1:\d+ - "POST /api/v1/subscribers HTTP/1\.1" 201 Created',
            task + "received",
            rf'HTTP Request: POST {re.escape(receiver.url("/posts"))} "HTTP/1\.1 200 OK"',
            rf"Webhook delivered successfully .*status_code=200 .*webhook_id={webhook['id']}\n",
            task + r"succeeded in \d+\.\d+s",
        ]
        for line in lines:
            eventually(lambda line=line: re.search(line, self.running.log()), what=f"a log line with {line}")

    def test_S3_14_S3_15_S3_23_the_load_generator(self):
        receiver = self.receiver()
        server = self.server(args=["--log-level", "warning", "--reactors", "2"]).start()
        api = self.api(server)
        user, headers = self.sign_up(api)
        api.call("POST", "/api/v1/webhooks", {"url": receiver.url(), "events": ["subscriber.created"]}, headers)
        done = subprocess.run([BINARY, "bench", "subscribers", "--count", "200", "--user", user, "--server",
                               f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        figures = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual((200, 200, 2), (figures["count"], figures["created"], len(figures["event_loops"])))
        self.assertGreaterEqual(sum(loop["requests"] for loop in figures["event_loops"]), 200)
        receiver.wait_count(200)
        one = receiver.ledger[0].json()["data"]["subscriber"]
        prefix = one["email"].removesuffix("@example.com")
        self.assertRegex(prefix, r"^[0-9a-f]{8}$")
        self.assertEqual(("User" + prefix, "Name"), (one["first_name"], one["last_name"]))
        refused = subprocess.run([BINARY, "bench", "subscribers", "--count", "2", "--user", "0" * 32, "--server",
                                  f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(1, refused.returncode)
        self.assertIn("404", refused.stderr)

    def test_S3_37_no_contact_without_its_event(self):
        receiver = self.receiver()
        server = self.server(args=["--log-level", "warning"]).start()
        api = server.api()
        user, headers = self.sign_up(api)
        self.assertEqual(201, api.call("POST", "/api/v1/webhooks", {"url": receiver.url(), "events": ["subscriber.created"]},
                                       headers).status)
        api.close()
        created, lock, stopping = set(), threading.Lock(), threading.Event()

        def produce(number):
            producer, n = Api(server.port), 0
            while not stopping.is_set():
                email, n = f"p{number}n{n}@example.com", n + 1
                try:
                    reply = producer.call("POST", "/api/v1/subscribers", {"email": email, "user_id": user})
                except Exception:  # the server is down
                    stopping.wait(0.01)
                    continue
                if reply.status == 201:
                    with lock:
                        created.add(email)
            producer.close()

        producers = [threading.Thread(target=produce, args=(number,), daemon=True) for number in range(PRODUCERS)]
        for producer in producers:
            producer.start()
        for _ in range(CRASHES):
            before = len(created)
            eventually(lambda before=before: len(created) >= before + 10, what="ten more contacts", every=0.003)
            server.kill()
            server.start()
        stopping.set()
        for producer in producers:
            producer.join()

        fresh, stored, page = self.api(server), set(), 1
        while True:
            reply = fresh.call("GET", f"/api/v1/subscribers?page={page}&per_page=100", headers=headers).json()
            stored |= {item["email"] for item in reply["items"]}
            if not reply["has_next"]:
                break
            page += 1
        self.assertLessEqual(created, stored, "what was answered 201 is stored")

        def told():
            events = defaultdict(set)
            for delivery in list(receiver.ledger):
                envelope = delivery.json()
                events[envelope["data"]["subscriber"]["email"]].add(envelope["event_id"])
            return events

        eventually(lambda: stored <= told().keys(), 60, f"an event of each of {len(stored)} contacts", every=0.2)
        events = told()
        self.assertEqual(stored, set(events), "no event without its contact")
        self.assertEqual([], [email for email, ids in events.items() if len(ids) != 1], "one event, however often it arrived")
        print(f"crashes {CRASHES}, answered 201 {len(created)}, stored {len(stored)}, deliveries {len(receiver.ledger)}")


if __name__ == "__main__":
    unittest.main()
