"""A PostgreSQL server of the test's own, with fsync on, reached by a Unix socket in a temporary folder. PostgreSQL refuses to
run as root; then it runs as the user postgres. When the test dies, so does the server."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading

from harness import PATIENCE, eventually

BIN = "/usr/lib/postgresql/15/bin"
# `careful` is asked for a password, everybody else is let in.
LOGINS = "local all careful scram-sha-256\nlocal all all trust\n"


class Postgres:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="posthaste-postgres-")
        self.data = os.path.join(self.folder, "data")
        self.process = None
        self.log = open(os.path.join(self.folder, "log"), "ab")
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        subprocess.run(self._command("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username=posthaste",
                                     "--pgdata", self.data),
                       check=True, stdout=self.log, stderr=self.log, cwd=self.folder)
        with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="ascii") as file:
            file.write(LOGINS)

    def url(self, database, user="posthaste"):
        return f"postgres:///{database}?user={user}&host={self.folder}"

    def start(self):
        """Returns once it serves. After kill() it refuses to start for as long as a process of the old one lives."""
        eventually(self._is_ready, what="PostgreSQL's readiness")
        return self

    def kill(self):
        """As the kernel ends a process that takes too much memory: the others notice, and nothing is written any more."""
        self._end(signal.SIGKILL)

    def stop(self):
        """As its operator does: sessions end, transactions are rolled back."""
        self._end(signal.SIGINT)

    def query(self, sql, database="postgres"):
        answer = subprocess.run([f"{BIN}/psql", "-XAtq", "-h", self.folder, "-U", "posthaste", "-d", database, "-c", sql],
                                check=True, capture_output=True, text=True)
        return answer.stdout.strip()

    def remove(self):
        self.stop()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, program, *arguments):
        user = ["--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return ["setpriv", "--pdeathsig=QUIT", *user, f"{BIN}/{program}", *arguments]

    def _is_ready(self):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self._command("postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses="),
                stdout=self.log, stderr=self.log, cwd=self.folder)
        question = [f"{BIN}/pg_isready", "-q", "-h", self.folder, "-d", "postgres", "-U", "posthaste"]
        return subprocess.run(question, check=False).returncode == 0

    def _end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self.process = None


class OldPostgres:
    """Greets clients as a server of another version does, and answers nothing else."""

    def __init__(self, version):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgres://posthaste@127.0.0.1:{self.listener.getsockname()[1]}/webhooks?sslmode=disable"
        told = {"server_version": version, "server_encoding": "UTF8", "client_encoding": "UTF8"}
        self.greeting = self._message(b"R", struct.pack(">I", 0))
        for name, value in told.items():
            self.greeting += self._message(b"S", f"{name}\0{value}\0".encode())
        self.greeting += self._message(b"Z", b"I")
        threading.Thread(target=self._run, daemon=True).start()

    @staticmethod
    def _message(kind, content):
        return kind + struct.pack(">I", len(content) + 4) + content

    def _run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:  # closed
                return
            with client:
                client.recv(1 << 16)
                client.sendall(self.greeting)
                while client.recv(1 << 16):
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
