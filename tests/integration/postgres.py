"""A PostgreSQL server of the test's own, with fsync on, reached by a Unix socket in a temporary folder. PostgreSQL refuses to
run as root; then it runs as the user postgres. When the test dies, so does the server."""

import os
import shutil
import signal
import subprocess
import tempfile

from harness import eventually

BIN = "/usr/lib/postgresql/15/bin"


class Postgres:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="posthaste-postgres-")
        self.data = os.path.join(self.folder, "data")
        self.url = f"postgres:///postgres?user=posthaste&host={self.folder}"
        self.process = None
        self.log = open(os.path.join(self.folder, "log"), "ab")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=posthaste", "--pgdata", self.data)

    def _command(self, program, *arguments):
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return ["setpriv", "--pdeathsig=QUIT", *user, f"{BIN}/{program}", *arguments]

    def _run(self, program, *arguments):
        subprocess.run(self._command(program, *arguments), check=True, stdout=self.log, stderr=self.log, cwd=self.folder)

    def start(self):
        self.process = subprocess.Popen(
            self._command("postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses="),
            stdout=self.log, stderr=self.log, cwd=self.folder)
        ready = ["-q", "-h", self.folder, "-d", "postgres", "-U", "posthaste"]
        eventually(lambda: subprocess.run([f"{BIN}/pg_isready", *ready], check=False).returncode == 0, 60,
                   "PostgreSQL's readiness")
        return self

    def kill(self):
        """As the kernel ends a process that takes too much memory: the others notice, and nothing is written any more."""
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGINT)

    def _end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(60)
        self.process = None

    def query(self, sql):
        answer = subprocess.run([f"{BIN}/psql", "-XAt", "-h", self.folder, "-U", "posthaste", "-d", "postgres", "-c", sql],
                                check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def remove(self):
        self.stop()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
