#!/usr/bin/env python3
"""The native API without an SDK: it is JSON over HTTP, so urllib will do. Also shows a filter, which SDKs do not know of."""

import json
import os
import pathlib
import queue
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "receivers"))
from receiver import key_of, verify  # noqa: E402


def call(method, path, body=None, **headers):
    """One request; raises urllib.error.HTTPError, whose body says in `detail` what was wrong."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        f"{os.environ['POSTHASTE_URL']}/api/v1{path}", None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {os.environ['POSTHASTE_TOKEN']}", "Content-Type": "application/json", **headers}, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        text = response.read()
    return json.loads(text) if text else None


class Receiver(BaseHTTPRequestHandler):
    """The customer's, which would be another program."""

    secret, deliveries = None, queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = verify(key_of(self.secret), self.headers, body, time.time())  # raises when it is not genuine
        self.send_response(204)
        self.end_headers()
        self.deliveries.put((message, json.loads(body)))

    def log_message(self, *_):
        pass


def attempts_of(app, message):
    """Waits for the first; the receiver knows of a delivery a moment before its attempt is recorded."""
    late = time.monotonic() + 20
    while time.monotonic() < late:
        if data := call("GET", f"/app/{app}/attempt/msg/{message}")["data"]:
            return data
        time.sleep(0.05)
    raise TimeoutError("no attempt within 20 s")


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    # Names of your own (uid) are good wherever an id is.
    call("POST", "/app?get_if_exists=true", {"name": "Example Ltd.", "uid": "another"})
    endpoint = call("POST", "/app/another/endpoint", {"url": f"http://127.0.0.1:{server.server_port}/webhook",
                                                      "filter": {"amount": {"$gte": 100}}})
    Receiver.secret = call("GET", f"/app/another/endpoint/{endpoint['id']}/secret")["key"]
    print(f"endpoint of another: {json.dumps(endpoint['filter'])}")

    def send(invoice, amount):
        message = {"eventType": "invoice.paid", "payload": {"invoice": invoice, "amount": amount}}
        return call("POST", "/app/another/msg", message, Idempotency_Key=f"paid-{invoice}")["id"]

    # A request whose answer got lost is sent again under the same key, and is not a second message.
    invoice = f"B-{time.time_ns()}"
    send(f"{invoice}-discount", 99)
    sent, again = send(invoice, 120.5), send(invoice, 120.5)
    print(f"sent twice with one key: {'one message' if sent == again else 'two messages'}")

    message, payload = Receiver.deliveries.get(timeout=20)
    print(f"received and verified: {json.dumps(payload)}")
    print(f"webhook-id is the message's id: {message == sent}")

    attempt = attempts_of("another", sent)[0]
    print(f"attempt: {attempt['statusText']} {attempt['responseStatusCode']}")

    call("DELETE", f"/app/another/endpoint/{endpoint['id']}")
    server.shutdown()


if __name__ == "__main__":
    main()
