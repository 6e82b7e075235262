"""Jobs and operational events in a whole server: what customers ask for in bulk, and what their owners hear of it."""

import datetime
import signal
import unittest

from harness import PATIENCE, Answer, eventually
from test_native_api import NativeApiTest


def hours_ago(hours):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)).isoformat()


class Jobs(NativeApiTest):
    def finished(self, api, reply):
        self.assertEqual(202, reply.status, reply.body)
        task = f"/background-task/{reply.json()['id']}"
        eventually(lambda: api.call("GET", task).json()["status"] != "running", what="the end of the job")
        return api.call("GET", task).json()

    def test_a_recovery_outlives_kill_9_and_loses_nothing(self):
        count, broken = 1500, [True]
        receiver = self.receiver(lambda delivery: Answer(503 if broken[0] else 200))
        server, api = self.boot("--retry-schedule", "[]")
        app, endpoint = self.subscribe(api, receiver.url())
        for n in range(count):
            self.assertEqual(202, self.send(api, app, n).status)
        receiver.wait_count(count)
        path = f"/app/{app}/endpoint/{endpoint}"
        eventually(lambda: api.call("GET", f"{path}/stats").json()["fail"] == count, what="every failure")
        broken[0] = False
        before = len(receiver.ledger)
        task = api.call("POST", f"{path}/recover", {"since": hours_ago(1)})
        eventually(lambda: len(receiver.ledger) > before + 100, what="the first recovered deliveries")
        server.kill()
        server.start()
        api = self.connect(server, api.token)
        done = self.finished(api, task)
        self.assertEqual("finished", done["status"], done)
        eventually(lambda: {each.json()["data"]["n"] for each in receiver.ledger[before:]} == set(range(count)),
                   timeout=120, what="the arrival of every recovered message")

    def test_a_stop_in_the_middle_ends_and_loses_nothing(self):
        """The job runs on one event loop and asks the other for half of the resends; neither may leave while it does."""
        endpoints, count, broken = 6, 250, [True]
        # Resends are answered when the server has begun to stop, so that there is a middle to stop in.
        receiver = self.receiver(lambda delivery: Answer(503) if broken[0] else Answer(held=True))
        server, api = self.boot("--retry-schedule", "[]", "--reactors", "2")
        app = api.make("/app", {"name": "stopped"})["id"]
        paths = [f"/app/{app}/endpoint/" + api.make(f"/app/{app}/endpoint", {"url": receiver.url(f"/{n}")})["id"]
                 for n in range(endpoints)]
        for n in range(count):
            self.send(api, app, n)
        receiver.wait_count(endpoints * count)
        eventually(lambda: all(api.call("GET", f"{path}/stats").json()["fail"] == count for path in paths), what="every failure")
        broken[0] = False
        before = len(receiver.ledger)
        self.assertEqual(204, api.call("POST", "/admin/redrive-dlq").status)
        eventually(lambda: len(receiver.ledger) > before + 10, what="the first resends")
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: "stopping: " in server.log(), what="the beginning of the stop")
        receiver.release()
        self.assertEqual(0, server.process.wait(PATIENCE), "the server did not stop")
        self.assertLess(len(receiver.ledger) - before, endpoints * count, "the job was over: this tested nothing")
        server.start()
        wanted = {(f"/{endpoint}", n) for endpoint in range(endpoints) for n in range(count)}
        eventually(lambda: {(each.target, each.json()["data"]["n"]) for each in receiver.ledger[before:]} == wanted,
                   timeout=120, what="the arrival of every message")

    def test_replays_send_what_is_missing_or_what_matches(self):
        early, late = self.receiver(), self.receiver()
        _, api = self.boot()
        app, first = self.subscribe(api, early.url())
        for n in range(30):
            self.send(api, app, n)
        early.wait_count(30)
        second = api.make(f"/app/{app}/endpoint", {"url": late.url(), "filter": {"data.n": {"$lt": 20}}})["id"]
        since = {"since": hours_ago(1)}
        done = self.finished(api, api.call("POST", f"/app/{app}/endpoint/{second}/replay-missing", since))
        self.assertEqual(({"messagesSent": 20}, "endpoint.replay"), (done["data"], done["task"]))
        late.wait_count(20)
        self.assertEqual(set(range(20)), set(late.numbers()))
        done = self.finished(api, api.call("POST", f"/app/{app}/endpoint/{second}/replay-missing", since))
        self.assertEqual({"messagesSent": 0}, done["data"])
        done = self.finished(api, api.call("POST", f"/app/{app}/endpoint/{first}/bulk-replay", {**since, "status": 0}))
        self.assertEqual({"messagesSent": 30}, done["data"])
        early.wait_count(60)
        tasks = api.call("GET", "/background-task").json()["data"]
        self.assertEqual(["endpoint.bulk-replay", "endpoint.replay", "endpoint.replay"], [each["task"] for each in tasks])

    def test_purged_and_counted(self):
        receiver = self.receiver()
        _, api = self.boot()
        app, _ = self.subscribe(api, receiver.url())
        made = [self.send(api, app, n).json()["id"] for n in range(5)]
        receiver.wait_count(5)
        done = self.finished(api, api.call("POST", "/stats/usage/app", {"since": hours_ago(1), "until": hours_ago(-1)}))
        self.assertEqual({"appStats": [{"appId": app, "appUid": None, "messageDestinations": 5}]}, done["data"])
        done = self.finished(api, api.call("PUT", "/stats/usage/event-types"))
        self.assertEqual({"event_types": [{"appId": app, "explicitlySubscribedEventTypes": [], "hasCatchAllEndpoint": True}]},
                         done["data"])
        done = self.finished(api, api.call("POST", f"/app/{app}/msg/expunge-all-contents"))
        self.assertEqual({"messagesPurged": 5}, done["data"])
        self.assertEqual({"expired": True}, api.call("GET", f"/app/{app}/msg/{made[2]}").json()["payload"])


class OperationalEvents(NativeApiTest):
    def test_owners_hear_of_endpoints_deliveries_and_jobs(self):
        broken = [True]
        receiver, owner = self.receiver(lambda delivery: Answer(503 if broken[0] else 200)), self.receiver()
        _, api = self.boot("--retry-schedule", "[0,0,0,0]", "--operational-webhooks", "true")
        api.make("/operational-webhook/endpoint", {"url": owner.url()})
        app, endpoint = self.subscribe(api, receiver.url())

        def heard(kind):
            return [each.json()["data"] for each in list(owner.ledger) if each.json()["type"] == kind]

        eventually(lambda: heard("endpoint.created"), what="endpoint.created")
        self.assertEqual({"appId": app, "appUid": None, "endpointId": endpoint, "endpointUid": None},
                         heard("endpoint.created")[0])
        message = self.send(api, app, 1, eventId="order-1").json()["id"]
        eventually(lambda: heard("message.attempt.exhausted"), timeout=120, what="message.attempt.exhausted")
        for kind in ("message.attempt.failing", "message.attempt.exhausted"):
            told = heard(kind)
            self.assertEqual([(app, message, "order-1", endpoint, 503)],
                             [(each["appId"], each["msgId"], each["msgEventId"], each["endpointId"],
                               each["lastAttempt"]["responseStatusCode"]) for each in told], kind)
        broken[0] = False
        task = api.call("POST", f"/app/{app}/endpoint/{endpoint}/recover", {"since": hours_ago(1)}).json()["id"]
        eventually(lambda: heard("background_task.finished"), what="background_task.finished")
        self.assertEqual({"data": {"messagesSent": 1}, "status": "finished", "task": "endpoint.recover", "taskId": task},
                         heard("background_task.finished")[0])
        api.call("DELETE", f"/app/{app}/endpoint/{endpoint}")
        eventually(lambda: heard("endpoint.deleted"), what="endpoint.deleted")


if __name__ == "__main__":
    unittest.main()
