// The simulator's own tests: that a seed means one history, that each rule, once broken, is noticed, and that the worlds go
// through the corners they are made for.

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "sim/marks.h"
#include "sim/runner.h"

namespace posthaste::sim {
namespace {

constexpr unsigned kJobs = 2;

std::map<std::uint64_t, std::uint64_t> hashes_of(SeedRange seeds) {
    std::map<std::uint64_t, std::uint64_t> hashes;
    run_worlds(seeds, kJobs, draw_world, [&](std::uint64_t seed, const Outcome& outcome) {
        EXPECT_EQ(outcome.violation, "") << "seed " << seed;
        hashes[seed] = outcome.trace_hash;
        return true;
    });
    return hashes;
}

TEST(Simulator, OneSeedIsOneHistory) {
    const auto first = hashes_of({1, 50});
    EXPECT_EQ(first, hashes_of({1, 50}));
    ASSERT_EQ(first.size(), 50u);
    EXPECT_NE(first.at(1), first.at(2));
}

TEST(Simulator, WorldsReachEveryMark) {
    forget_marks();
    run_worlds({1, 1500}, kJobs, draw_world, [](std::uint64_t seed, const Outcome& outcome) {
        EXPECT_EQ(outcome.violation, "") << "seed " << seed;
        return outcome.violation.empty();
    });
    for (const std::string_view mark : marks_missed()) ADD_FAILURE() << "no world reached " << mark;
}

TEST(Simulator, DeliveriesBesideAHangingEndpointArePrompt) {
    run_worlds({1, 40}, kJobs, draw_calm_world, [](std::uint64_t seed, const Outcome& outcome) {
        EXPECT_EQ(outcome.violation, "") << "calm seed " << seed;
        return true;
    });
}

struct BrokenRule {
    const char* name;
    bool Sabotage::* rule;
    std::uint64_t within;  // worlds
};

TEST(Simulator, NoticesEveryBrokenRule) {
    constexpr BrokenRule kRules[] = {
        {"ignore_due_times", &Sabotage::ignore_due_times, 20},
        {"forget_parking", &Sabotage::forget_parking, 20},
        {"ignore_attempts_max", &Sabotage::ignore_attempts_max, 20},
        {"ignore_lane_cap", &Sabotage::ignore_lane_cap, 20},
        {"ignore_throttle", &Sabotage::ignore_throttle, 20},
        {"ignore_breaker", &Sabotage::ignore_breaker, 100},
        {"forget_resends", &Sabotage::forget_resends, 20},
        {"count_manual_attempts", &Sabotage::count_manual_attempts, 100},
        {"forget_expunges", &Sabotage::forget_expunges, 100},
        {"skip_job_events", &Sabotage::skip_job_events, 100},
        {"ignore_job_window", &Sabotage::ignore_job_window, 200},
    };
    for (const BrokenRule& broken : kRules) {
        Sabotage sabotage;
        sabotage.*broken.rule = true;
        EXPECT_NE(first_seed_noticing(sabotage, {1, broken.within}), 0u) << broken.name;
    }
}

// Each of these worlds once broke a rule; sim/regressions.txt tells which.
TEST(Simulator, OldFailuresStayMended) {
    std::ifstream file(POSTHASTE_SIM_DIR "/regressions.txt");
    ASSERT_TRUE(file);
    std::string line;
    int worlds = 0;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        std::uint64_t seed = 0;
        ASSERT_TRUE(std::istringstream(line) >> seed) << line;
        const Outcome outcome = World(draw_world(seed)).run();
        EXPECT_EQ(outcome.violation, "") << line << "\n" << outcome.trace_tail;
        worlds += 1;
    }
    EXPECT_GT(worlds, 0);
}

TEST(Simulator, TheBoundsOfARetryAreThoseOfThePolicy) {
    RetryPolicy policy;
    policy.base = 1s;
    policy.factor = 2;
    policy.delay_max = 3s;
    policy.jitter = Jitter::none;
    EXPECT_EQ(retry_bounds(policy, 1).first, 1s - 1us);
    EXPECT_EQ(retry_bounds(policy, 2).first, 2s - 1us);
    EXPECT_EQ(retry_bounds(policy, 3).first, 3s - 1us);
    EXPECT_EQ(retry_bounds(policy, 3).second, 6s + 1us);
    policy.jitter = Jitter::full;
    EXPECT_EQ(retry_bounds(policy, 1).first, 500ms - 1us);
    policy.gaps = {10s, 20s};
    policy.delay_max = 1h;
    EXPECT_EQ(retry_bounds(policy, 9).first, 10s - 1us);
}

TEST(SimTime, StandsStillUntilMovedAndFiresInOrder) {
    asio::io_context context;
    SimTime time;
    time.attach(context.get_executor());
    std::string order;
    time.after(2s, [&] { order += "b"; });
    time.after(1s, [&] { order += "a"; });
    const auto alarm = time.make([&] { order += "!"; });
    alarm->arm(time.now() + 3s);
    EXPECT_EQ(time.next(), Duration(1s));
    time.advance_to(2s);
    context.poll();
    EXPECT_EQ(order, "ab");
    time.jump(1s);
    EXPECT_EQ(time.next(), Duration(2s)) << "a jump makes the alarm late";
    time.advance_to(2s);
    context.restart();
    context.poll();
    EXPECT_EQ(order, "ab!");
}

TEST(SimTime, AnAlarmCancelledBeforeItsTurnIsSilent) {
    asio::io_context context;
    SimTime time;
    time.attach(context.get_executor());
    int fired = 0;
    const auto alarm = time.make([&] { ++fired; });
    alarm->arm(time.now() + 1s);
    time.advance_to(1s);
    alarm->cancel();
    context.poll();
    EXPECT_EQ(fired, 0);
    alarm->arm(time.now() + 1s);
    alarm->arm(time.now() + 5s);
    time.advance_to(3s);
    context.restart();
    context.poll();
    EXPECT_EQ(fired, 0) << "arm() replaces the earlier time";
    time.advance_to(6s);
    context.restart();
    context.poll();
    EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace posthaste::sim
