"""GET /api/v1/live of a running server: every stream hears of everything, whichever event loop it is on; and SIGTERM ends them."""

import http.client
import json
import unittest

from harness import PATIENCE, IntegrationTest


class Stream:
    """A client of text/event-stream that reads events one by one."""

    def __init__(self, port, query=""):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._connection.request("GET", "/api/v1/live" + query)
        self._file = self._connection.getresponse()
        self.status = self._file.status

    def next(self):
        """The name and the data of the next event; None at the end."""
        name = None
        while line := self._file.readline():
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: "):
                return name, json.loads(line[6:])
        return None

    def attempts_of(self, wanted):
        """Reads until attempts of all these events were told of."""
        missing = set(wanted)
        while missing:
            name, data = self.next()
            if name == "attempt":
                missing.discard(data["msgId"])

    def close(self):
        self._file.close()
        self._connection.close()


class Live(IntegrationTest):
    def test_every_stream_hears_everything_and_ends_with_the_server(self):
        receiver = self.receiver()
        server = self.server(args=["--reactors", "2"]).start()
        api = self.api(server)
        # The kernel spreads connections over the event loops, endpoints are spread by their ids.
        subscriptions = [api.subscribe(receiver.url(f"/{i}"))["id"] for i in range(6)]
        streams = [Stream(server.port) for _ in range(8)]
        for stream in streams:
            self.addCleanup(stream.close)
            self.assertEqual(200, stream.status)
            self.assertEqual("hello", stream.next()[0])
        for subscription in subscriptions:
            self.assertEqual(202, api.ingest(subscription, {"event": "a"}).status)
        sent = [row["msgId"] for row in api.call("GET", "/api/v1/delivery").json()["data"]]
        self.assertEqual(6, len(set(sent)))
        for stream in streams:
            stream.attempts_of(sent)
        self.assertEqual(0, server.terminate(timeout=20))
        for stream in streams:
            while stream.next():
                pass

    def test_a_stream_that_was_left_makes_room(self):
        server = self.server().start()
        streams = [Stream(server.port) for _ in range(100)]
        self.assertEqual({200}, {stream.status for stream in streams})
        refused = Stream(server.port)
        self.assertEqual(503, refused.status)
        refused.close()
        for stream in streams:
            stream.close()
        while (again := Stream(server.port)).status == 503:
            again.close()
        self.assertEqual(200, again.status)
        again.close()


if __name__ == "__main__":
    unittest.main()
