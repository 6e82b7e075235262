#!/usr/bin/env python3
"""The seller: is told of every order, and packs each one once. Python's standard library only."""

import argparse
import hashlib
import hmac
import json
import os
import pathlib
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "receivers"))
from receiver import Refused, key_of, verify  # noqa: E402  the verification that the receivers' example shows


def has_plain_signature(key, headers, body):
    """The older way, for sellers who check X-Signature already: 64 hexadecimal digits over the body alone."""
    expected = hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("X-Signature", "").encode("latin-1"), expected.encode())


class Seller(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    packed = set()  # by webhook-id; a real shop keeps it with its orders

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            message = verify(self.server.key, self.headers, body, time.time())
        except Refused as refused:
            return self.answer(401, says=str(refused))
        if not has_plain_signature(self.server.key, self.headers, body):
            return self.answer(401, says="X-Signature does not match")
        if self.server.closed_for > 0:
            self.server.closed_for -= 1
            return self.answer(503, says="we are closed")
        order = json.loads(body)
        says = "already packed" if message in self.packed else f"packed order {order['order_id']}"
        self.packed.add(message)
        return self.answer(200, says=says, event=self.headers["X-Event-Name"], order=order)

    def answer(self, status, **line):
        print(json.dumps({"status": status, **line}) + "\n", end="", flush=True)  # one write, whatever other threads print
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="A shop that is told of orders; WEBHOOK_SECRET is what they are signed with.")
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free one")
    parser.add_argument("--closed-for", type=int, default=0, help="answer so many deliveries with 503 first")
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Seller)
    server.key, server.closed_for = key_of(os.environ["WEBHOOK_SECRET"]), options.closed_for
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
