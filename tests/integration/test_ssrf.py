"""No delivery reaches a private address, however it is spelled, unless the operator allowed its network."""

import socket
import unittest

from harness import IntegrationTest, eventually

HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7F.1", "0177.0.0.1", "017700000001", "127.000.000.001",
    "0", "0.0.0.0", "0x0", "00", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.", "ip6-localhost",
    "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
    "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "%31%32%37.0.0.1", "１２７.0.0.1", "user:pass@127.0.0.1", "127.0.0.1%00.example.com",
]


class PrivateAddresses(IntegrationTest):
    def listeners(self):
        first = self.receiver()
        receivers = [first]
        if socket.has_ipv6:
            try:
                receivers.append(self.receiver(host="::1", port=first.port))
            except OSError:
                pass
        return receivers

    def test_no_spelling_of_a_private_address_is_reached(self):
        receivers = self.listeners()
        api = self.api(self.server(allow_net=None, env={"WEBHOOK_MAX_RETRIES": "1"}).start())
        refused, pending = [], {}
        for host in HOSTS:
            url = f"http://{host}:{receivers[0].port}/hook"
            reply = api.call("POST", "/subscriptions/", {"target_url": url})
            if reply.status == 422:
                refused.append(host)
                continue
            self.assertEqual(200, reply.status, (host, reply.body))
            accepted = api.ingest(reply.json()["id"], {"event": "a", "data": {"host": host}})
            self.assertEqual(202, accepted.status)
            pending[host] = accepted.json()["delivery_id"]
        for host, delivery in pending.items():
            attempt = eventually(lambda: api.attempts(delivery), what=f"an attempt for {host}")[0]
            self.assertEqual((None, False), (attempt["status_code"], attempt["success"]), host)
            self.assertTrue(attempt["error"], host)
        for receiver in receivers:
            self.assertEqual(0, receiver.connections, "a connection reached loopback")
        self.assertGreater(len(pending), 3, "the guard at the connection was not exercised")

    def test_the_same_addresses_work_when_allowed(self):
        receiver = self.receiver()
        api = self.api(self.server().start())
        for host in ["127.0.0.1", "localhost"]:
            subscription = api.subscribe(f"http://{host}:{receiver.port}/{host}")["id"]
            self.assertEqual(202, api.ingest(subscription, {"event": "a", "data": {}}).status)
        receiver.wait_count(2)
        self.assertEqual({"/127.0.0.1", "/localhost"}, {delivery.target for delivery in receiver.ledger})

    def test_a_change_of_the_url_is_checked_too(self):
        receiver = self.receiver()
        api = self.api(self.server(allow_net="192.0.2.0/24", env={"WEBHOOK_MAX_RETRIES": "1"}).start())
        subscription = api.subscribe("http://example.com/")["id"]
        changed = api.call("PUT", f"/subscriptions/{subscription}", {"target_url": receiver.url()})
        if changed.status == 200:
            delivery = api.ingest(subscription, {"event": "a", "data": {}}).json()["delivery_id"]
            attempt = eventually(lambda: api.attempts(delivery), what="an attempt")[0]
            self.assertEqual((None, False), (attempt["status_code"], attempt["success"]))
        else:
            self.assertEqual(422, changed.status)
        self.assertEqual(0, receiver.connections)


if __name__ == "__main__":
    unittest.main()
