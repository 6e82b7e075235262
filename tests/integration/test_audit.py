"""`posthaste audit`: the log of a database is listed and verified, also beside a running server, and tampering is noticed."""

import hashlib
import json
import os
import shutil
import sqlite3
import struct
import subprocess
import unittest

from harness import BINARY, IntegrationTest


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">Q", len(data)) + data


def chain_of(folder):
    """The hash of every entry, computed from the rows as src/domain/audit.h describes it."""
    database = sqlite3.connect(os.path.join(folder, "posthaste.db"))
    rows = database.execute("SELECT sequence, at, organization, actor, actor_name, address, action, object, before, after"
                            " FROM audit ORDER BY sequence").fetchall()
    database.close()
    hashes, previous = [], bytes(32)
    for sequence, at, organization, *texts in rows:
        encoded = text("posthaste audit 1") + text(previous) + struct.pack(">Qq", sequence, at) + organization
        previous = hashlib.sha256(encoded + b"".join(map(text, texts))).digest()
        hashes.append(previous.hex())
    return hashes


class Audit(IntegrationTest):
    def audit(self, folder, *arguments):
        return subprocess.run([BINARY, "audit", *arguments, "--database", f"sqlite:{folder}"], capture_output=True, text=True,
                              timeout=120, check=False)

    def verify(self, folder, *arguments, status=0):
        done = self.audit(folder, "verify", *arguments)
        self.assertEqual(status, done.returncode, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def listed(self, folder, *arguments):
        done = self.audit(folder, "list", *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def fill(self, subscriptions=3):
        """A server with an audit log: so many subscriptions made, the first one deleted."""
        server = self.server().start()
        api = self.api(server)
        made = [api.subscribe(f"http://127.0.0.1:9/{n}")["id"] for n in range(subscriptions)]
        self.assertEqual(200, api.call("DELETE", f"/subscriptions/{made[0]}").status)
        return server, os.path.join(server.folder, "data")

    def test_the_log_of_a_running_server(self):
        server, data = self.fill()
        hashes = chain_of(data)
        self.assertEqual(4, len(hashes))
        self.assertEqual(f"4 entries, head {hashes[-1]}\n", self.verify(data))
        self.verify(data, "--head", hashes[1])

        entries = self.listed(data)
        self.assertEqual([1, 2, 3, 4], [entry["sequence"] for entry in entries])
        self.assertEqual(hashes, [entry["hash"] for entry in entries])
        self.assertEqual("http://127.0.0.1:9/0", entries[0]["after"]["url"])
        self.assertIsNone(entries[0]["before"])
        self.assertEqual([entries[0], entries[3]], self.listed(data, "--object", entries[0]["object"]))
        self.assertEqual([entries[3]], self.listed(data, "--action", "endpoint.delete"))
        self.assertEqual([entries[3], entries[2]], self.listed(data, "--action", "endpoint", "--newest-first", "--limit", "2"))
        self.assertEqual(entries[2:], self.listed(data, "--after", "2", "--organization", entries[0]["organization"]))
        self.assertEqual(entries, self.listed(data, "--since", entries[0]["at"], "--actor", entries[0]["actor"]))
        self.assertEqual([], self.listed(data, "--until", entries[0]["at"]))

        # The head is in the server's log after a stop, and at the next start.
        self.assertEqual(0, server.terminate())
        self.assertEqual(1, server.log().count(f"4 entries, head {hashes[-1]}"))
        server.start()
        self.assertEqual(0, server.terminate())
        self.assertEqual(2, server.log().count(f"4 entries, head {hashes[-1]}"))
        self.assertEqual(f"4 entries, head {hashes[-1]}\n", self.verify(data))

    def test_tampering_is_noticed(self):
        server, data = self.fill(subscriptions=5)
        self.assertEqual(0, server.terminate())
        head = chain_of(data)[-1]
        self.assertEqual(f"6 entries, head {head}\n", self.verify(data, "--head", head))
        for statement, entry in (("UPDATE audit SET actor = 'user_innocent' WHERE sequence = 3", 3),
                                 ("UPDATE audit SET after = replace(after, '/1', '/7') WHERE sequence = 2", 2),
                                 ("DELETE FROM audit WHERE sequence = 4", 4),
                                 ("UPDATE audit SET sequence = 7 WHERE sequence = 5", 5),
                                 ("DELETE FROM audit WHERE sequence = 1", 1)):
            copy = shutil.copytree(data, os.path.join(self.folder, "copy"))
            database = sqlite3.connect(os.path.join(copy, "posthaste.db"))
            with self.assertRaises(sqlite3.IntegrityError, msg="the triggers refuse it"):
                database.execute(statement)
            self.drop_triggers(database)
            database.execute(statement)
            database.commit()
            database.close()
            self.assertIn(f"entry {entry} does not follow", self.verify(copy, status=1), statement)
            shutil.rmtree(copy)

    def test_a_cut_off_end_is_noticed_by_whoever_kept_the_head(self):
        server, data = self.fill()
        self.assertEqual(0, server.terminate())
        hashes = chain_of(data)
        database = sqlite3.connect(os.path.join(data, "posthaste.db"))
        self.drop_triggers(database)
        database.execute("DELETE FROM audit WHERE sequence > 2")
        database.commit()
        database.close()
        self.assertEqual(f"2 entries, head {hashes[1]}\n", self.verify(data))
        self.verify(data, "--head", hashes[1])
        self.assertIn("none of the 2 entries has the hash", self.verify(data, "--head", hashes[3], status=1))

    def test_what_cannot_be_checked_is_said(self):
        server, data = self.fill()
        self.assertIn("64 hexadecimal digits", self.verify(data, "--head", "abc", status=2))
        self.assertIn("unable to open", self.verify(os.path.join(self.folder, "nowhere"), status=2))
        self.assertIn("--since takes a time", self.audit(data, "list", "--since", "yesterday").stderr)
        self.assertEqual(2, self.audit(data, "list", "--since", "yesterday").returncode)
        self.assertEqual(0, server.terminate())

    @staticmethod
    def drop_triggers(database):
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")


if __name__ == "__main__":
    unittest.main()
