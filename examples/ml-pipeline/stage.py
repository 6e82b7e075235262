"""What the four services have in common: a webhook comes in, work is done, the next event goes out.

The answer is 2xx only after the next event is accepted. Whatever fails before that, posthaste comes again; and because the
next event is published under a key made from the one received, coming again publishes nothing twice.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "receivers"))
from receiver import Refused, key_of, verify  # noqa: E402  the verification that the receivers' example shows


def publish(event_type, payload, key):
    """Hands an event to posthaste; once per key, however often it is called."""
    request = urllib.request.Request(
        f"{os.environ['POSTHASTE_URL']}/api/v1/app/{os.environ['POSTHASTE_APP']}/msg",
        json.dumps({"eventType": event_type, "payload": payload}).encode(),
        {"Authorization": f"Bearer {os.environ['POSTHASTE_TOKEN']}", "Content-Type": "application/json", "Idempotency-Key": key})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)["id"]


class Stage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            message = verify(self.server.key, self.headers, body, time.time())
        except Refused as refused:
            return self.answer(401, f"refused: {refused}")
        if self.server.failures > 0:
            self.server.failures -= 1
            return self.answer(503, f"{message}: not now, my disk is away")
        try:
            result = self.server.work(json.loads(body))
            published = publish(self.server.publishes, result, f"{self.server.publishes} after {message}")
        except urllib.error.URLError as error:
            return self.answer(503, f"{message}: the next event was not accepted: {error}")
        return self.answer(200, f"{message}: done, published {self.server.publishes} as {published}")

    def answer(self, status, text):
        print(f"{status} {text}\n", end="", flush=True)  # one write, whatever other threads print
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def serve(work, publishes):
    """Runs `work` on the payload of each delivery and publishes what it returns."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--failures", type=int, default=0, help="answer so many deliveries with 503 first")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Stage)
    server.key, server.failures = key_of(os.environ["WEBHOOK_SECRET"]), options.failures
    server.work, server.publishes = work, publishes
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()
