"""A crash leaves nothing of what the server knew, and nobody but root looks into it while it runs, unless that was asked for."""

import os
import shutil
import signal
import subprocess
import unittest

from cores import DUMPED, KILLED, core_files, crash, need_core_dumps_here, permit_core_dumps
from harness import BINARY, IntegrationTest, Server

NOBODY = 65534


class ServerOfNobody(Server):
    """Runs without root's rights, under which there is nothing that may not be read."""

    def command(self):
        binary = os.path.join(self.folder, "posthaste")
        if not os.path.exists(binary):
            shutil.copy(BINARY, binary)
            os.chmod(binary, 0o755)
            os.chown(self.folder, NOBODY, NOBODY)
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary, *super().command()[1:]]


class CoreDumps(IntegrationTest):
    def test_a_crash_leaves_no_core_dump(self):
        permit_core_dumps(self)
        for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGQUIT):
            server = self.server().start()
            self.assertEqual(KILLED, crash(server, number), number)
            self.assertEqual([], core_files(self.folder), number)

    def test_a_core_dump_may_be_asked_for(self):
        need_core_dumps_here(self)
        server = self.server(args=["--core-dumps", "true"]).start()
        self.assertEqual(DUMPED, crash(server, signal.SIGABRT))
        self.assertEqual(1, len(core_files(self.folder)))

    def start_as_user(self, *args):
        """A server of the user who reads below: of whoever runs the test, or of nobody when that is root."""
        kind = ServerOfNobody if os.getuid() == 0 else Server
        server = kind(self.folder, args=args)
        self.addCleanup(server.kill)
        return server.start()

    def can_read(self, server, name):
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(["cat", f"/proc/{server.process.pid}/{name}"], capture_output=True, check=False, **user)
        return done.returncode == 0

    def test_no_process_of_the_same_user_looks_into_the_server(self):
        server = self.start_as_user()
        self.assertEqual(0, os.stat(f"/proc/{server.process.pid}/mem").st_uid, "the kernel gives what is not dumpable to root")
        for name in ("environ", "maps", "auxv"):
            self.assertFalse(self.can_read(server, name), name)
        self.assertTrue(self.can_read(server, "cmdline"), "what everybody may read")

    def test_looking_into_the_server_may_be_asked_for(self):
        server = self.start_as_user("--core-dumps", "true")
        for name in ("environ", "maps", "auxv"):
            self.assertTrue(self.can_read(server, name), name)


if __name__ == "__main__":
    unittest.main()
