"""What the integration tests share: the real server as a process, a scriptable receiver that keeps a ledger, a producer.

Only the Python standard library. The server's binary comes from POSTHASTE_BINARY (ctest sets it). Everything runs on
loopback, on ports that were free a moment ago, in temporary folders. Tests wait for conditions, with a deadline; they
never sleep for a guessed time.
"""

import asyncio
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from collections import Counter
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BINARY = os.environ.get("POSTHASTE_BINARY", os.path.join(ROOT, "build/release/posthaste"))
LOOPBACK = "127.0.0.0/8,::1/128"
# Seconds after which a wait is given up: what takes that long does not come any more, however busy the machine is.
PATIENCE = 120.0


def free_port(host="127.0.0.1"):
    """A port that nothing uses, below those that the kernel gives to connections: one that is being tried while a server
    is down, even to that server's own port, would keep it from starting again."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        end = int(file.read().split()[0])
    while True:
        port = random.randrange(max(1024, end - 20_000), end)
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            try:
                probe.bind((host, port))
                return port
            except OSError:
                continue


def eventually(condition, timeout=PATIENCE, what="the condition", every=0.02):
    """Waits until condition() is true and returns its value; fails with `what` after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {timeout} s")
        time.sleep(every)


@dataclass
class Reply:
    status: int
    body: bytes
    headers: dict

    def json(self):
        return json.loads(self.body)


class Api:
    """One keep-alive connection to the server; not thread-safe."""

    def __init__(self, port, timeout=PATIENCE):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)

    def call(self, method, path, body=None, headers=None):
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        sent = {"Content-Type": "application/json"} if data is not None else {}
        sent.update(headers or {})
        try:
            self.connection.request(method, path, data, sent)
            response = self.connection.getresponse()
            return Reply(response.status, response.read(), {k.lower(): v for k, v in response.getheaders()})
        except BaseException:
            self.connection.close()  # the next call connects anew
            raise

    def subscribe(self, url, **fields):
        reply = self.call("POST", "/subscriptions/", {"target_url": url, **fields})
        if reply.status != 200:
            raise AssertionError(f"subscription refused: {reply.status} {reply.body!r}")
        return reply.json()

    def ingest(self, subscription, event):
        return self.call("POST", f"/webhooks/ingest/{subscription}", event)

    def attempts(self, delivery):
        return self.call("GET", f"/status/delivery/{delivery}").json()

    def close(self):
        self.connection.close()


class Server:
    """`posthaste serve` as a child process. start(), kill() or terminate(), and start() again on the same data."""

    def __init__(self, folder, env=None, allow_net=LOOPBACK, args=(), database=None):
        self.folder, self.port = folder, free_port()
        self.database = database or f"sqlite:{folder}/data"
        self.env, self.allow_net, self.args = env or {}, allow_net, list(args)
        self.process = None
        self.log_path = os.path.join(folder, "server.log")

    def command(self):
        allow = ["--allow-net", self.allow_net] if self.allow_net else []
        return [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--database", self.database, "--auth", "open",
                *allow, *self.args]

    def spawn(self):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("POSTHASTE_", "WEBHOOK_", "DATABASE_"))}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env={**inherited, **self.env}, cwd=self.folder)

    def start(self, timeout=PATIENCE):
        self.spawn()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode} at start:\n{self.log()[-3000:]}")
            if self.is_healthy():
                return self
            time.sleep(0.005)
        raise AssertionError(f"the server did not become healthy within {timeout} s:\n{self.log()[-3000:]}")

    def is_healthy(self):
        try:
            api = Api(self.port, timeout=2.0)
            status = api.call("GET", "/health").status
            api.close()
            return status == 200
        except (OSError, http.client.HTTPException):
            return False

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.is_running():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def terminate(self, timeout=PATIENCE):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def api(self, **options):
        return Api(self.port, **options)


class RequiredServer(Server):
    """With `--auth required`."""

    def command(self):
        return ["required" if word == "open" else word for word in super().command()]

    def setup_token(self):
        return eventually(lambda: re.findall(r"setup_[\w-]{43}", self.log()), what="the set-up token")[-1]


@dataclass
class Delivery:
    """One request as the receiver saw it."""

    at: float
    method: str
    target: str
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    def is_signed_by(self, secret):
        expected = hmac.new(secret.encode(), self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(self.headers.get("x-webhook-signature", ""), expected)


@dataclass
class Answer:
    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b"ok"
    after: float = 0.0  # seconds
    held: bool = False  # until Receiver.release()


class Receiver:
    """An HTTP server on its own thread. `script` decides each answer; `ledger` keeps what came, in order.

    The script runs on the receiver's thread and must not block; Answer.after and Answer.held delay an answer without blocking
    others.
    """

    def __init__(self, script=None, host="127.0.0.1", port=0):
        self.script = script or (lambda delivery: Answer())
        self.host, self.port = host, port
        self.ledger = []
        self.held = []  # what answers what is held; None when nothing is any more
        self.connections, self.open = 0, set()  # ever, and now
        self.changed = threading.Condition()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait()

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(
            self.loop.create_server(lambda: ReceiverConnection(self), self.host, self.port, backlog=1024))
        self.port = self.server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()
        self.server.close()
        for connection in list(self.open):
            connection.transport.abort()
        self.loop.run_until_complete(asyncio.sleep(0))
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    def url(self, path="/hook"):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{path}"

    def record(self, delivery):
        with self.changed:
            self.ledger.append(delivery)
            self.changed.notify_all()

    def wait_for(self, condition, timeout=PATIENCE, what="what the receiver waits for"):
        """Waits until condition(ledger) is true; checked after each delivery."""
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self.ledger), timeout):
                raise AssertionError(f"{what} did not arrive within {timeout} s; {len(self.ledger)} requests came")

    def wait_count(self, count, timeout=PATIENCE):
        self.wait_for(lambda ledger: len(ledger) >= count, timeout, f"{count} requests")

    def numbers(self):
        """How often each event number (data.n) came."""
        with self.changed:
            return Counter(delivery.json()["data"]["n"] for delivery in self.ledger)

    def release(self):
        """Answers what is held; nothing is held any more."""
        def answer_all():
            answers, self.held = self.held or [], None
            for answer in answers:
                answer()
        self.loop.call_soon_threadsafe(answer_all)

    def close(self):
        """Idempotent. Connections end, the port is free again."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()


class ReceiverConnection(asyncio.Protocol):
    def __init__(self, receiver):
        self.receiver, self.buffer, self.queue = receiver, b"", None

    def connection_made(self, transport):
        self.transport = transport
        self.receiver.connections += 1
        self.receiver.open.add(self)

    def connection_lost(self, error):
        self.receiver.open.discard(self)

    def data_received(self, data):
        self.buffer += data
        while True:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            lines = head.decode("latin-1").split("\r\n")
            headers = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            try:
                method, target, _ = lines[0].split(" ", 2)
                length = int(headers.get("content-length", "0"))
            except ValueError:  # a corrupted request line or length
                self.transport.abort()
                return
            if len(rest) < length:
                return
            self.buffer = rest[length:]
            self._handle(Delivery(time.monotonic(), method, target, headers, rest[:length]))

    def _handle(self, delivery):
        answer = self.receiver.script(delivery)
        self.receiver.record(delivery)
        if answer is None:  # the script wants the connection cut
            self.transport.abort()
        elif answer.held and self.receiver.held is not None:
            self.receiver.held.append(lambda: self._answer(answer))
        elif answer.after:
            asyncio.get_running_loop().call_later(answer.after, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, answer):
        if self.transport.is_closing():
            return
        fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        self.transport.write(f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(answer.body)}\r\n{fields}\r\n".encode() + answer.body)


class Load:
    """Producers on threads, each on its own connection; `acked` maps the number of each accepted event to its delivery id.

    An event whose answer never came is neither acknowledged nor refused: the server may have accepted it.
    """

    def __init__(self, port, subscriptions, threads=4, padding=200):
        self.port, self.subscriptions, self.padding = port, subscriptions, "x" * padding
        self.acked, self.refused = {}, Counter()
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.sent = 0
        self.threads = [threading.Thread(target=self._produce, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def _produce(self):
        api = Api(self.port)
        while not self.stopping.is_set():
            with self.lock:
                n = self.sent
                self.sent += 1
            try:
                reply = api.ingest(self.subscriptions[n % len(self.subscriptions)],
                                   {"event": "load", "data": {"n": n, "padding": self.padding}})
            except (OSError, http.client.HTTPException):
                self.stopping.wait(0.01)  # the server is down: do not spin
                continue
            with self.lock:
                if reply.status == 202:
                    self.acked[n] = reply.json()["delivery_id"]
                else:
                    self.refused[reply.status] += 1
            if reply.status != 202:
                self.stopping.wait(0.01)
        api.close()

    def acked_count(self):
        with self.lock:
            return len(self.acked)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self


class IntegrationTest(unittest.TestCase):
    """Gives each test a folder and cleans up what it started."""

    def setUp(self):
        if not os.access(BINARY, os.X_OK):
            self.fail(f"{BINARY} is not there; build it first: ./dev build")
        self.folder = tempfile.mkdtemp(prefix="posthaste-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run(self, result=None):
        self.servers = []
        before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > before:
            for log in self.servers:
                print(f"-- end of the server's log\n{log}")

    def server(self, **options):
        server = Server(options.pop("folder", self.folder), **options)

        def clean():
            server.kill()
            self.servers.append(server.log()[-3000:])

        self.addCleanup(clean)
        return server

    def receiver(self, *args, **options):
        receiver = Receiver(*args, **options)
        self.addCleanup(receiver.close)
        return receiver

    def api(self, server):
        api = server.api()
        self.addCleanup(api.close)
        return api

    def assert_all_arrived(self, load, receiver, timeout=PATIENCE):
        """Every acknowledged event reached the receiver at least once; returns how many came more than once."""
        wanted = set(load.acked)
        # Counting the whole ledger after each arrival would take quadratic time.
        eventually(lambda: len(receiver.ledger) >= len(wanted) and not wanted - set(receiver.numbers()), timeout,
                   f"the arrival of all {len(wanted)} acknowledged events", every=0.2)
        return sum(count - 1 for count in receiver.numbers().values())


def mount_tmpfs(test, size, options=""):
    """A file system of its own below the test's folder; skips the test where mounting is not permitted."""
    path = os.path.join(test.folder, "mount")
    os.makedirs(path, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}{options}", "tmpfs", path], capture_output=True, text=True)
    if done.returncode != 0:
        test.skipTest(f"needs the right to mount a tmpfs: {done.stderr.strip()}")
    test.addCleanup(subprocess.run, ["umount", "-l", path], check=False)
    return path
