"""Behind a reverse proxy: who it says is calling is counted, kept and logged; who a client says it is, is not."""

import unittest

from harness import Api, IntegrationTest, RequiredServer

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
AT_ONCE = 10  # wrong passwords of one network at one account, before it has to wait


class TrustedProxies(IntegrationTest):
    def start(self, *args):
        self.running = RequiredServer(self.folder, args=["--log-format", "text", "--access-log", "true", *args])
        self.addCleanup(self.running.kill)
        self.running.start()
        self.api = Api(self.running.port)
        self.addCleanup(self.api.close)
        made = self.api.call("POST", "/api/v1/account/setup",
                             {"token": self.running.setup_token(), "email": EMAIL, "password": PASSWORD},
                             {"X-Forwarded-For": "198.51.100.9"})
        self.assertEqual(201, made.status, made.body)
        self.owner = {"Cookie": made.headers["set-cookie"].partition(";")[0], "X-CSRF-Token": made.json()["csrfToken"]}

    def log_in(self, forwarded_for, password):
        return self.api.call("POST", "/api/v1/account/login", {"email": EMAIL, "password": password},
                             {"X-Forwarded-For": forwarded_for}).status

    def guess(self, forwarded_for):
        return [self.log_in(forwarded_for, "a-wrong-password") for _ in range(AT_ONCE + 1)]

    def addresses(self):
        """Of the audit log's newest logins and of the account's sessions."""
        audit = self.api.call("GET", "/api/v1/audit?action=user.login", headers=self.owner).json()["data"]
        sessions = self.api.call("GET", "/api/v1/account/sessions", headers=self.owner).json()["data"]
        return audit[0]["address"], {session["address"] for session in sessions}

    def test_each_client_of_a_proxy_counts_by_itself(self):
        self.start("--trusted-proxies", "127.0.0.0/8,10.0.0.0/8")
        self.assertEqual(429, self.guess("203.0.113.7")[-1])
        self.assertEqual(429, self.log_in("198.51.100.1, 203.0.113.7, 10.1.2.3", PASSWORD), "the same one, in disguise")
        self.assertEqual(200, self.log_in("203.0.113.7, [2001:db8::1]:4711", PASSWORD), "another one")
        logged_in_from, sessions = self.addresses()
        self.assertEqual("2001:db8::1", logged_in_from)
        self.assertEqual({"198.51.100.9", "2001:db8::1"}, sessions)
        self.running.terminate()
        self.assertRegex(self.running.log(), r'2001:db8::1 - "POST /api/v1/account/login HTTP/1.1" 200 OK')

    def test_nobody_is_believed_by_default(self):
        self.start()
        statuses = [self.log_in(f"203.0.113.{number}", "a-wrong-password") for number in range(AT_ONCE + 1)]
        self.assertEqual(429, statuses[-1], statuses)
        audit = self.api.call("GET", "/api/v1/audit", headers=self.owner).json()["data"]
        self.assertEqual({"127.0.0.1"}, {entry["address"] for entry in audit})
        self.running.terminate()
        self.assertNotIn("203.0.113.", self.running.log())


if __name__ == "__main__":
    unittest.main()
