#include "net/asio_alarm.h"

#include <gtest/gtest.h>

#include "net/system_clock.h"
#include "net/system_entropy.h"

namespace posthaste {
namespace {

class SetClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return at; }
    Timestamp at = from_micros(1'000'000'000);
};

class AsioAlarmTest : public ::testing::Test {
protected:
    std::unique_ptr<Alarm> make() {
        return factory_.make([this] { ++fired_; });
    }

    asio::io_context context_{1};
    SetClock clock_;
    AsioAlarmFactory factory_{context_.get_executor(), clock_};
    int fired_ = 0;
};

TEST_F(AsioAlarmTest, FiresOnceOnTheExecutorAndNotInsideArm) {
    const auto alarm = make();
    alarm->arm(clock_.at - 1s);
    EXPECT_EQ(fired_, 0);
    context_.run();
    EXPECT_EQ(fired_, 1);
}

TEST_F(AsioAlarmTest, ArmReplacesInBothDirections) {
    const auto alarm = make();
    alarm->arm(clock_.at + 1h);
    alarm->arm(clock_.at);
    context_.run_one();  // the wait that was replaced
    context_.run_one();
    EXPECT_EQ(fired_, 1);
    alarm->arm(clock_.at);
    alarm->arm(clock_.at + 1h);
    context_.run_one();  // wakes at the earlier time, finds the later one
    EXPECT_EQ(fired_, 1);
}

TEST_F(AsioAlarmTest, CancelAndDestructionPreventTheCallback) {
    auto cancelled = make();
    auto destroyed = make();
    cancelled->arm(clock_.at);
    destroyed->arm(clock_.at);
    cancelled->cancel();
    destroyed.reset();
    context_.run();
    EXPECT_EQ(fired_, 0);
    context_.restart();
    cancelled->arm(clock_.at);
    context_.run();
    EXPECT_EQ(fired_, 1);
}

TEST_F(AsioAlarmTest, AWallClockThatJumpsIsNoticed) {
    const auto alarm = make();
    alarm->arm(clock_.at + 30min);
    clock_.at += 1h;
    context_.run();  // would take half an hour if only steady time counted
    EXPECT_EQ(fired_, 1);
}

TEST_F(AsioAlarmTest, TheCallbackMayDestroyItsAlarm) {
    std::unique_ptr<Alarm> alarm;
    alarm = factory_.make([&] {
        ++fired_;
        alarm.reset();
    });
    alarm->arm(clock_.at);
    context_.run();
    EXPECT_EQ(fired_, 1);
}

TEST(SystemClock, IsTheWallClock) {
    const auto before = std::chrono::system_clock::now();
    const Timestamp now = SystemClock().now();
    EXPECT_GE(now, std::chrono::floor<Duration>(before));
    EXPECT_LE(now, std::chrono::system_clock::now());
}

TEST(SystemEntropy, NumbersDoNotRepeatAcrossRefills) {
    SystemEntropy first;
    SystemEntropy second;
    std::vector<std::uint64_t> drawn;
    for (int i = 0; i < 2000; ++i) {
        drawn.push_back(first.next());
        drawn.push_back(second.next());
        const double draw = first.draw();
        EXPECT_TRUE(draw >= 0 && draw < 1);
    }
    std::sort(drawn.begin(), drawn.end());
    EXPECT_EQ(std::adjacent_find(drawn.begin(), drawn.end()), drawn.end());
}

}  // namespace
}  // namespace posthaste
