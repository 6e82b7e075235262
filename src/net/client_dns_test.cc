#include "net/client_dns.h"

#include <cstdio>
#include <map>

#include "net/client_hosts.h"
#include "net/client_test_support.h"

namespace posthaste {
namespace {

using testing::ClientBench;
using testing::make_request;
using testing::ok;
using testing::Peer;
using testing::ScriptedReceiver;

using Records = std::map<std::string, std::vector<std::string>>;

// A name server on loopback that knows the A records it is given; other names do not exist, "silent." names get no answer.
class NameServer {
public:
    explicit NameServer(Records records) : records_(std::move(records)) {
        socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
        getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~NameServer() {
        ::shutdown(socket_, SHUT_RDWR);
        // A datagram socket's receive may outlive shutdown(); an empty datagram ends it for sure.
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(port_);
        const int waker = ::socket(AF_INET, SOCK_DGRAM, 0);
        ::sendto(waker, "", 0, 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
        thread_.join();
        ::close(waker);
        ::close(socket_);
    }
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    [[nodiscard]] HttpClientOptions options() const {
        HttpClientOptions result;
        result.hosts_file = "/nonexistent";
        result.dns_servers = "127.0.0.1:" + std::to_string(port_);
        return result;
    }
    [[nodiscard]] int questions() const { return questions_.load(); }

private:
    void serve() {
        unsigned char packet[512];
        sockaddr_in from{};
        while (true) {
            socklen_t size = sizeof from;
            const ssize_t got = ::recvfrom(socket_, packet, sizeof packet, 0,
                                           reinterpret_cast<sockaddr*>(&from), &size);
            if (got < 12) return;
            const std::string reply =
                answer(std::string(reinterpret_cast<char*>(packet), static_cast<std::size_t>(got)));
            if (!reply.empty())
                ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from),
                         size);
        }
    }

    std::string answer(const std::string& question) {
        std::string name;
        std::size_t at = 12;
        while (at < question.size() && question[at] != 0) {
            const auto length = static_cast<std::size_t>(question[at]);
            name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
            at += length + 1;
        }
        const bool is_a = question[at + 2] == 1;
        if (is_a) ++questions_;
        if (name.starts_with("silent.")) return {};
        const auto found = records_.find(name);
        const std::size_t count = found != records_.end() && is_a ? found->second.size() : 0;
        std::string reply = question.substr(0, 2) + std::string("\x81\x80\x00\x01\x00", 5) +
                            static_cast<char>(count) + std::string(4, '\0') +
                            question.substr(12, at + 5 - 12);
        if (found == records_.end()) reply[3] = static_cast<char>(0x83);
        for (std::size_t i = 0; i < count; ++i) {
            reply += std::string("\xC0\x0C\x00\x01\x00\x01\x00\x00\x00\x3C\x00\x04", 12);
            const auto bytes = parse_ip(found->second[i])->bytes;
            reply.append(reinterpret_cast<const char*>(bytes.data()) + 12, 4);
        }
        return reply;
    }

    const Records records_;
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<int> questions_{0};
    std::thread thread_;
};

void serve_ok(Peer& peer, int) {
    while (!peer.read_request().empty()) peer.write(ok());
}

TEST(ClientDns, a_name_is_resolved_once_and_remembered) {
    const Records records = {{"hook.test", {"127.0.0.1"}}};
    NameServer names(records);
    ScriptedReceiver receiver([](Peer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    ClientBench bench(names.options());
    for (int i = 0; i < 3; ++i) {
        const TransportResult result = bench.send(receiver.url("http", "hook.test"));
        EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
    }
    EXPECT_EQ(names.questions(), 1);
    EXPECT_EQ(receiver.connections(), 3);
}

TEST(ClientDns, questions_for_the_same_name_are_joined) {
    const Records records = {{"hook.test", {"127.0.0.1"}}};
    NameServer names(records);
    ScriptedReceiver receiver(serve_ok);
    ClientBench bench(names.options());
    std::vector<std::optional<TransportResult>*> slots;
    for (int i = 0; i < 8; ++i)
        slots.push_back(&bench.start(make_request(receiver.url("http", "hook.test"))));
    bench.run_until([&] {
        return std::all_of(slots.begin(), slots.end(),
                           [](const auto* slot) { return slot->has_value(); });
    });
    for (const auto* slot : slots)
        EXPECT_EQ((*slot)->outcome, AttemptOutcome::delivered) << (*slot)->error;
    EXPECT_EQ(names.questions(), 1);
}

TEST(ClientDns, names_that_point_inside_are_blocked) {
    NameServer names(
        {{"inside.test", {"127.0.0.1", "10.0.0.7"}}, {"metadata.test", {"169.254.169.254"}}});
    ScriptedReceiver receiver(serve_ok);
    ClientBench bench(names.options(), ClientBench::StrictGuard{});
    for (const std::string_view host : {"inside.test", "metadata.test"}) {
        const TransportResult result = bench.send(receiver.url("http", host));
        EXPECT_EQ(result.outcome, AttemptOutcome::blocked) << result.error;
    }
    const TransportResult result = bench.send(receiver.url("http", "inside.test"));
    EXPECT_NE(result.error.find("127.0.0.1 (loopback)"), std::string::npos) << result.error;
    EXPECT_NE(result.error.find("10.0.0.7 (private)"), std::string::npos) << result.error;
    EXPECT_EQ(receiver.connections(), 0);
}

TEST(ClientDns, refused_addresses_are_skipped_and_dead_ones_passed_over) {
    const Records records = {{"mixed.test", {"10.0.0.7", "127.0.0.9", "127.0.0.1"}}};
    NameServer names(records);
    ScriptedReceiver receiver(serve_ok);  // listens on 127.0.0.1 only
    ClientBench bench(names.options());
    const TransportResult result = bench.send(receiver.url("http", "mixed.test"));
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
}

TEST(ClientDns, an_unknown_name_fails_and_is_not_asked_again_at_once) {
    NameServer names(Records{});
    ClientBench bench(names.options());
    const TransportResult first = bench.send("http://nowhere.test/");
    EXPECT_EQ(first.outcome, AttemptOutcome::dns_failed);
    EXPECT_EQ(first.error, "The name nowhere.test does not exist.");
    const int asked = names.questions();
    EXPECT_EQ(bench.send("http://nowhere.test/").outcome, AttemptOutcome::dns_failed);
    EXPECT_EQ(names.questions(), asked);
}

TEST(ClientDns, a_silent_name_server_runs_into_the_deadline) {
    NameServer names(Records{});
    ClientBench bench(names.options());
    OutboundRequest request = make_request("http://silent.test/");
    request.timeout = 1s;
    const auto& slot = bench.start(std::move(request));
    bench.advance(1s);
    const TransportResult result = bench.result_of(slot);
    EXPECT_EQ(result.outcome, AttemptOutcome::timed_out);
    EXPECT_NE(result.error.find("resolving"), std::string::npos) << result.error;
}

TEST(ClientDns, stop_forgets_open_questions) {
    NameServer names(Records{});
    ClientBench bench(names.options());
    auto& slot = bench.start(make_request("http://silent.test/"));
    bench.run_until([&] { return names.questions() > 0; });
    bench.client().stop();
    bench.run_until([&] { return slot.has_value(); });
    EXPECT_EQ(slot->outcome, AttemptOutcome::interrupted);
}

class HostsOnDisk {
public:
    explicit HostsOnDisk(std::string_view text) {
        char path[] = "/tmp/posthaste-hosts-XXXXXX";
        const int descriptor = mkstemp(path);
        path_ = path;
        EXPECT_EQ(::write(descriptor, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ::close(descriptor);
    }
    ~HostsOnDisk() { std::remove(path_.c_str()); }
    HostsOnDisk(const HostsOnDisk&) = delete;
    HostsOnDisk& operator=(const HostsOnDisk&) = delete;
    [[nodiscard]] HttpClientOptions options() const {
        HttpClientOptions result;
        result.hosts_file = path_;
        return result;
    }

private:
    std::string path_;
};

TEST(ClientDns, the_hosts_file_comes_first_and_is_judged_like_dns) {
    HostsOnDisk hosts(
        "127.0.0.1 receiver.test\n192.168.1.9 router.test\n::1 six.test\n169.254.169.254 "
        "both.test\n127.0.0.1 both.test\n");
    ScriptedReceiver receiver(serve_ok);
    ClientBench bench(hosts.options());
    EXPECT_EQ(bench.send(receiver.url("http", "receiver.test")).outcome, AttemptOutcome::delivered);
    EXPECT_EQ(bench.send(receiver.url("http", "RECEIVER.test")).outcome, AttemptOutcome::delivered);
    EXPECT_EQ(bench.send(receiver.url("http", "both.test")).outcome, AttemptOutcome::delivered);
    EXPECT_EQ(bench.send(receiver.url("http", "router.test")).outcome, AttemptOutcome::blocked);
    EXPECT_EQ(bench.send(receiver.url("http", "six.test")).outcome, AttemptOutcome::blocked);
    ClientBench strict(hosts.options(), ClientBench::StrictGuard{});
    EXPECT_EQ(strict.send(receiver.url("http", "receiver.test")).outcome, AttemptOutcome::blocked);
}

TEST(ParseHosts, reads_what_makes_sense) {
    const HostsTable table = parse_hosts(
        "# remark\n"
        "127.0.0.1\tlocalhost Localhost.LocalDomain # more\n"
        "\n"
        "  10.0.0.1   a   b\r\n"
        "10.0.0.2 a\n"
        "10.0.0.2 a\n"
        "fe80::1%lo0 zoned\n"
        "127.1 lenient\n"
        "10.0.0.3\n"
        "::1 six");
    EXPECT_EQ(table.size(), 5U);
    EXPECT_EQ(table.at("localhost.localdomain").size(), 1U);
    EXPECT_EQ(table.at("a").size(), 2U);
    EXPECT_EQ(to_string(table.at("b").front()), "10.0.0.1");
    EXPECT_EQ(to_string(table.at("six").front()), "::1");
    EXPECT_FALSE(table.contains("lenient"));
}

TEST(HostsFile, localhost_is_known_without_a_file) {
    HostsFile hosts("/nonexistent");
    ASSERT_NE(hosts.find("localhost"), nullptr);
    EXPECT_EQ(hosts.find("localhost")->size(), 2U);
    EXPECT_NE(hosts.find("any.localhost"), nullptr);
    EXPECT_EQ(hosts.find("notlocalhost"), nullptr);
}

}  // namespace
}  // namespace posthaste
