"""Grafana's dashboards and Prometheus' rules ask for what a server really has at /metrics."""

import itertools
import json
import os
import re
import shutil
import subprocess
import unittest
import urllib.error
import urllib.parse
import urllib.request

from files import ROOT, load, read
from harness import Answer, IntegrationTest, eventually, free_port

DASHBOARDS = ["deploy/grafana/deliveries.json", "deploy/grafana/server.json"]
RULES = "deploy/prometheus/rules.yml"
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def panels(path):
    return [panel for panel in json.loads(read(path))["panels"] if panel["type"] != "row"]


def queries(path):
    """(title, expression) of every query of a dashboard."""
    return [(panel["title"], target["expr"]) for panel in panels(path) for target in panel["targets"]]


def rules():
    return [rule for group in load(RULES)["groups"] for rule in group["rules"]]


def expressions():
    found = [(f"{path}: {title}", expression) for path in DASHBOARDS for title, expression in queries(path)]
    return found + [(rule["alert"], rule["expr"]) for rule in rules()]


class Page:
    """The text of /metrics: type by family, and the samples as (name, labels, value)."""

    def __init__(self, text):
        self.text, self.types, self.helps, self.samples = text, {}, {}, []
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert name not in self.types, f"{name} comes twice"
                self.types[name] = kind
            elif line.startswith("# HELP "):
                _, _, name, text_of_it = line.split(" ", 3)
                self.helps[name] = text_of_it
            else:
                name, labels, value = SAMPLE.fullmatch(line).groups()
                self.samples.append((name, dict(LABEL.findall(labels or "")), float(value)))

    def family(self, name):
        for suffix in ("_bucket", "_sum", "_count"):
            if self.types.get(name.removesuffix(suffix)) == "histogram":
                return name.removesuffix(suffix)
        return name

    def histograms(self, name):
        """(buckets, count) for each set of labels."""
        for sample, labels, count in self.samples:
            if sample == f"{name}_count":
                yield [(of["le"], value) for bucket, of, value in self.samples
                       if bucket == f"{name}_bucket" and of == {**labels, "le": of["le"]}], count

    def labels(self, name):
        """The values of each label of a sample's name."""
        values = {}
        for sample, labels, _ in self.samples:
            if sample == name:
                for label, value in labels.items():
                    values.setdefault(label, set()).add(value)
        return values

    def has(self, name):
        return any(sample == name for sample, _, _ in self.samples)


class Observability(IntegrationTest):
    def setUp(self):
        super().setUp()
        self.running = self.server(env={"WEBHOOK_MAX_RETRIES": "2", "WEBHOOK_RETRY_DELAY": "0"}).start()
        self.receiver_at = self.receiver(lambda delivery: Answer(status=500 if delivery.target == "/bad" else 200))
        self.deliver_some()

    def deliver_some(self):
        api = self.api(self.running)
        for path in ("/good", "/bad"):
            subscription = api.subscribe(self.receiver_at.url(path))["id"]
            for number in range(5):
                self.assertEqual(202, api.ingest(subscription, {"event": "a", "data": {"n": number}}).status)
        eventually(lambda: self.counted('posthaste_deliveries_total{state="dead"} 5\n'), what="five dead letters")
        eventually(lambda: self.counted('posthaste_deliveries_total{state="delivered"} 5\n'), what="five deliveries")

    def metrics(self):
        return self.api(self.running).call("GET", "/metrics").body.decode()

    def counted(self, line):
        return line in self.metrics()

    def test_S0_27_the_page_is_what_prometheus_reads(self):
        page = Page(self.metrics())
        for name, _, _ in page.samples:
            family = page.family(name)
            self.assertIn(family, page.types, name)
            self.assertIn(family, page.helps, name)
        for name, kind in page.types.items():
            self.assertEqual(kind == "counter", name.endswith("_total"), name)
            if kind == "histogram":
                for buckets, count in page.histograms(name):
                    bounds = [float(bound.replace("+Inf", "inf")) for bound, _ in buckets]
                    self.assertEqual(sorted(bounds), bounds)
                    self.assertTrue(all(lower <= upper for (_, lower), (_, upper) in itertools.pairwise(buckets)), name)
                    self.assertEqual(("+Inf", count), buckets[-1], name)

    def test_S0_28_S3_36_every_metric_that_is_asked_for_exists(self):
        page = Page(self.metrics())
        for where, expression in expressions():
            names = re.findall(r"\bposthaste_\w+", expression)
            self.assertTrue(names or "up{" in expression, where)
            for name in names:
                self.assertTrue(page.has(name), f"{where}: there is no {name}")
            for name, selector in re.findall(r"\b(posthaste_\w+)\{([^}]*)\}", expression):
                values = page.labels(name)
                for label, operator, wanted in re.findall(r'(\w+)(=~?)"([^"]*)"', selector):
                    if label == "instance":  # Prometheus adds it
                        continue
                    self.assertIn(label, values, f"{where}: {name} has no label {label}")
                    for value in wanted.split("|") if operator == "=~" else [wanted]:
                        self.assertIn(value, values[label], f"{where}: {name} has no {label}={value}")

    @unittest.skipUnless(shutil.which("promtool"), "needs promtool, of Debian's package prometheus")
    def test_promtool_finds_nothing_wrong(self):
        for words, text in ((["check", "metrics"], self.metrics()), (["check", "rules", RULES], None),
                            (["test", "rules", "deploy/prometheus/rules_test.yml"], None)):
            done = subprocess.run(["promtool", *words], input=text, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
            self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    @unittest.skipUnless(shutil.which("prometheus"), "needs Debian's package prometheus")
    def test_prometheus_answers_every_query(self):
        prometheus = self.prometheus()
        for where, expression in expressions():
            # What would wait for minutes of measurements waits for seconds here.
            expression = expression.replace('"$instance"', '".*"').replace("$__rate_interval", "30s")
            wants_numbers = where.startswith("deploy/grafana")
            eventually(lambda: self.ask(prometheus, expression) or not wants_numbers, what=f"an answer to {where}: {expression}")

    def prometheus(self):
        """The address of one that reads the server often."""
        port = free_port()
        with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                       "scrape_configs": [{"job_name": "posthaste", "static_configs": [{"targets": [f"127.0.0.1:{self.running.port}"]}]}]}, file)
        with open(os.path.join(self.folder, "prometheus.log"), "wb") as log:
            process = subprocess.Popen(["prometheus", f"--config.file={self.folder}/prometheus.yml", f"--storage.tsdb.path={self.folder}/tsdb",
                                        f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return f"http://127.0.0.1:{port}"

    @staticmethod
    def ask(prometheus, expression):
        try:
            with urllib.request.urlopen(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': expression})}", timeout=10) as answer:
                return json.load(answer)["data"]["result"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None  # it still starts
            raise AssertionError(f"{expression}: {error.read()}") from error
        except OSError:
            return None  # not up yet


class Dashboards(unittest.TestCase):
    def test_S0_28_latency_success_against_failure_and_retries_have_panels(self):
        titles = " / ".join(title for title, _ in queries(DASHBOARDS[0]))
        for wanted in ("Delivery latency", "Success rate and failure rate", "Retries", "Backlog", "Dead letters"):
            self.assertIn(wanted, titles)

    def test_panels_have_places_and_numbers_of_their_own(self):
        for path in DASHBOARDS:
            board = json.loads(read(path))
            self.assertEqual(len(board["panels"]), len({panel["id"] for panel in board["panels"]}))
            taken = set()
            for panel in board["panels"]:
                at = panel["gridPos"]
                cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                self.assertFalse(taken & cells, f"{path}: {panel['title']} covers another panel")
                taken |= cells

    def test_every_query_has_its_source_and_its_server(self):
        for path in DASHBOARDS:
            for panel in panels(path):
                for target in panel["targets"]:
                    self.assertEqual("${datasource}", target["datasource"]["uid"], panel["title"])
                    self.assertIn('instance=~"$instance"', target["expr"], panel["title"])

    def test_what_provisions_them_says_the_same_as_the_compose_file(self):
        (source,) = load("deploy/grafana/provisioning/datasources/prometheus.yml")["datasources"]
        self.assertEqual("http://prometheus:9090", source["url"])
        (provider,) = load("deploy/grafana/provisioning/dashboards/posthaste.yml")["providers"]
        mounted = load("deploy/compose/observability.yml")["services"]["grafana"]["volumes"]
        self.assertIn(f"./deploy/grafana:{provider['options']['path']}:ro", mounted)


class Rules(unittest.TestCase):
    def test_S3_36_every_alert_says_what_it_means(self):
        for rule in rules():
            self.assertIn(rule["labels"]["severity"], ("page", "ticket"), rule["alert"])
            self.assertTrue({"summary", "description"} <= set(rule["annotations"]), rule["alert"])

    def test_every_alert_has_a_test(self):
        tests = read("deploy/prometheus/rules_test.yml")
        for rule in rules():
            self.assertIn(f'alertname="{rule["alert"]}"', tests)

    def test_S3_36_queue_failures_workers_and_store_are_watched(self):
        self.assertLessEqual({"PosthasteBacklog", "PosthasteQueueLag", "PosthasteFailureRate", "PosthasteNoAttempts", "PosthasteStoreUnhealthy",
                              "PosthasteDeadLetters", "PosthasteRepaired"}, {rule["alert"] for rule in rules()})


if __name__ == "__main__":
    unittest.main()
