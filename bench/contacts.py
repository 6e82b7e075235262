#!/usr/bin/env python3
"""Long mailing lists: fills one user's list over the API and measures what its pages and searches take.

    ./dev build
    python3 bench/contacts.py --count 100000

Prints, for each query, the median and the longest of its times as a client sees them and the server's mean processor time, in ms.
"""

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
from harness import Api, Server  # noqa: E402

USER = {"email": "ada@example.com", "password": "password"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def sign_up(api):
    user = api.call("POST", "/api/v1/users/", USER).json()["id"]
    token = api.call("POST", "/api/v1/login/access-token", f"username={USER['email']}&password=password".encode(), FORM)
    return user, {"Authorization": f"Bearer {token.json()['access_token']}"}


def contact(user, number):
    status = ("active", "active", "active", "unsubscribed", "bounced")[number % 5]
    return {"email": f"subscriber{number}@host{number % 100}.example", "first_name": "First", "last_name": f"Last{number}",
            "tags": ["newsletter"], "custom_fields": {"plan": "free"}, "status": status, "user_id": user}


def fill(port, user, count, producers):
    def produce(first):
        api = Api(port, timeout=60)
        for number in range(first, count, producers):
            reply = api.call("POST", "/api/v1/subscribers", contact(user, number))
            if reply.status != 201:
                raise SystemExit(f"not created: {reply.status} {reply.body!r}")
        api.close()

    threads = [threading.Thread(target=produce, args=(first,)) for first in range(producers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def processor_ms(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


def measure(server, api, headers, query, rounds):
    times, used = [], processor_ms(server.process)
    for _ in range(rounds):
        begun = time.perf_counter()
        reply = api.call("GET", "/api/v1/subscribers?" + query, headers=headers)
        times.append((time.perf_counter() - begun) * 1000)
        if reply.status != 200:
            raise SystemExit(f"{query}: {reply.status} {reply.body!r}")
    used = (processor_ms(server.process) - used) / rounds
    answer = reply.json()
    print(f"{query:42} {statistics.median(times):8.2f} {max(times):8.2f} {used:8.2f} {len(answer['items']):6} {answer['total']:8}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000, help="contacts on the list")
    parser.add_argument("--rounds", type=int, default=100, help="requests of each query")
    parser.add_argument("--producers", type=int, default=16, help="connections that fill the list")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, args=["--log-level", "warning"]).start()
        try:
            api = Api(server.port, timeout=60)
            user, headers = sign_up(api)
            begun, used = time.perf_counter(), processor_ms(server.process)
            fill(server.port, user, options.count, options.producers)
            seconds, used = time.perf_counter() - begun, processor_ms(server.process) - used
            print(f"{options.count} contacts made in {seconds:.1f} s, {used / options.count:.3f} ms of processor time each")
            print(f"{'query':42} {'median':>8} {'longest':>8} {'CPU':>8} {'items':>6} {'total':>8}")
            last = max(options.count // 50, 1)
            api.close()  # it was idle for longer than the server waits
            for query in ("", f"page={last // 2}", f"page={last}", "per_page=100", "status=bounced",
                          f"status=bounced&page={max(last // 5, 1)}", "search=subscriber777", "search=host42.",
                          "search=nobody", "status=active&search=LAST.example", "search=example"):
                measure(server, api, headers, query, options.rounds)
            api.close()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
