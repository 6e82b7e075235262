"""Many events, few resources: conservation as the metrics show it, memory, and one dead endpoint among living ones."""

import re
import unittest

from harness import IntegrationTest, Load, eventually


class UnderLoad(IntegrationTest):
    def resident_megabytes(self, server):
        with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) / 1024

    def tally(self, api):
        text = api.call("GET", "/metrics").body.decode()
        return {state: int(float(value)) for state, value in re.findall(r'^posthaste_tally\{state="(\w+)"\} (\S+)$', text, re.M)}

    def test_S1_29_S1_30_five_thousand_events_in_small_memory(self):
        receiver = self.receiver()
        dead = self.receiver()
        dead_url = dead.url()
        dead.close()  # nothing listens there any more
        # No retry comes before the end, however long that takes.
        server = self.server(env={"WEBHOOK_RETRY_DELAY": "3600"}).start()
        api = self.api(server)
        living = [api.subscribe(receiver.url(f"/{i}"))["id"] for i in range(4)]
        nobody = api.subscribe(dead_url)["id"]
        for n in range(1000):
            self.assertEqual(202, api.ingest(nobody, {"event": "a", "data": {"n": -n}}).status)
        load = Load(server.port, living, threads=4, padding=900)
        eventually(lambda: load.acked_count() >= 5000, 120, "5,000 accepted events")
        load.stop()
        self.assertEqual(0, self.assert_all_arrived(load, receiver), "duplicates without a crash")
        self.assertEqual({}, dict(load.refused))
        self.assertLess(self.resident_megabytes(server), 256)

        accepted = 1000 + len(load.acked)

        def conserved():
            now = self.tally(api)
            return now["accepted"] == accepted and now["delivered"] == len(load.acked) and now
        now = eventually(conserved, what="a tally that counts everything")
        self.assertEqual(now["accepted"], now["delivered"] + now["dead"] + now["cancelled"] + now["pending"])
        self.assertEqual(1000, now["pending"])
        self.assertEqual(0, server.terminate())
        server.start()
        again = eventually(lambda: (t := self.tally(self.api(server)))["accepted"] and t, what="a tally after the restart")
        self.assertEqual(accepted, again["accepted"])


if __name__ == "__main__":
    unittest.main()
