"""The image and the compose file for real: ./dev containers. It needs an engine: docker with compose, or podman with podman-compose;
COMPOSE and ENGINE name others. Uses a project, ports and a folder of its own, and leaves nothing but the image `posthaste`.
"""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import ROOT, Api, eventually, free_port

PROJECT = "posthaste-containers-test"
OWNER = {"email": "ada@example.com", "password": "correct horse battery"}


def works(command):
    return shutil.which(command.split()[0]) and subprocess.run([*command.split(), "version"], capture_output=True, check=False).returncode == 0


COMPOSE = os.environ.get("COMPOSE") or next(filter(works, ("docker compose", "docker-compose", "podman-compose")), None)
ENGINE = os.environ.get("ENGINE") or ("podman" if COMPOSE and "podman" in COMPOSE else "docker")


def run(*command, cwd=ROOT, timeout=60, check=True):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done


def engine(*words, **options):
    return run(*shlex.split(ENGINE), *words, **options).stdout.strip()


class Containers(unittest.TestCase):
    """Each test has a folder with the compose file and a .env of its own; the image is built once."""

    @classmethod
    def setUpClass(cls):
        if not COMPOSE:
            raise AssertionError("no engine: install docker with compose, or podman with podman-compose, or name one with COMPOSE and ENGINE")
        print(f"building the image with {COMPOSE} (minutes, the first time)", flush=True)
        engine("rmi", "-f", "posthaste", check=False)  # or an older one would be tested where a compose program hides a failed build
        if subprocess.run([*shlex.split(COMPOSE), "build", "web"], cwd=ROOT, check=False, stdin=subprocess.DEVNULL).returncode != 0:
            raise AssertionError("the image could not be built")
        engine("image", "inspect", "posthaste")

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="posthaste-containers-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        shutil.copy(os.path.join(ROOT, "docker-compose.yml"), self.folder)
        shutil.copytree(os.path.join(ROOT, "deploy"), os.path.join(self.folder, "deploy"))
        self.port, self.dashboard_port = free_port(), free_port()
        self.env_file({})
        self.addCleanup(self.clean)

    # ---- the world -------------------------------------------------------------------------------------------------------

    def env_file(self, variables, sample=None):
        """.env: the sample, if any, with ports of this test, and these variables."""
        lines = []
        if sample:
            with open(os.path.join(ROOT, sample), encoding="utf-8") as file:
                lines = [line for line in file.read().splitlines() if not line.startswith(("APP_PORT=", "DASHBOARD_PORT=", *variables))]
        lines += [f"APP_PORT={self.port}", f"DASHBOARD_PORT={self.dashboard_port}", *(f"{name}={value}" for name, value in variables.items())]
        with open(os.path.join(self.folder, ".env"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    def compose(self, *words, check=True):
        return run(*shlex.split(COMPOSE), "-p", PROJECT, *words, cwd=self.folder, timeout=300, check=check)

    def clean(self):
        # One that dies and is started again, over and over, escapes `down` now and then.
        for container in engine("ps", "-a", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}").split():
            engine("rm", "-f", container, check=False)
        self.compose("down", "-v", check=False)

    def up(self, *services):
        self.compose("up", "-d", *(services or ["web"]))
        self.wait_until_healthy()

    def container(self, service="web"):
        # Programs differ in how they name containers, not in how they label them.
        found = engine("ps", "-a", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}", "--filter",
                       f"label=com.docker.compose.service={service}")
        (one,) = found.split()
        return one

    def state(self):
        return json.loads(engine("inspect", self.container()))[0]["State"]

    def exec(self, *words, check=True):
        return run(*shlex.split(ENGINE), "exec", self.container(), *words, check=check)

    def log(self, service="web"):
        done = run(*shlex.split(ENGINE), "logs", self.container(service))
        return done.stdout + done.stderr

    def call(self, method, path, body=None, headers=None, port=None):
        api = Api(port or self.port)
        try:
            return api.call(method, path, body, headers)
        finally:
            api.close()

    def wait_until_healthy(self):
        def is_healthy():
            try:
                return self.call("GET", "/health").status == 200
            except (OSError, http.client.HTTPException):
                return False

        eventually(is_healthy, timeout=120, what="an answer of /health")

    def hand_in(self, target="http://receiver:9000/webhook"):
        """Creates a mailbox, hands an event in, and returns the tracking number."""
        mailbox = self.call("POST", "/api/mailboxes", {"name": "Order Service", "target_url": target}).json()
        reply = self.call("POST", f"/webhooks/{mailbox['id']}", {"event": "order.completed", "order_id": "ORD-001"},
                          {"x-api-key": mailbox["api_key"]})
        self.assertEqual(200, reply.status, reply.body)
        return reply.json()["tracking_number"]

    def tracking_numbers(self):
        return [row["tracking_number"] for row in self.call("GET", "/api/webhooks").json()]

    # ---- what is promised --------------------------------------------------------------------------------------------------

    def test_S0_08_S2_26_S2_27_S2_32_one_command_serves_api_and_dashboard(self):
        self.env_file({}, sample=".env.sample")
        self.up()
        for port in (self.port, self.dashboard_port):
            self.assertEqual(200, self.call("GET", "/api/webhooks", port=port).status)
            page = self.call("GET", "/", headers={"Accept": "text/html"}, port=port)
            self.assertEqual((200, True), (page.status, page.headers["content-type"].startswith("text/html")))
            for path in ("/docs", "/redoc", "/openapi.json"):
                self.assertEqual(200, self.call("GET", path, port=port).status, path)
        self.assertEqual(0, self.compose("down").returncode)
        self.assertEqual("", engine("ps", "-a", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}"))

    def test_S2_31_data_outlive_the_container_until_down_v(self):
        self.env_file({}, sample=".env.example")
        self.up()
        number = self.hand_in()
        engine("restart", self.container())
        self.wait_until_healthy()
        self.assertEqual([number], self.tracking_numbers(), "after a restart")
        self.compose("down")
        self.up()
        self.assertEqual([number], self.tracking_numbers(), "after down and up")
        self.compose("down", "-v")
        self.up()
        self.assertEqual([], self.tracking_numbers(), "after down -v")

    def test_S0_09_a_receiver_beside_it_gets_the_delivery(self):
        self.env_file({}, sample=".env.sample")
        self.up("web", "receiver")
        self.hand_in()
        eventually(lambda: [row["status"] for row in self.call("GET", "/api/webhooks").json()] == ["delivered"], timeout=60,
                   what="the delivery")
        eventually(lambda: "ORD-001" in self.log("receiver"), what="its line at the receiver")

    def test_logins_are_required_unless_somebody_says_otherwise(self):
        self.up()
        self.assertEqual(401, self.call("GET", "/api/webhooks").status)
        token = eventually(lambda: re.search(r"setup_[\w-]{43}", self.log()), what="the set-up token in the log")[0]
        reply = self.call("POST", "/api/v1/account/setup", {"token": token, **OWNER})
        self.assertIn(reply.status, (200, 201), reply.body)
        engine("restart", self.container())
        self.wait_until_healthy()
        self.assertEqual(200, self.call("POST", "/api/v1/account/login", OWNER).status)

    def test_S0_07_a_setting_of_the_env_file_reaches_the_server(self):
        self.env_file({"WEBHOOK_TARGET_URL": "no address"})
        self.compose("up", "-d", "web", check=False)
        eventually(lambda: "WEBHOOK_TARGET_URL" in self.log(), what="a sentence about the bad value")

    def test_S0_34_it_stops_in_order(self):
        self.up()
        engine("stop", "-t", "30", self.container())
        self.assertEqual(0, self.state()["ExitCode"])
        self.assertIn('"message":"stopped"', self.log())

    @unittest.skipUnless(os.geteuid() == 0, "killing a container's process takes root")
    def test_S0_32_it_comes_back_after_a_crash(self):
        self.env_file({}, sample=".env.sample")
        self.up()
        number = self.hand_in()
        first = self.state()["Pid"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: self.state()["Pid"] not in (0, first), timeout=60, what="another process")
        self.wait_until_healthy()
        self.assertEqual([number], self.tracking_numbers())

    def test_it_runs_as_nobody_and_writes_nowhere_else(self):
        self.up()
        self.assertEqual("10001", self.exec("id", "-u").stdout.strip())
        for path in ("/posthaste", "/usr/local/bin/posthaste", "/etc/posthaste"):
            self.assertNotEqual(0, self.exec("sh", "-c", f"echo >> {path}", check=False).returncode, path)
        self.assertEqual("750 posthaste", self.exec("stat", "-c", "%a %U", "/data").stdout.strip())
        self.assertEqual(0, self.exec("posthaste", "health").returncode)

    def test_its_tools_are_there(self):
        self.up()
        self.assertIn("posthaste", self.exec("posthaste", "version").stdout)
        token = self.exec("posthaste", "token", "--bare").stdout.strip()
        self.assertEqual(200, self.call("GET", "/api/webhooks", headers={"Authorization": f"Bearer {token}"}).status)


if __name__ == "__main__":
    unittest.main(verbosity=2)
