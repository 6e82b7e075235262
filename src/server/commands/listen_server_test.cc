#include "server/commands/listen_server.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

namespace posthaste {
namespace {

// A receiver on a thread of its own, stopped at the end of the test.
class ListenServerTest : public ::testing::Test {
protected:
    void start(ListenOptions options) {
        options.port = 0;
        server_ = ListenServer::create(options, [this](const DeliveryReport& report) {
                      bodies_.push_back(report.request.body);
                      copies_.push_back(report.copies);
                  }).value();
        thread_ = std::thread([this] { server_->run(stop_.get()); });
    }

    void TearDown() override { finish(); }

    void finish() {
        if (!thread_.joinable()) return;
        const std::uint64_t one = 1;
        ASSERT_EQ(::write(stop_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
        thread_.join();
    }

    // Sends all of `text` on a new connection, ends its side, and reads until the server ends the other.
    std::string exchange(std::string_view text) {
        const FileDescriptor socket = open_connection("127.0.0.1", server_->port(), 5000).value();
        EXPECT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
        ::shutdown(socket.get(), SHUT_WR);
        std::string answer;
        std::array<char, 65536> buffer;
        for (;;) {
            const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
            if (got <= 0) return answer;
            answer.append(buffer.data(), static_cast<std::size_t>(got));
        }
    }

    FileDescriptor stop_{::eventfd(0, EFD_CLOEXEC)};
    std::unique_ptr<ListenServer> server_;
    std::thread thread_;
    std::vector<std::string> bodies_;
    std::vector<std::uint64_t> copies_;
};

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string_view::npos;
         at = text.find(part, at + 1))
        ++count;
    return count;
}

std::string request(const std::string& id, const std::string& body) {
    return "POST /x HTTP/1.1\r\nHost: h\r\nwebhook-id: " + id +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(ListenServerTest, AnswersRequestsOfOneConnectionInOrder) {
    start({});
    std::string text;
    for (int i = 0; i < 500; ++i) text += request("msg_" + std::to_string(i), std::to_string(i));
    text += "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    EXPECT_EQ(count_of(exchange(text), "HTTP/1.1 200 OK"), 501U);
    finish();
    ASSERT_EQ(bodies_.size(), 501U);
    EXPECT_EQ(bodies_[499], "499");
    EXPECT_EQ(bodies_[500], "abc");
    EXPECT_EQ(server_->totals().unique, 500U);
    EXPECT_EQ(server_->totals().duplicates, 0U);
}

TEST_F(ListenServerTest, TellsRetriesFromDuplicates) {
    ListenOptions options;
    options.fail_every = 2;
    start(options);
    // The second delivery fails; its repetition is a retry, and the one after that a duplicate.
    exchange(request("a", "1") + request("b", "2") + request("b", "2") + request("c", "3") +
             request("b", "2"));
    finish();
    EXPECT_EQ(copies_, (std::vector<std::uint64_t>{1, 1, 2, 1, 3}));
    EXPECT_EQ(server_->totals().retries, 1U);
    EXPECT_EQ(server_->totals().duplicates, 1U);
    EXPECT_EQ(server_->totals().failed_on_purpose, 2U);
}

TEST_F(ListenServerTest, AnswersLateWhenToldTo) {
    ListenOptions options;
    options.delay = 5ms;
    start(options);
    EXPECT_EQ(count_of(exchange(request("a", "1") + request("b", "2")), "HTTP/1.1 200 OK"), 2U);
}

TEST_F(ListenServerTest, SendsHugeBodiesWhole) {
    ListenOptions options;
    options.huge_bytes = 3'000'001;
    start(options);
    const std::string answer = exchange(request("a", "1"));
    EXPECT_EQ(answer.size() - (answer.find("\r\n\r\n") + 4), 3'000'001U);
}

TEST_F(ListenServerTest, ClosesWhereItCannotUnderstand) {
    start({});
    EXPECT_TRUE(exchange("NONSENSE\r\n\r\n").starts_with("HTTP/1.1 400 "));
    EXPECT_EQ(exchange("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"), "");
    finish();
    EXPECT_EQ(server_->totals().malformed, 2U);
    EXPECT_EQ(server_->totals().deliveries, 0U);
}

TEST_F(ListenServerTest, GivesUpHangingConnectionsWhosePeerLeft) {
    ListenOptions options;
    options.hang = true;
    start(options);
    EXPECT_EQ(exchange(request("a", "1")), "");
    finish();
    EXPECT_EQ(server_->totals().deliveries, 1U);
}

TEST_F(ListenServerTest, AsksForTheBodyOfAWaitingSender) {
    start({});
    const std::string answer =
        exchange("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")) << answer;
}

TEST_F(ListenServerTest, StopsByItselfAfterSoManyDeliveries) {
    ListenOptions options;
    options.count = 2;
    start(options);
    exchange(request("a", "1"));
    exchange(request("b", "2"));
    thread_.join();
    EXPECT_EQ(server_->totals().deliveries, 2U);
}

TEST(ListenServerCreate, SaysThatThePortIsTaken) {
    const FileDescriptor other = open_listener("127.0.0.1", 0).value();
    ListenOptions options;
    options.port = bound_port(other);
    const auto server = ListenServer::create(options, [](const DeliveryReport&) {});
    ASSERT_FALSE(server);
    EXPECT_NE(server.error().message.find("in use"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
