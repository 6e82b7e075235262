// Answers that are streams: how they are framed, and everything that ends one.

#include <memory>
#include <string>

#include "net/http_server_fixture.h"

namespace posthaste {
namespace {

using testing::HttpServerTest;
using testing::TestClient;
using testing::TestResponse;

// Says what it is told to say. On the server's thread only.
class Speech final : public HttpStream {
public:
    bool take(std::string& out) override {
        out = endless_ ? std::string(64 * 1024, 'x') : std::exchange(text_, {});
        return !is_over_;
    }
    void notify(std::function<void()> wake) override { wake_ = std::move(wake); }

    void say(std::string_view text) {
        text_ += text;
        if (wake_) wake_();
    }
    void end() {
        is_over_ = true;
        if (wake_) wake_();
    }
    void say_without_end() {
        endless_ = true;
        if (wake_) wake_();
    }

private:
    std::string text_;
    bool is_over_ = false;
    bool endless_ = false;
    std::function<void()> wake_;
};

class HttpServerStream : public HttpServerTest {
protected:
    // The next request for /stream gets a new one.
    void offer() {
        on_server_thread([this] {
            auto speech = std::make_shared<Speech>();
            speech_ = speech;
            handler_.stream = std::move(speech);
        });
    }
    // False: it was dropped.
    bool say(std::string_view text) {
        return on_speech([&](Speech& speech) { speech.say(text); });
    }
    template <class Do>
    bool on_speech(Do act) {
        bool is_there = false;
        on_server_thread([&] {
            const auto speech = speech_.lock();
            is_there = speech != nullptr;
            if (speech) act(*speech);
        });
        return is_there;
    }
    bool is_dropped() {
        return eventually([this] { return !on_speech([](Speech&) {}); });
    }

    std::weak_ptr<Speech> speech_;
};

constexpr std::string_view kAsk = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(HttpServerStream, pieces_come_in_chunks_as_they_are_said) {
    start();
    offer();
    TestClient client(port_);
    const TestResponse head = client.ask(kAsk);
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.has("Transfer-Encoding: chunked")) << head.head;
    EXPECT_TRUE(head.has("Connection: close"));
    EXPECT_EQ(head.head.find("Content-Length"), std::string::npos);
    ASSERT_TRUE(say("hello"));
    EXPECT_EQ(client.read_to("\r\nhello\r\n"), "5\r\nhello\r\n");
    ASSERT_TRUE(say("0123456789abcdef!"));
    EXPECT_EQ(client.read_to("!\r\n"), "11\r\n0123456789abcdef!\r\n");
    ASSERT_TRUE(on_speech([](Speech& speech) { speech.end(); }));
    EXPECT_EQ(client.read_to("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(is_dropped());
}

TEST_F(HttpServerStream, the_last_words_are_heard) {
    start();
    offer();
    TestClient client(port_);
    client.ask(kAsk);
    ASSERT_TRUE(on_speech([](Speech& speech) {
        speech.say("bye");
        speech.end();
    }));
    EXPECT_EQ(client.read_to("0\r\n\r\n"), "3\r\nbye\r\n0\r\n\r\n");
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerStream, an_old_client_gets_plain_bytes_until_the_end) {
    start();
    offer();
    TestClient client(port_);
    const TestResponse head = client.ask("GET /stream HTTP/1.0\r\n\r\n");
    EXPECT_EQ(head.head.find("Transfer-Encoding"), std::string::npos);
    ASSERT_TRUE(say("hello"));
    EXPECT_EQ(client.read_to("hello"), "hello");
    ASSERT_TRUE(on_speech([](Speech& speech) { speech.end(); }));
    EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerStream, head_gets_no_more_than_the_head) {
    start();
    offer();
    TestClient client(port_);
    client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.read("HEAD").status, 200);
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(is_dropped());
}

TEST_F(HttpServerStream, ends_when_the_client_goes) {
    start();
    for (const bool is_rude : {false, true}) {
        offer();
        TestClient client(port_);
        client.ask(kAsk);
        is_rude ? client.reset() : client.close();
        EXPECT_TRUE(is_dropped()) << is_rude;
    }
    EXPECT_TRUE(eventually([this] { return server_->metrics().connections_open.value() == 0; }));
}

TEST_F(HttpServerStream, what_the_client_sends_meanwhile_is_dropped) {
    start();
    offer();
    TestClient client(port_);
    client.ask(kAsk);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(10'000, 'x'));
    ASSERT_TRUE(say("hello"));
    EXPECT_EQ(client.read_to("hello\r\n"), "5\r\nhello\r\n");
    ASSERT_TRUE(on_speech([](Speech& speech) { speech.end(); }));
    EXPECT_EQ(client.read_to("0\r\n\r\n"), "0\r\n\r\n");
    EXPECT_EQ(handler_.handled, 1) << "nothing follows a stream";
}

TEST_F(HttpServerStream, ends_when_the_server_drains) {
    start();
    offer();
    TestClient client(port_);
    client.ask(kAsk);
    ASSERT_TRUE(say("hello"));
    client.read_to("hello\r\n");
    auto drained = std::async(std::launch::async, [this] { run(server_->drain(1h)); });
    EXPECT_EQ(client.read_to("0\r\n\r\n"), "0\r\n\r\n");
    client.close();
    drained.get();
    EXPECT_TRUE(is_dropped());
}

TEST_F(HttpServerStream, ends_when_the_server_is_closed) {
    start();
    offer();
    TestClient client(port_);
    client.ask(kAsk);
    on_server_thread([this] { server_->close(); });
    EXPECT_TRUE(is_dropped());
    EXPECT_TRUE(client.at_end());
}

// Whatever is said to somebody who does not listen ends with the write timeout, and takes no memory meanwhile.
TEST_F(HttpServerStream, ends_when_the_client_does_not_read) {
    HttpServerOptions options = default_options();
    options.write_timeout = 40ms;
    start_in_still_time(std::move(options));
    offer();
    TestClient client(port_);
    client.ask(kAsk);
    ASSERT_TRUE(on_speech([](Speech& speech) { speech.say_without_end(); }));
    EXPECT_TRUE(in_time([this] { return server_->metrics().timeouts.value() == 1; }));
    EXPECT_TRUE(is_dropped());
}

// Time-outs of requests are not for streams: a silent one lasts.
TEST_F(HttpServerStream, silence_ends_nothing) {
    HttpServerOptions options = default_options();
    options.keep_alive_idle = options.header_timeout = options.request_timeout = 40ms;
    options.write_timeout = options.linger_timeout = 40ms;
    start_in_still_time(std::move(options));
    offer();
    TestClient client(port_);
    EXPECT_EQ(client.ask(kAsk).status, 200);
    // Deadlines have passed once an idle connection, opened later, was closed for its own.
    TestClient idle(port_);
    const auto open = [this] { return server_->metrics().connections_open.value(); };
    ASSERT_TRUE(eventually([&] { return open() == 2; }));
    ASSERT_TRUE(in_time([&] { return open() == 1; }));
    EXPECT_TRUE(idle.at_end());
    ASSERT_TRUE(say("hello"));
    EXPECT_EQ(client.read_to("hello\r\n"), "5\r\nhello\r\n");
}

}  // namespace
}  // namespace posthaste
