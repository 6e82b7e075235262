"""Raw bytes on the listening socket: smuggling, broken framing, limits. Each case ends in a refusal; the server lives on.

A smuggled request would create a subscription to /smuggled; none may exist at the end.
"""

import socket
import struct
import unittest

from harness import PATIENCE, IntegrationTest

BODY = b'{"target_url":"http://127.0.0.1:9/smuggled"}'
SMUGGLED = b"POST /subscriptions/ HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def post(fields, body=b"", line=b"POST /subscriptions/ HTTP/1.1", host=b"Host: h\r\n"):
    return line + b"\r\n" + host + b"Content-Type: application/json\r\n" + fields + b"\r\n" + body


def get(line=b"GET /health HTTP/1.1", fields=b"Host: h\r\n"):
    return line + b"\r\n" + fields + b"\r\n"


# (name, bytes): each must be refused with a 4xx or 5xx status or a closed connection, never served.
REFUSED = [
    ("two different lengths", post(b"Content-Length: 4\r\nContent-Length: 5\r\n", b"{}   " + SMUGGLED)),
    ("a list of lengths", post(b"Content-Length: 2, 3\r\n", b"{} " + SMUGGLED)),
    ("length and chunked", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("chunked and length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("chunked twice", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("chunked is not last", post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("an unknown coding", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("a compressed coding", post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("a vertical tab in the coding", post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("space before the colon", post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n" + SMUGGLED)),
    ("space before the length's colon", post(b"Content-Length : 2\r\n", b"{}" + SMUGGLED)),
    ("a folded field", post(b"X-A: 1\r\n folded\r\nContent-Length: 2\r\n", b"{}")),
    ("a negative length", post(b"Content-Length: -1\r\n", SMUGGLED)),
    ("a signed length", post(b"Content-Length: +2\r\n", b"{}" + SMUGGLED)),
    ("a hexadecimal length", post(b"Content-Length: 0x2\r\n", b"{}" + SMUGGLED)),
    ("an empty length", post(b"Content-Length: \r\n", SMUGGLED)),
    ("an overflowing length", post(b"Content-Length: 18446744073709551618\r\n", b"{}" + SMUGGLED)),
    ("a huge length", post(b"Content-Length: 99999999999\r\n")),
    ("a chunk size that overflows", post(b"Transfer-Encoding: chunked\r\n", b"10000000000000002\r\n{}\r\n0\r\n\r\n")),
    ("a negative chunk size", post(b"Transfer-Encoding: chunked\r\n", b"-2\r\n{}\r\n0\r\n\r\n")),
    ("a chunk size that is no number", post(b"Transfer-Encoding: chunked\r\n", b"zz\r\n{}\r\n0\r\n\r\n")),
    ("a chunk without its end", post(b"Transfer-Encoding: chunked\r\n", b"2\r\n{}XX0\r\n\r\n")),
    ("an empty chunk size", post(b"Transfer-Encoding: chunked\r\n", b"\r\n{}\r\n0\r\n\r\n")),
    ("no host", get(fields=b"")),
    ("two hosts", get(fields=b"Host: a\r\nHost: b\r\n")),
    ("a NUL in a value", get(fields=b"Host: h\r\nX-A: a\x00b\r\n")),
    ("a NUL in a name", get(fields=b"Host: h\r\nX-\x00A: b\r\n")),
    ("a bare CR in a value", get(fields=b"Host: h\r\nX-A: a\rX-B: b\r\n")),
    ("a name with a space", get(fields=b"Host: h\r\nX A: b\r\n")),
    ("a field without a colon", get(fields=b"Host: h\r\nnonsense\r\n")),
    ("an empty name", get(fields=b"Host: h\r\n: b\r\n")),
    ("HTTP/2.0 in the line", get(b"GET /health HTTP/2.0")),
    ("HTTP/9.9 in the line", get(b"GET /health HTTP/9.9")),
    ("no version", get(b"GET /health")),
    ("a lower-case protocol", get(b"GET /health http/1.1")),
    ("a method with a control character", get(b"G\x01T /health HTTP/1.1")),
    ("a target with a control character", get(b"GET /hea\x01lth HTTP/1.1")),
    ("a target with a space", get(b"GET /hea lth HTTP/1.1")),
    ("the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("a TLS hello", bytes.fromhex("16030100f0010000ec0303") + b"\x00" * 229),
    ("binary noise", bytes(range(256)) * 4),
    ("a very long target", get(b"GET /" + b"a" * 200_000 + b" HTTP/1.1")),
    ("a very long field", get(fields=b"Host: h\r\nX-A: " + b"a" * 200_000 + b"\r\n")),
    ("very many fields", get(fields=b"Host: h\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(20_000)))),
    ("a body above the limit", post(b"Content-Length: 60000000\r\n", b"{" + b" " * 59_999_999)),
    ("broken JSON", post(b"Content-Length: 1\r\n", b"{")),
    ("JSON nested too deep", post(b"Content-Length: 200000\r\n", b"[" * 200_000)),
    ("a body that is not UTF-8", post(b"Content-Length: 21\r\n", b'{"target_url":"\xff\xfe\xfd"}'[:21])),
    ("a lone surrogate", post(b"Content-Length: 25\r\n", b'{"target_url":"\\ud800xxx"}'[:25])),
    ("a path that climbs", get(b"GET /../../etc/passwd HTTP/1.1")),
    ("an encoded path that climbs", get(b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1")),
    ("a bad percent code", get(b"GET /subscriptions/%zz HTTP/1.1")),
    ("an id that is no id", get(b"GET /subscriptions/not-a-uuid HTTP/1.1")),
    ("CONNECT", get(b"CONNECT example.com:443 HTTP/1.1")),
    ("TRACE", get(b"TRACE /health HTTP/1.1")),
]


class BadInput(IntegrationTest):
    def exchange(self, data, shut=True, timeout=PATIENCE):
        """Sends the bytes and reads until the server closes; a peer that stops reading is an answer too."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=timeout) as connection:
            try:
                connection.sendall(data)
                if shut:
                    connection.shutdown(socket.SHUT_WR)
            except (ConnectionError, OSError):
                pass
            try:
                while piece := connection.recv(65536):
                    answer += piece
            except ConnectionError:
                pass
            except socket.timeout:
                self.fail("neither an answer nor the end of the connection")
        return answer

    def setUp(self):
        super().setUp()
        self.running = self.server().start()

    def assert_alive(self, name):
        self.assertTrue(self.running.is_running(), f"the server died of {name}:\n{self.running.log()[-2000:]}")
        self.assertTrue(self.running.is_healthy(), f"the server is unwell after {name}")

    def test_each_case_is_refused_and_the_server_lives(self):
        for name, data in REFUSED:
            with self.subTest(name):
                answer = self.exchange(data)
                self.assert_alive(name)
                self.assertLessEqual(answer.count(b"HTTP/1.1 "), 1, f"more than one answer: {answer[:300]!r}")
                if answer:
                    self.assertRegex(answer[:13].decode("latin-1"), r"^HTTP/1\.1 [45]\d\d")
        listed = self.api(self.running).call("GET", "/subscriptions/?limit=1000").body
        self.assertNotIn(b"smuggled", listed)

    def test_what_looks_odd_but_is_right_is_served(self):
        for name, data in [
            ("pipelining", get() + get()),
            ("HTTP/1.0", get(b"GET /health HTTP/1.0", b"")),
            ("an absolute target", get(b"GET http://h/health HTTP/1.1")),
            ("lower-case field names", get(fields=b"host: h\r\n")),
            ("an empty line first", b"\r\n" + get()),
            ("a chunked body with an extension", post(b"Transfer-Encoding: chunked\r\n", b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (
                len(BODY), BODY.replace(b"smuggled", b"chunkedX")))),
        ]:
            with self.subTest(name):
                answer = self.exchange(data)
                self.assertRegex(answer[:13].decode("latin-1"), r"^HTTP/1\.[01] 200")
                self.assertEqual(2 if name == "pipelining" else 1, answer.count(b"HTTP/1.1 200") + answer.count(b"HTTP/1.0 200"))
                self.assert_alive(name)

    def test_connections_that_say_nothing_or_end_badly(self):
        silent = [socket.create_connection(("127.0.0.1", self.running.port)) for _ in range(200)]
        for number, connection in enumerate(silent):
            connection.sendall(SMUGGLED[:number % (len(SMUGGLED) - 1)])
        self.assert_alive("200 connections that stopped in the middle")
        for connection in silent:  # reset instead of an orderly end
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        self.assert_alive("200 resets")
        listed = self.api(self.running).call("GET", "/subscriptions/").json()
        self.assertEqual([], listed)

    def test_expect_continue(self):
        body = BODY.replace(b"smuggled", b"expected")
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=PATIENCE) as connection:
            connection.sendall(post(b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: %d\r\n" % len(body)))
            self.assertIn(b"100", connection.recv(65536))
            connection.sendall(body)
            self.assertIn(b"200", connection.recv(65536))


if __name__ == "__main__":
    unittest.main()
