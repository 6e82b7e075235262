"""deploy/kubernetes: that its parts fit together, and that probes and variables are ones the server has."""

import os
import re
import unittest

from files import ROOT, load, load_all, read, settings
from harness import IntegrationTest
from test_compose import DRAIN_SECONDS

FOLDER = "deploy/kubernetes"


def manifests(optional=True):
    """Everything but the kustomization, by kind and name."""
    listed = load(f"{FOLDER}/kustomization.yaml")["resources"]
    extra = [f"optional/{name}" for name in sorted(os.listdir(os.path.join(ROOT, FOLDER, "optional")))] if optional else []
    found = {}
    for path in [*listed, *extra]:
        for document in load_all(f"{FOLDER}/{path}"):
            found[document["kind"], document["metadata"]["name"]] = document
    return found


class Manifests(unittest.TestCase):
    def setUp(self):
        self.all = manifests()
        self.set = self.all["StatefulSet", "posthaste"]["spec"]
        self.pod = self.set["template"]
        (self.container,) = self.pod["spec"]["containers"]

    def test_the_kustomization_names_every_file(self):
        text = read(f"{FOLDER}/kustomization.yaml")
        for folder in ("", "optional/"):
            for name in os.listdir(os.path.join(ROOT, FOLDER, folder)):
                if name.endswith(".yaml") and name != "kustomization.yaml":
                    self.assertRegex(text, rf"- {folder}{name}\n")

    def test_selectors_find_the_pod_and_nothing_else(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(labels, self.set["selector"]["matchLabels"])
        self.assertEqual(labels, self.all["PodDisruptionBudget", "posthaste"]["spec"]["selector"]["matchLabels"])
        for name in ("posthaste", "posthaste-pods"):
            self.assertEqual(labels, self.all["Service", name]["spec"]["selector"])
        self.assertEqual("posthaste-pods", self.set["serviceName"])
        monitored = self.all["ServiceMonitor", "posthaste"]["spec"]["selector"]["matchLabels"].items()
        services = [name for (kind, name), document in self.all.items()
                    if kind == "Service" and monitored <= document["metadata"].get("labels", {}).items()]
        self.assertEqual(["posthaste"], services, "scraped once")

    def test_ports_have_one_name_and_number(self):
        (port,) = self.container["ports"]
        self.assertEqual({"name": "http", "containerPort": 8000}, port)
        for name in ("posthaste", "posthaste-pods"):
            self.assertEqual([{"name": "http", "port": 8000, "targetPort": "http"}], self.all["Service", name]["spec"]["ports"])
        (rule,) = self.all["Ingress", "posthaste"]["spec"]["rules"]
        backend = rule["http"]["paths"][0]["backend"]["service"]
        self.assertEqual({"name": "posthaste", "port": {"name": "http"}}, backend)
        self.assertEqual("http", self.all["ServiceMonitor", "posthaste"]["spec"]["endpoints"][0]["port"])

    def test_S0_33_one_replica_until_there_is_a_database_to_share(self):
        self.assertEqual(1, self.set["replicas"])
        self.assertIn("more replicas need a database", read(f"{FOLDER}/statefulset.yaml"))
        self.assertEqual(1, self.all["PodDisruptionBudget", "posthaste"]["spec"]["maxUnavailable"], "or no node could be drained")

    def test_data_are_on_a_volume_of_their_own(self):
        (mount,) = self.container["volumeMounts"]
        (claim,) = self.set["volumeClaimTemplates"]
        self.assertEqual({"name": claim["metadata"]["name"], "mountPath": "/data"}, mount)
        self.assertEqual(["ReadWriteOnce"], claim["spec"]["accessModes"])

    def test_it_is_stopped_later_than_it_drains(self):
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], DRAIN_SECONDS + 10)

    def test_it_may_do_nothing_to_the_node(self):
        self.assertEqual("restricted", self.all["Namespace", "posthaste"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"])
        security = self.pod["spec"]["securityContext"]
        self.assertTrue(security["runAsNonRoot"])
        self.assertIn(f"USER {security['runAsUser']}:{security['runAsGroup']}\n", read("Dockerfile"))
        self.assertEqual(security["runAsGroup"], security["fsGroup"])
        self.assertEqual({"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                         self.container["securityContext"])

    def test_variables_are_settings(self):
        known = {variable for variables in settings().values() for variable in variables}
        literals = re.findall(r"- (\w+)=", read(f"{FOLDER}/kustomization.yaml"))  # those in comments, too
        self.assertGreater(len(literals), 2)
        self.assertEqual(set(), set(literals) - known)
        (generated,) = load(f"{FOLDER}/kustomization.yaml")["configMapGenerator"]
        self.assertEqual(generated["name"], self.container["envFrom"][0]["configMapRef"]["name"])
        self.assertIn("POSTHASTE_AUTH=required", generated["literals"])


class Probes(IntegrationTest):
    def test_they_ask_routes_that_answer_without_credentials(self):
        (container,) = manifests()["StatefulSet", "posthaste"]["spec"]["template"]["spec"]["containers"]
        server = self.server().start()
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container[probe]["httpGet"]
            self.assertEqual("http", asked["port"])
            self.assertIn(self.api(server).call("GET", asked["path"]).status, (200, 204), probe)
        self.assertEqual("/health", container["readinessProbe"]["httpGet"]["path"], "which says 503 while it cannot commit")
        self.assertNotEqual("/health", container["livenessProbe"]["httpGet"]["path"], "a full disk is no reason to restart")


if __name__ == "__main__":
    unittest.main()
