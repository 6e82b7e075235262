"""`posthaste user`: people in a data folder before a server runs on it, and through one that does."""

import json
import os
import pty
import re
import select
import subprocess
import unittest

from harness import BINARY, IntegrationTest, Server

FIRST, SECOND = "correct horse battery", "a better horse battery"


class RequiredServer(Server):
    def command(self):
        return ["required" if word == "open" else word for word in super().command()]


class Users(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.data = f"sqlite:{self.folder}/data"

    def user(self, *words, password=None, place=None, status=0):
        """What it prints; errors when a status other than 0 is expected."""
        stdin = ["--password-stdin"] if password is not None else []
        done = subprocess.run([BINARY, "user", *words, *stdin, *(place or ["--database", self.data])], input=f"{password}\nrest\n",
                              capture_output=True, text=True, timeout=120, check=False, cwd=self.folder,
                              env={k: v for k, v in os.environ.items() if not k.startswith("POSTHASTE_")})
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        self.assertNotIn(password or "?", done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def serve(self):
        server = RequiredServer(self.folder)
        self.addCleanup(server.kill)
        return server.start()

    def log_in(self, api, email, password):
        return api.call("POST", "/api/v1/account/login", {"email": email, "password": password})

    def test_people_of_a_fresh_folder(self):
        self.assertIn("there is no data folder", self.user("list", status=1))
        self.assertFalse(os.path.exists(f"{self.folder}/data"))
        added = self.user("add", "Ada@example.com", "--role", "owner", "--name", "Ada L", password=FIRST)
        self.assertRegex(added, r"^user_\w+  owner     ada@example.com  Ada L\n$")
        self.user("add", "bob@example.com", password=SECOND)
        self.assertEqual([("owner", "ada@example.com"), ("viewer", "bob@example.com")],
                         re.findall(r"^user_\w+  (\w+) +(\S+)", self.user("list"), re.M))

        server = self.serve()
        self.assertNotIn("setup_", server.log(), "there is an owner")
        api = self.api(server)
        self.assertEqual(401, api.call("GET", "/subscriptions/").status)
        self.assertEqual(401, self.log_in(api, "ada@example.com", SECOND).status)
        made = self.log_in(api, "ada@example.com", FIRST)
        self.assertEqual(200, made.status, made.body)
        session = {"Cookie": made.headers["set-cookie"].partition(";")[0]}
        self.assertEqual(200, api.call("GET", "/subscriptions/", headers=session).status)
        self.assertIn("a server runs on", self.user("list", status=1))

        # A new password ends what was begun with the old one, a stop of the server does not.
        self.assertEqual(0, server.terminate())
        server.start()
        self.assertEqual(200, self.api(server).call("GET", "/subscriptions/", headers=session).status)
        self.assertEqual(0, server.terminate())
        self.user("passwd", "ada@example.com", password=SECOND)
        self.user("role", "bob@example.com", "admin")
        server.start()
        api = self.api(server)
        self.assertEqual(403, api.call("GET", "/subscriptions/", headers=session).status)
        self.assertEqual(401, self.log_in(api, "ada@example.com", FIRST).status)
        self.assertEqual(200, self.log_in(api, "ada@example.com", SECOND).status)
        self.assertEqual("admin", self.log_in(api, "bob@example.com", SECOND).json()["user"]["role"])
        self.assertEqual(0, server.terminate())
        self.assertEqual("", self.user("remove", "bob@example.com"))
        self.assertNotIn("bob", self.user("list"))
        server.start()
        self.assertEqual(401, self.log_in(self.api(server), "bob@example.com", SECOND).status)

        self.assertEqual(0, server.terminate())
        listed = subprocess.run([BINARY, "audit", "list", "--database", self.data, "--actor", "posthaste user"], capture_output=True,
                                text=True, timeout=120, check=True).stdout
        self.assertEqual(["user.create", "user.create", "user.update", "user.update", "user.delete"],
                         [json.loads(line)["action"] for line in listed.splitlines()])

    def test_what_is_refused(self):
        self.user("add", "ada@example.com", "--role", "owner", password=FIRST)
        for words, password, expected in (
                (["add", "ADA@example.com"], FIRST, "there is a user with the address ADA@example.com already"),
                (["add", "bob@example.com", "--role", "root"], FIRST, "'root' is not viewer, operator, admin or owner"),
                (["add", "bob"], FIRST, "e-mail address"),
                (["add", "bob@example.com"], "short", "at least 10 characters"),
                (["add", "bob@example.com"], "", "no password in the first line"),
                (["add", "bob@example.com", "--app", "shop"], FIRST, "there is no application shop"),
                (["passwd", "bob@example.com"], FIRST, "there is no user bob@example.com"),
                (["role", "bob@example.com", "admin"], None, "there is no user bob@example.com"),
                (["remove", "bob@example.com"], None, "there is no user bob@example.com"),
                (["role", "ada@example.com", "admin"], None, "keeps one active owner"),
                (["remove", "ada@example.com"], None, "keeps one active owner"),
                (["remove", "ada@example.com", "--organization", "org_other"], None, "there is no user ada@example.com"),
                (["list", "--organization", "mine"], None, "begins with org_")):
            error = self.user(*words, password=password, status=1)
            self.assertIn(expected, error)
            self.assertTrue(error.startswith("posthaste user: "), error)
            self.assertEqual(1, error.count("\n"), error)
        self.assertEqual(1, self.user("list").count("\n"))

    def test_through_a_running_server(self):
        self.user("add", "ada@example.com", "--role", "owner", password=FIRST)
        server = self.serve()
        token = subprocess.run([BINARY, "token", "--bare", "--database", self.data], capture_output=True, text=True, timeout=120,
                               check=True).stdout.strip()
        url = ["--server", f"http://127.0.0.1:{server.port}"]
        place = [*url, "--token", token]
        self.assertRegex(self.user("add", "bob@example.com", "--role", "operator", password=FIRST, place=place),
                         r"^user_\w+  operator  bob@example.com  \n$")
        self.user("passwd", "bob@example.com", password=SECOND, place=place)
        self.user("role", "bob@example.com", "viewer", place=place)
        self.assertEqual(2, self.user("list", place=place).count("\n"))
        self.assertEqual(200, self.log_in(self.api(server), "bob@example.com", SECOND).status)
        self.assertEqual("", self.user("remove", "Bob@example.com", place=place))
        for words, password, expected in ((["remove", "bob@example.com"], None, "there is no user bob@example.com"),
                                          (["add", "ada@example.com"], FIRST, "address"),
                                          (["add", "cyd@example.com", "--role", "owner"], FIRST, "may do more than they"),
                                          (["remove", "ada@example.com"], None, "may do more than they")):
            self.assertIn(expected, self.user(*words, password=password, place=place, status=1))
        self.assertIn("--token", self.user("list", place=url, status=1))
        self.assertIn("excludes", self.user("list", place=[*place, "--database", self.data], status=2))

    def at_a_terminal(self, answers):
        """The status, and all that the terminal showed, of an `add` whose questions are answered so."""
        child, terminal = pty.fork()
        if child == 0:
            os.execv(BINARY, [BINARY, "user", "add", "ada@example.com", "--database", self.data])
        shown = b""
        try:
            for question, answer in answers:
                while question not in shown:
                    self.assertTrue(select.select([terminal], [], [], 30)[0], shown)
                    shown += os.read(terminal, 1000)
                os.write(terminal, answer)
            while True:
                shown += os.read(terminal, 1000)
        except OSError:  # the end
            pass
        finally:
            os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()

    def test_a_password_that_is_typed_is_not_shown(self):
        status, shown = self.at_a_terminal([(b"Password: ", FIRST.encode() + b"\n"), (b"Again: ", SECOND.encode() + b"\n")])
        self.assertEqual(1, status, shown)
        self.assertIn("two different passwords", shown)
        status, shown = self.at_a_terminal([(b"Password: ", FIRST.encode() + b"\n"), (b"Again: ", b"\x03")])
        self.assertEqual(1, status, shown)
        self.assertIn("interrupted; nothing was changed", shown)
        self.assertFalse(os.path.exists(f"{self.folder}/data"))
        status, shown = self.at_a_terminal([(b"Password: ", FIRST.encode() + b"\n"), (b"Again: ", FIRST.encode() + b"\n")])
        self.assertEqual(0, status, shown)
        self.assertNotIn(FIRST, shown)
        self.assertIn("ada@example.com", self.user("list"))

    def test_without_a_terminal_the_way_is_told(self):
        done = subprocess.run([BINARY, "user", "add", "ada@example.com", "--database", self.data], input=FIRST, capture_output=True,
                              text=True, timeout=120, check=False, start_new_session=True)
        self.assertEqual(1, done.returncode)
        self.assertIn("with --password-stdin it is read from standard input", done.stderr)


if __name__ == "__main__":
    unittest.main()
