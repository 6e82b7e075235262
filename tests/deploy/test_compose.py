"""docker-compose.yml and the Dockerfile: what they promise, and that the server starts with what they hand it."""

import os
import re
import subprocess
import unittest

from files import ROOT, compose, load, read, settings, variables_of
from harness import BINARY, IntegrationTest, Server, eventually

SAMPLES = [".env.sample", ".env.example"]
ESSENTIAL = {"libc6", "libgcc-s1", "libstdc++6"}  # come with ca-certificates and the base image
DRAIN_SECONDS = 20


class InContainer(Server):
    """The server with a container's variables, but for the address and the folder."""

    def command(self):
        return [BINARY, "serve", "--listen", f"127.0.0.1:{self.port}", "--database", self.database]


class ComposeFile(unittest.TestCase):
    def test_S0_08_S2_32_one_command_starts_it(self):
        web = compose()["web"]
        self.assertEqual(".", web["build"])
        self.assertEqual(["127.0.0.1:8000:8000", "127.0.0.1:3000:8000"], web["ports"])
        self.assertEqual("unless-stopped", web["restart"])
        self.assertGreater(int(web["stop_grace_period"].removesuffix("s")), DRAIN_SECONDS)

    def test_S2_31_data_are_in_a_named_volume(self):
        self.assertEqual(["data:/data"], compose()["web"]["volumes"])
        self.assertIn("data", load("docker-compose.yml")["volumes"])
        self.assertEqual("sqlite:/data", compose()["web"]["environment"]["POSTHASTE_DATABASE"])

    def test_ports_and_address_come_from_the_env_file(self):
        web = compose(variables={"PUBLISH_ADDRESS": "0.0.0.0", "APP_PORT": "80", "DASHBOARD_PORT": "81"})["web"]
        self.assertEqual(["0.0.0.0:80:8000", "0.0.0.0:81:8000"], web["ports"])

    def test_every_setting_reaches_the_server(self):
        decided = {"listen", "database", "app_port"}  # by the image and the compose file
        expected = {"POSTHASTE_DATABASE"} | {variable for name, variables in settings().items() if name not in decided for variable in variables}
        listed = set(load("deploy/compose/settings.yml")["services"]["settings"]["environment"])
        self.assertEqual(set(), expected - listed, "add these settings to deploy/compose/settings.yml")
        self.assertEqual(set(), listed - expected, "the server has no such settings")
        environment = compose(variables={variable: variable.lower() for variable in expected - {"POSTHASTE_DATABASE"}})["web"]["environment"]
        for variable in expected - {"POSTHASTE_DATABASE"}:
            self.assertEqual(variable.lower(), environment[variable])

    def test_only_what_is_asked_for_starts(self):
        services = compose()
        self.assertEqual(["web"], [name for name, service in services.items() if "profiles" not in service])
        self.assertEqual(["receiver"], services["receiver"]["profiles"])

    def test_S3_19_a_database_and_a_redis_can_be_started_by_name(self):
        self.assertLessEqual({"db", "redis"}, set(compose()))

    def test_the_address_in_the_guide_reaches_the_database(self):
        address = re.search(r"DATABASE_URL=postgres://(\S+)", read("docs/deploying.md"))[1]
        made = compose()["db"]["environment"]
        self.assertEqual(f"{made['POSTGRES_USER']}:{made['POSTGRES_PASSWORD']}@db:5432/{made['POSTGRES_DB']}", address)
        self.assertEqual(["127.0.0.1:5432:5432"], compose()["db"]["ports"], "its password is known to everybody")

    def test_the_receiver_is_started_with_flags_that_it_has(self):
        word, *flags = compose()["receiver"]["command"]
        known = subprocess.run([BINARY, word, "--help"], capture_output=True, text=True, timeout=30, check=True).stdout
        for flag in flags[::2]:
            self.assertIn(flag + " ", known)

    def test_what_prometheus_and_grafana_mount_is_there(self):
        services = compose("deploy/compose/observability.yml")
        self.assertEqual({"prometheus", "grafana"}, set(services))
        for service in services.values():
            for volume in service["volumes"]:
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue(os.path.exists(os.path.join(ROOT, source)), source)
            for port in service["ports"]:
                self.assertTrue(port.startswith("127.0.0.1:"), port)


class ContainerVariables(IntegrationTest):
    def boot(self, variables):
        environment = compose(variables=variables)["web"]["environment"]
        server = InContainer(self.folder, env=environment)
        self.addCleanup(server.kill)
        return server.start()

    def test_without_an_env_file_logins_are_required(self):
        server = self.boot({})
        self.assertEqual(401, self.api(server).call("GET", "/api/mailboxes").status)
        eventually(lambda: re.search(r"setup_[\w-]{43}", server.log()), what="the set-up token")
        self.assertEqual(0, server.terminate())

    def test_S0_07_either_sample_boots_open(self):
        for sample in SAMPLES:
            with self.subTest(sample):
                variables = variables_of(sample)
                self.assertEqual("true", variables["POSTHASTE_INSECURE_OPEN"], "a container listens on all its addresses")
                self.assertEqual("127.0.0.1", variables["PUBLISH_ADDRESS"], "which therefore are published to this machine only")
                server = self.boot(variables)
                self.assertEqual(200, self.api(server).call("GET", "/api/mailboxes").status)
                self.assertEqual(0, server.terminate())

    def test_a_postgresql_address_is_used(self):
        environment = compose(variables={"DATABASE_URL": "postgresql://user:secret@db:5432/webhooks"})["web"]["environment"]
        done = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0"], env={**os.environ, **environment}, capture_output=True,
                              text=True, timeout=30, check=False, cwd=self.folder)
        self.assertNotEqual(0, done.returncode, done.stderr)
        self.assertIn("Cannot connect to postgres://user@db:5432/webhooks", done.stderr)
        self.assertNotIn("secret", done.stderr)


class Health(IntegrationTest):
    def health(self, server):
        return subprocess.run([BINARY, "health", "--server", f"http://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=30,
                              check=False)

    def test_tells_a_server_that_is_well_from_one_that_is_not(self):
        server = self.server().start()
        self.assertEqual(0, self.health(server).returncode)
        self.assertEqual(0, server.terminate())
        done = self.health(server)
        self.assertEqual(1, done.returncode)
        self.assertIn("posthaste health: ", done.stderr)


class Dockerfile(unittest.TestCase):
    def setUp(self):
        text = re.sub(r"\\\n\s*", "", read("Dockerfile"))
        self.final = text[text.rindex("\nFROM "):]

    def instruction(self, word):
        return re.findall(rf"^{word} (.*)", self.final, re.M)

    def test_the_image_runs_as_nobody_and_stops_in_order(self):
        self.assertEqual(["10001:10001"], self.instruction("USER"))
        self.assertEqual(["SIGTERM"], self.instruction("STOPSIGNAL"))
        self.assertEqual(["/data"], self.instruction("VOLUME"))
        self.assertEqual(['["posthaste"]'], self.instruction("ENTRYPOINT"))
        self.assertEqual(["8000"], self.instruction("EXPOSE"))
        self.assertIn('CMD ["posthaste", "health"]', self.instruction("HEALTHCHECK")[0])

    def test_it_has_every_library_that_the_server_needs(self):
        # What those libraries need in turn comes with their packages.
        dynamic = self.output("readelf", "--dynamic", BINARY)
        needed = re.findall(r"\(NEEDED\).*\[(\S+)\]", dynamic)
        self.assertIn("libsqlite3.so.0", needed)
        found = dict(re.findall(r"(\S+) => (/\S+)", self.output("ldd", BINARY)))
        for library in needed:
            # Without its first folders: the package may say /lib where the file is found below /usr/lib.
            path = "*/" + "/".join(os.path.realpath(found[library]).split("/")[-2:])
            owner = self.output("dpkg", "-S", path).split(":")[0]
            self.assertTrue(owner in ESSENTIAL or re.search(rf"\s{re.escape(owner)}(\s|$)", self.final), f"{owner} is not in the image")

    @staticmethod
    def output(*command):
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env={**os.environ, "LC_ALL": "C"}).stdout


if __name__ == "__main__":
    unittest.main()
