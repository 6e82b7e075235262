#!/usr/bin/env python3
"""A webhook receiver: verifies, then works, once. Python's standard library only.

    WEBHOOK_SECRET=whsec_... python3 receiver.py --port 9000

Copy verify(). It takes the bytes as they came: parsing and writing JSON again changes them, and with them the signature.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE = 5 * 60  # seconds, in both directions: an old request cannot be sent again, a clock may be a little wrong
REMEMBERED = 30 * 24 * 3600  # seconds; as long as the sender keeps what it might send again
BODY_MAX = 8 << 20  # bytes, the sender's own limit


class Refused(Exception):
    """The request is not from who has the secret, or not from now."""


def key_of(secret):
    """What signs: the base64 behind whsec_, or any other text as it is."""
    is_encoded = secret.startswith("whsec_")
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if is_encoded else secret.encode()
    if not key:
        raise ValueError("without a secret everyone could sign")
    return key


def verify(key, headers, body, now):
    """Returns the webhook-id of a genuine request (Standard Webhooks), raises Refused otherwise."""
    message, timestamp, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message or not signatures:
        raise Refused("not signed")
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise Refused("no timestamp")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise Refused("not from now")
    signed = f"{message}.{timestamp}.".encode("latin-1") + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # One entry per valid secret: two while the sender rotates them. compare_digest takes as long for a near miss.
    for entry in signatures.split(" "):
        version, _, signature = entry.partition(",")
        if version == "v1" and hmac.compare_digest(signature.encode("latin-1"), expected):
            return message
    raise Refused("signature does not match")


class Inbox:
    """Does the work of each webhook-id once: the id and what came of it are one transaction, so there is never one without
    the other. Here, keeping the payload is all the work; yours belongs in the same place."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.database = sqlite3.connect(path, check_same_thread=False)
        self.database.execute("CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, at INTEGER, payload TEXT)")
        self.database.execute("DELETE FROM received WHERE at < ?", (int(time.time()) - REMEMBERED,))
        self.database.commit()

    def take(self, message, payload, now):
        """False when it was here before."""
        row = (message, int(now), json.dumps(payload))
        with self.lock, self.database:  # commits, or rolls back when something is raised
            return self.database.execute("INSERT OR IGNORE INTO received VALUES (?, ?, ?)", row).rowcount == 1


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps the sender's connection open
    timeout = 60

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > BODY_MAX:
            self.close_connection = True  # where the next request would begin is not known
            return self.answer(411 if not length else 413, result="refused", reason="no usable length")
        body = self.rfile.read(int(length))
        now = time.time()
        try:
            message = verify(self.server.key, self.headers, body, now)
        except Refused as refused:
            return self.answer(401, result="refused", reason=str(refused))
        try:
            payload = json.loads(body)
        except ValueError:
            return self.answer(400, result="refused", reason="not JSON")
        try:
            is_new = self.server.inbox.take(message, payload, now)
        except sqlite3.Error as error:
            return self.answer(500, result="failed", reason=str(error))  # the sender comes again
        # A repeat is a success, too: the sender only has not heard of it.
        return self.answer(200, result="accepted" if is_new else "repeated", id=message, payload=payload)

    def answer(self, status, **line):
        print(json.dumps(line) + "\n", end="", flush=True)  # one write, whatever other threads print
        body = json.dumps({"result": line["result"]}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="Receives webhooks; WEBHOOK_SECRET is the endpoint's secret.")
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free one")
    parser.add_argument("--database", default=":memory:", help="where ids are remembered; by default until the end only")
    options = parser.parse_args()
    try:
        key = key_of(os.environ.get("WEBHOOK_SECRET", ""))
    except ValueError as error:
        sys.exit(f"WEBHOOK_SECRET: {error}")
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Receiver)
    server.key, server.inbox = key, Inbox(options.database)
    print(f"listening on http://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()
