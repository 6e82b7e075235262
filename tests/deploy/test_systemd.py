"""deploy/systemd/posthaste.service: that systemd understands it, that the server has what it names, and what it may not do."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import unittest

from files import ROOT, read, settings
from harness import BINARY, IntegrationTest, Server
from test_compose import DRAIN_SECONDS

UNIT = "deploy/systemd/posthaste.service"
EXPOSURE_MAX = 2.0  # what systemd-analyze calls OK ends at 5; a service without limits has 9.6


class Unit:
    def __init__(self):
        parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
        parser.optionxform = str
        parser.read_string(read(UNIT))
        self.service, self.unit = parser["Service"], parser["Unit"]

    def command(self):
        return shlex.split(self.service["ExecStart"])

    @staticmethod
    def variables():
        return dict(re.findall(r"^Environment=(\w+)=(.*)", read(UNIT), re.M))


class AsTheUnitSays(Server):
    def command(self):
        binary, *words = Unit().command()
        assert binary.endswith("/posthaste")
        return [BINARY, *words, "--listen", f"127.0.0.1:{self.port}"]


class ServiceFile(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.it = Unit()

    def with_this_binary(self):
        path = os.path.join(self.folder, "posthaste.service")
        with open(path, "w", encoding="utf-8") as file:
            file.write(read(UNIT).replace("/usr/local/bin/posthaste", BINARY))
        return path

    def test_S0_32_it_comes_back_whatever_it_died_of(self):
        self.assertEqual("always", self.it.service["Restart"])
        self.assertEqual("0", self.it.unit["StartLimitIntervalSec"])

    def test_it_is_stopped_later_than_it_drains(self):
        self.assertEqual("SIGTERM", self.it.service["KillSignal"])
        self.assertGreater(int(self.it.service["TimeoutStopSec"]), DRAIN_SECONDS + 10)

    def test_it_has_a_folder_and_enough_descriptors(self):
        self.assertEqual("posthaste", self.it.service["StateDirectory"])
        self.assertEqual("sqlite:/var/lib/posthaste", self.it.variables()["POSTHASTE_DATABASE"])
        self.assertEqual("/var/lib/posthaste", self.it.service["WorkingDirectory"])
        self.assertGreaterEqual(int(self.it.service["LimitNOFILE"]), 10_000)

    def test_variables_are_settings(self):
        known = {variable for variables in settings().values() for variable in variables}
        for variable in self.it.variables():
            self.assertIn(variable, known)

    def test_the_server_starts_as_it_says(self):
        environment = {name: value.replace("/var/lib/posthaste", f"{self.folder}/data") for name, value in self.it.variables().items()}
        server = AsTheUnitSays(self.folder, env=environment)
        self.addCleanup(server.kill)
        server.start()
        self.assertEqual(401, self.api(server).call("GET", "/api/mailboxes").status)
        self.assertEqual(0, server.terminate())

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd")
    def test_systemd_understands_every_line(self):
        done = subprocess.run(["systemd-analyze", "verify", self.with_this_binary()], capture_output=True, text=True, timeout=60, check=False)
        mine = [line for line in done.stderr.splitlines() if "posthaste" in line]
        self.assertEqual([], mine)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd")
    def test_it_may_do_little(self):
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", os.path.join(ROOT, UNIT)], capture_output=True,
                              text=True, timeout=60, check=False)
        exposure = re.search(r"exposure level for posthaste.service: ([\d.]+)", done.stdout)
        self.assertTrue(exposure, done.stdout + done.stderr)
        self.assertLessEqual(float(exposure[1]), EXPOSURE_MAX, done.stdout)


if __name__ == "__main__":
    unittest.main()
