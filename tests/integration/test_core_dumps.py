"""A crash leaves nothing of what the server knew, unless that was asked for."""

import os
import resource
import signal
import unittest

from harness import IntegrationTest

KILLED, DUMPED = 2, 3  # si_code: CLD_KILLED, CLD_DUMPED


class CoreDumps(IntegrationTest):
    def setUp(self):
        super().setUp()
        # Children inherit it: what a server may do is its own choice.
        before = resource.getrlimit(resource.RLIMIT_CORE)
        if before[1] == 0:
            self.skipTest("core dumps are forbidden here anyway (ulimit -Hc)")
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, before)

    def crash(self, *args):
        """How the kernel says the server ended."""
        server = self.server(args=args).start()
        pid = server.process.pid
        os.kill(pid, signal.SIGABRT)
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        self.assertEqual(signal.SIGABRT, ended.si_status)
        server.process.wait()
        return ended.si_code

    def cores(self):
        return [name for name in os.listdir(self.folder) if name.startswith("core")]

    def test_a_crash_leaves_no_core_dump(self):
        self.assertEqual(KILLED, self.crash())
        self.assertEqual([], self.cores())

    def test_a_core_dump_may_be_asked_for(self):
        with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
            pattern = file.read().strip()
        if pattern.startswith(("|", "/")):
            self.skipTest(f"where core dumps go here is not for this test to say: {pattern}")
        self.assertEqual(DUMPED, self.crash("--core-dumps", "true"))
        self.assertEqual(1, len(self.cores()))


if __name__ == "__main__":
    unittest.main()
