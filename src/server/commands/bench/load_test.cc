// Generator and sink against each other, without a server in between: what one sends the other must have.

#include <gtest/gtest.h>

#include <string>

#include "server/commands/bench/generator.h"
#include "server/commands/bench/sink.h"
#include "server/commands/http_call.h"

namespace posthaste {
namespace {

class LoadTest : public ::testing::Test {
protected:
    void SetUp() override {
        ledger_ = Ledger::create(5'000).value();
        sink_ = DeliverySink::start({2, parse_secret("secret").value()}, *ledger_).value();
    }

    std::unique_ptr<LoadGenerator> make_generator(unsigned connections, std::size_t payload) {
        LoadGenerator::Options options;
        options.server = {"127.0.0.1", sink_->port(0)};
        options.connections = connections;
        options.payload_bytes = payload;
        options.paths = {"/a", "/b", "/c"};
        return LoadGenerator::create(options, *ledger_).value();
    }

    std::unique_ptr<Ledger> ledger_;
    std::unique_ptr<DeliverySink> sink_;
};

TEST_F(LoadTest, ClosedLoopSendsAllAndTheSinkHasThemOnceEach) {
    auto generator = make_generator(8, 300'000);  // larger than one read
    generator->begin({.rate = 0, .targets = {0, 1, 1}, .events_max = 500});
    generator->finish();
    EXPECT_EQ(ledger_->size(), 500U);
    EXPECT_EQ(ledger_->acknowledged(), 500U);
    EXPECT_EQ(ledger_->received(), 500U);
    EXPECT_EQ(ledger_->duplicates(), 0U);
    EXPECT_EQ(generator->counts().refused, 0U);
    EXPECT_EQ(generator->counts().unanswered, 0U);
    EXPECT_EQ(sink_->counts().malformed, 0U);
    EXPECT_EQ(ledger_->line(3).target, 0U);
    EXPECT_EQ(ledger_->line(5).target, 1U);
}

TEST_F(LoadTest, OpenLoopKeepsItsScheduleEvenWhenItIsLate) {
    auto generator = make_generator(1, 1024);
    generator->begin({.rate = 10'000, .targets = {0}, .events_max = 300});
    generator->finish();
    ASSERT_EQ(ledger_->received(), 300U);
    for (std::uint64_t i = 1; i < 300; ++i) {
        EXPECT_EQ(ledger_->line(i).due_ns - ledger_->line(0).due_ns,
                  static_cast<std::int64_t>(i) * 100'000);
        EXPECT_GE(ledger_->line(i).received_ns, ledger_->line(i).due_ns);
    }
}

TEST_F(LoadTest, LoadsFollowEachOtherOnTheSameConnections) {
    auto generator = make_generator(4, 1024);
    for (int i = 0; i < 3; ++i) {
        generator->begin({.rate = 0, .targets = {0}, .events_max = 100});
        generator->finish();
    }
    EXPECT_EQ(ledger_->acknowledged(), 300U);
    EXPECT_EQ(generator->counts().reconnects, 4U);
    EXPECT_EQ(sink_->counts().connections, 4U);
}

TEST_F(LoadTest, TheLedgersEndStopsTheLoad) {
    auto generator = make_generator(4, 64);
    generator->begin({.rate = 0, .targets = {0}});
    generator->finish();
    EXPECT_EQ(ledger_->size(), 5'000U);
    EXPECT_EQ(ledger_->received(), 5'000U);
}

TEST_F(LoadTest, AHangingOriginReceivesNothing) {
    sink_->set_behaviour(1, OriginBehaviour::hang);
    const ServerAddress hanging{"http://127.0.0.1:" + std::to_string(sink_->port(1)), {}};
    const auto caller = HttpCaller::create(hanging, 50);
    ASSERT_TRUE(ledger_->issue(0, 1));
    EXPECT_FALSE(caller->call("POST", "/", R"({"n":"0000000000000000"})"));
    EXPECT_EQ(ledger_->received(), 0U);
    EXPECT_EQ(sink_->counts().hanging, 1U);
}

TEST_F(LoadTest, TheSinkTellsDuplicatesAndStrangersApart) {
    const ServerAddress address{"http://127.0.0.1:" + std::to_string(sink_->port(0)), {}};
    const auto caller = HttpCaller::create(address);
    ASSERT_TRUE(ledger_->issue(0, 1));
    sink_->watch_for_first();
    EXPECT_EQ(caller->call("POST", "/", R"({"n":"0000000000000000"})")->status, 200);
    EXPECT_EQ(caller->call("POST", "/", R"({"n":"0000000000000000"})")->status, 200);
    EXPECT_EQ(caller->call("POST", "/", R"({"n":"0000000000000009"})")->status, 200);
    EXPECT_EQ(caller->call("POST", "/", "hello")->status, 200);
    EXPECT_EQ(ledger_->received(), 1U);
    EXPECT_EQ(ledger_->duplicates(), 1U);
    EXPECT_EQ(sink_->counts().unknown, 2U);
    EXPECT_NE(sink_->first_seen_ns(), 0);
}

TEST_F(LoadTest, ABrokenConnectionIsAnUnansweredRequestNotALostOne) {
    auto generator = make_generator(2, 1024);
    sink_->set_behaviour(0, OriginBehaviour::hang);
    generator->begin({.rate = 0, .targets = {0}, .events_max = 2});
    while (sink_->counts().hanging < 2) std::this_thread::yield();
    sink_->stop();
    generator->finish();
    EXPECT_EQ(generator->counts().unanswered, 2U);
    EXPECT_EQ(ledger_->acknowledged(), 0U);
}

}  // namespace
}  // namespace posthaste
