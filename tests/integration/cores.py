"""Ends a server as a bug would, where nothing but the server itself forbids a core dump, and says whether there was one."""

import os
import resource

KILLED, DUMPED = os.CLD_KILLED, os.CLD_DUMPED


def permit_core_dumps(test):
    """For what the test starts: children inherit the limit. False where this machine forbids them to everybody."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    test.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, before)
    return before[1] != 0


def need_core_dumps_here(test):
    """Skips a test that wants to see one in the folder that the server runs in."""
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    if pattern.startswith(("|", "/")) or not permit_core_dumps(test):
        test.skipTest(f"where core dumps go here is not for this test to say: {pattern}")


def crash(server, signal_number):
    """KILLED, or DUMPED when the kernel wrote a core dump, wherever to."""
    pid = server.process.pid
    os.kill(pid, signal_number)
    ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    server.process.wait()
    assert ended.si_status == signal_number, ended
    return ended.si_code


def core_files(folder):
    return [name for _, _, names in os.walk(folder) for name in names if name.startswith("core")]
