"""The receivers of examples/receivers against everything that should not get past them."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
import time
import unittest

from harness import PATIENCE, ROOT, IntegrationTest, eventually

FOLDER = os.path.join(ROOT, "examples/receivers")
KEY = bytes(range(32))
SECRETS = {"whsec_" + base64.b64encode(KEY).decode(): KEY, "my_secret_key": b"my_secret_key"}
BODY = '{"event": "user.created", "data": {"name": "Jöhn"}}'.encode()


def signed(key, message="msg_1", age=0, body=BODY):
    """The headers of a genuine delivery."""
    timestamp = str(int(time.time()) - age)
    mac = hmac.new(key, message.encode("latin-1") + f".{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": message, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}


def with_signature(change):
    """A case whose signature header is changed by the function."""
    def headers(key):
        genuine = signed(key, "msg_signature")
        return {**genuine, "webhook-signature": change(genuine["webhook-signature"])}
    return headers


def without(name):
    return lambda key: {header: value for header, value in signed(key).items() if header != name}


def claiming(**changes):
    """Signed, then changed."""
    return lambda key: {**signed(key), **{f"webhook-{name}": value for name, value in changes.items()}}


UNMATCHED = "signature does not match"
REFUSED = [
    ("no signature", without("webhook-signature"), "not signed"),
    ("no id", without("webhook-id"), "not signed"),
    ("no timestamp", without("webhook-timestamp"), "no timestamp"),
    ("another id", claiming(id="msg_2"), UNMATCHED),
    ("another time", claiming(timestamp=str(int(time.time()) + 30)), UNMATCHED),
    ("a time in words", claiming(timestamp="now"), "no timestamp"),
    ("a negative time", claiming(timestamp=f"-{int(time.time())}"), "no timestamp"),
    ("a broken time", claiming(timestamp=f"{time.time()}"), "no timestamp"),
    ("an endless time", claiming(timestamp="9" * 400), "no timestamp"),
    ("too old", lambda key: signed(key, age=310), "not from now"),
    ("from the future", lambda key: signed(key, age=-310), "not from now"),
    ("another secret", lambda key: signed(b"guessed"), UNMATCHED),
    ("an empty secret", lambda key: signed(b""), UNMATCHED),
    ("another version", with_signature(lambda text: text.replace("v1,", "v2,")), UNMATCHED),
    ("no version", with_signature(lambda text: text.removeprefix("v1,")), UNMATCHED),
    ("nothing behind the version", with_signature(lambda text: "v1,"), UNMATCHED),
    ("only the version", with_signature(lambda text: "v1"), UNMATCHED),
    ("a signature cut short", with_signature(lambda text: text[:-1]), UNMATCHED),
    ("a longer signature", with_signature(lambda text: text + "="), UNMATCHED),
    ("another letter", with_signature(lambda text: text[:10] + ("A" if text[10] != "A" else "B") + text[11:]), UNMATCHED),
    ("a signature with an umlaut", with_signature(lambda text: text + "ü"), UNMATCHED),
]
ACCEPTED = [
    ("genuine", lambda key: signed(key, "msg_genuine")),
    ("nearly too old", lambda key: signed(key, "msg_old", age=290)),
    ("a clock that is ahead", lambda key: signed(key, "msg_new", age=-290)),
    ("rotated, the new one first", with_signature(lambda text: f"v1,{base64.b64encode(b'x' * 32).decode()} {text}")),
    ("other versions beside", lambda key: {**signed(key, "msg_beside"),
                                           "webhook-signature": "v1a,abc v2,def " + signed(key, "msg_beside")["webhook-signature"]}),
    ("an id with an umlaut", lambda key: signed(key, "msg_ü")),
]


class ReceiverTest(IntegrationTest):
    command = None

    def start(self, secret, *args):
        """Returns the process; self.port is where it listens."""
        log = open(os.path.join(self.folder, f"receiver-{len(os.listdir(self.folder))}.log"), "w+b")
        self.addCleanup(log.close)
        process = subprocess.Popen([*self.command, "--port", "0", *args], stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
                                   env={**os.environ, "WEBHOOK_SECRET": secret})

        def end():
            process.kill()
            process.wait()

        def text():
            with open(log.name, encoding="utf-8") as file:
                return file.read()

        self.addCleanup(end)
        eventually(lambda: "listening on" in text() or process.poll() is not None, what="the start of the receiver")
        self.assertIsNone(process.poll(), text())
        self.port = int(text().split("127.0.0.1:")[1].split()[0])
        self.lines = lambda: [json.loads(line) for line in text().splitlines() if line.startswith("{")]
        return process

    def send(self, headers, body=BODY, method="POST"):
        """The status, and what the receiver wrote about it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        before = len(self.lines())
        try:
            connection.request(method, "/webhook", body, headers)
        except OSError:
            pass  # answered before it had read everything
        try:
            response = connection.getresponse()
            response.read()
        finally:
            connection.close()
        return response.status, self.lines()[before:]


class Cases:
    """Those that each receiver has to pass."""

    def test_forgeries_are_refused(self):
        for secret, key in SECRETS.items():
            self.start(secret)
            for name, headers, reason in REFUSED:
                with self.subTest(name, secret=secret):
                    self.assertEqual((401, [{"result": "refused", "reason": reason}]), self.send(headers(key)))
            with self.subTest("a body with one more space", secret=secret):
                self.assertEqual(401, self.send(signed(key), BODY + b" ")[0])

    def test_genuine_ones_are_accepted(self):
        for secret, key in SECRETS.items():
            self.start(secret)
            for name, headers in ACCEPTED:
                with self.subTest(name, secret=secret):
                    given = headers(key)
                    status, lines = self.send(given)
                    self.assertEqual((200, ["accepted"]), (status, [line["result"] for line in lines]))
                    self.assertEqual((given["webhook-id"], json.loads(BODY)), (lines[0]["id"], lines[0]["payload"]))

    def test_a_repeat_is_answered_well_and_done_once(self):
        self.start("my_secret_key")
        results = [self.send(signed(b"my_secret_key", message))[1][0]["result"] for message in ("msg_1", "msg_2", "msg_1", "msg_1")]
        self.assertEqual(["accepted", "accepted", "repeated", "repeated"], results)

    def test_sizes_and_methods(self):
        self.start("my_secret_key")
        large = json.dumps({"data": "ü" * 1_000_000}, ensure_ascii=False).encode()
        self.assertEqual(200, self.send(signed(b"my_secret_key", body=large), large)[0])
        too_large = b"x" * ((8 << 20) + 1)
        self.assertEqual(413, self.send(signed(b"my_secret_key", body=too_large), too_large)[0])
        self.assertEqual(400, self.send(signed(b"my_secret_key", body=b"no JSON"), b"no JSON")[0])
        self.assertGreaterEqual(self.send({}, None, "GET")[0], 400)

    def test_there_must_be_a_secret(self):
        for secret, said in [("", "without a secret everyone could sign"), ("whsec_", "WEBHOOK_SECRET: "), ("whsec_$", "WEBHOOK_SECRET: ")]:
            with self.subTest(secret):
                done = subprocess.run([*self.command, "--port", "0"], env={**os.environ, "WEBHOOK_SECRET": secret}, capture_output=True,
                                      text=True, timeout=120, check=False)
                self.assertEqual(1, done.returncode)
                self.assertIn(said, done.stderr)


class Python(Cases, ReceiverTest):
    command = ["python3", "-B", os.path.join(FOLDER, "receiver.py")]

    def test_ids_are_remembered_across_restarts(self):
        for expected in ("accepted", "repeated"):
            process = self.start("my_secret_key", "--database", "received.db")
            self.assertEqual(expected, self.send(signed(b"my_secret_key"))[1][0]["result"])
            process.kill()
            process.wait()


class Node(Cases, ReceiverTest):
    command = ["node", os.path.join(FOLDER, "receiver.mjs")]


class Shell(IntegrationTest):
    def verify(self, text, secret="my_secret_key", **environment):
        done = subprocess.run([os.path.join(FOLDER, "verify.sh"), "-"], input=text, capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, "WEBHOOK_SECRET": secret, **environment})
        return done.returncode, done.stdout

    def saved(self, headers, body=BODY):
        return json.dumps({"headers": headers, "body": body.decode()})

    def test_verify(self):
        for secret, key in SECRETS.items():
            good = [headers(key) for name, headers in ACCEPTED if "umlaut" not in name]  # what listen saves is UTF-8
            bad = [headers(key) for _, headers, _ in REFUSED]
            with self.subTest(secret):
                status, printed = self.verify("\n".join(map(self.saved, good)), secret)
                self.assertEqual((0, [" valid"] * len(good)), (status, self.verdicts(printed)))
                status, printed = self.verify("\n".join(map(self.saved, bad)), secret)
                self.assertEqual((1, len(bad), 0), (status, len(self.verdicts(printed)), self.verdicts(printed).count(" valid")), printed)

    def verdicts(self, printed):
        """The last words about each delivery."""
        return re.findall(r"^  \S+(?: signature)? +?( valid| INVALID| no timestamp| not from now.*)$", printed, re.M)

    def test_plain_signatures(self):
        for header in ("x-webhook-signature", "x-signature"):
            digest = hmac.new(b"my_secret_key", BODY, hashlib.sha256).hexdigest()
            for name, value, status in [("right", digest, 0), ("wrong", digest[::-1], 1), ("short", digest[:-1], 1)]:
                with self.subTest(name, header=header):
                    code, printed = self.verify(self.saved({header: value}))
                    self.assertEqual((status, status == 0), (code, "valid" in printed))

    def test_several_lines(self):
        good, bad = self.saved(signed(b"my_secret_key", "msg_good")), self.saved(signed(b"guessed", "msg_bad"))
        status, printed = self.verify(f"{good}\n{good}\n")
        self.assertEqual((0, 2), (status, printed.count(" valid")))
        self.assertEqual(1, self.verify(f"{good}\n{bad}\n{good}\n")[0])

    def test_what_is_no_delivery(self):
        for text in ("", "{}", "[]", "nonsense", '{"headers": {}}'):
            with self.subTest(text):
                self.assertEqual(2, self.verify(text)[0])
        self.assertEqual(2, self.verify(self.saved(signed(b"")), secret="")[0])


if __name__ == "__main__":
    unittest.main()
