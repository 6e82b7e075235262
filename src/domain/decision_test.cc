#include "domain/decision.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace posthaste {
namespace {

constexpr Timestamp kAccepted = Timestamp{} + std::chrono::years{50};
constexpr Timestamp kNow = kAccepted + 5s;

constexpr AttemptOutcome kFailures[] = {
    AttemptOutcome::rejected,   AttemptOutcome::timed_out,  AttemptOutcome::connect_failed,
    AttemptOutcome::dns_failed, AttemptOutcome::tls_failed, AttemptOutcome::blocked,
    AttemptOutcome::broken,
};

// Gaps of 10 s and 100 s, three attempts, no jitter.
RetryPolicy example_policy() {
    RetryPolicy policy;
    policy.gaps = {10s, 100s};
    policy.jitter = Jitter::none;
    policy.attempts_max = 3;
    return policy;
}

Decision parked(Timestamp due) { return {DeliveryState::parked, due}; }
const Decision kDead{DeliveryState::dead, {}};
const Decision kDelivered{DeliveryState::delivered, {}};

TEST(Decision, states_have_words) {
    std::set<std::string_view> words;
    for (std::uint8_t number = 0; number <= 4; ++number) {
        words.insert(to_string(static_cast<DeliveryState>(number)));
    }
    EXPECT_EQ(words,
              (std::set<std::string_view>{"pending", "parked", "delivered", "dead", "cancelled"}));
    EXPECT_FALSE(is_settled(DeliveryState::pending));
    EXPECT_FALSE(is_settled(DeliveryState::parked));
    EXPECT_TRUE(is_settled(DeliveryState::cancelled));
}

TEST(Decision, success_is_final_even_at_the_last_attempt_and_when_old) {
    RetryPolicy policy = example_policy();
    policy.age_max = 1s;
    for (const std::uint32_t attempts : {1U, 3U, 9U}) {
        EXPECT_EQ(
            decide({kAccepted, attempts, {}}, AttemptOutcome::delivered, policy, 60s, kNow, 0.0),
            kDelivered);
    }
}

TEST(Decision, every_failure_is_retried_until_the_attempts_are_used_up) {
    const RetryPolicy policy = example_policy();
    for (const AttemptOutcome outcome : kFailures) {
        EXPECT_EQ(decide({kAccepted, 1, {}}, outcome, policy, {}, kNow, 0.0), parked(kNow + 10s));
        EXPECT_EQ(decide({kAccepted, 2, {}}, outcome, policy, {}, kNow, 0.0), parked(kNow + 100s));
        EXPECT_EQ(decide({kAccepted, 3, {}}, outcome, policy, {}, kNow, 0.0), kDead);
        EXPECT_EQ(decide({kAccepted, 4, {}}, outcome, policy, {}, kNow, 0.0), kDead);
    }
    RetryPolicy none = policy;
    none.attempts_max = 0;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, none, {}, kNow, 0.0), kDead);
}

TEST(Decision, the_draw_spreads_the_delay) {
    RetryPolicy policy = example_policy();
    policy.jitter = Jitter::positive;
    policy.jitter_fraction = 0.1;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kNow, 0.5),
              parked(kNow + 10500ms));
}

TEST(Decision, retry_after_moves_the_delay_up_to_twice) {
    const struct {
        Duration retry_after;
        Duration expected;
    } cases[] = {{0s, 10s}, {9s, 10s}, {10s, 10s}, {15s, 15s}, {20s, 20s}, {21s, 20s}, {168h, 20s}};
    for (const auto& row : cases) {
        EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, example_policy(),
                         row.retry_after, kNow, 0.0),
                  parked(kNow + row.expected));
    }
}

TEST(Decision, retry_after_does_not_buy_attempts) {
    EXPECT_EQ(
        decide({kAccepted, 3, {}}, AttemptOutcome::rejected, example_policy(), 15s, kNow, 0.0),
        kDead);
}

TEST(Decision, a_retry_due_beyond_the_age_limit_is_dead) {
    RetryPolicy policy = example_policy();
    // Now is 5 s after acceptance, the retry due 10 s later.
    policy.age_max = 15s;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kNow, 0.0),
              parked(kNow + 10s));
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, 11s, kNow, 0.0), kDead);
    policy.age_max = 15s - 1us;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kNow, 0.0), kDead);
    policy.age_max = 0s;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kNow, 0.0), kDead);
    policy.age_max = Duration::max();
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kNow, 0.0),
              parked(kNow + 10s));
}

TEST(Decision, a_clock_set_back_does_not_kill) {
    RetryPolicy policy = example_policy();
    policy.age_max = 15s;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::rejected, policy, {}, kAccepted - 1h, 0.0),
              parked(kAccepted - 1h + 10s));
}

TEST(Decision, a_failed_manual_attempt_leaves_the_schedule_where_it_was) {
    const RetryPolicy policy = example_policy();
    const Timestamp later = kNow + 1h;
    const struct {
        std::optional<Timestamp> resume_due;
        Decision expected;
    } cases[] = {{std::nullopt, kDead}, {later, parked(later)}, {kNow - 1s, parked(kNow)}};
    for (const auto& row : cases) {
        const ManualState manual{0, AttemptTrigger::manual, row.resume_due};
        EXPECT_EQ(decide({kAccepted, 2, manual}, AttemptOutcome::timed_out, policy, 5s, kNow, 0.0),
                  row.expected);
        EXPECT_EQ(decide({kAccepted, 2, manual}, AttemptOutcome::delivered, policy, {}, kNow, 0.0),
                  kDelivered);
        // However many attempts there were.
        EXPECT_EQ(decide({kAccepted, 50, manual}, AttemptOutcome::broken, policy, {}, kNow, 0.0),
                  row.expected);
    }
}

TEST(Decision, the_schedule_does_not_count_manual_attempts) {
    const RetryPolicy policy = example_policy();
    const ManualState two_manual{2, AttemptTrigger::scheduled, {}};
    const auto after = [&](std::uint32_t attempts) {
        return decide({kAccepted, attempts, two_manual}, AttemptOutcome::rejected, policy, {}, kNow,
                      0.0);
    };
    EXPECT_EQ(after(3), parked(kNow + 10s));
    EXPECT_EQ(after(4), parked(kNow + 100s));
    EXPECT_EQ(after(5), kDead);
}

TEST(Decision, a_time_out_may_ask_for_a_longer_pause) {
    RetryPolicy policy = example_policy();
    policy.after_timeout_min = 60s;
    const auto after = [&](std::uint32_t attempts, AttemptOutcome outcome,
                           std::optional<Duration> retry_after) {
        return decide({kAccepted, attempts, {}}, outcome, policy, retry_after, kNow, 0.0);
    };
    EXPECT_EQ(after(1, AttemptOutcome::timed_out, {}), parked(kNow + 60s));
    EXPECT_EQ(after(1, AttemptOutcome::broken, {}), parked(kNow + 10s));
    EXPECT_EQ(after(2, AttemptOutcome::timed_out, {}), parked(kNow + 100s));
    EXPECT_EQ(after(1, AttemptOutcome::timed_out, 300s), parked(kNow + 120s));
}

TEST(Decision, gaps_may_be_empty_or_zero) {
    RetryPolicy at_once;
    at_once.gaps = {0s, 0s};
    at_once.jitter = Jitter::symmetric;
    at_once.attempts_max = 3;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::broken, at_once, {}, kNow, 0.7),
              parked(kNow));
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::broken, at_once, 9s, kNow, 0.7),
              parked(kNow));
    RetryPolicy never;
    never.attempts_max = 1;
    EXPECT_EQ(decide({kAccepted, 1, {}}, AttemptOutcome::broken, never, {}, kNow, 0.7), kDead);
}

TEST(DecisionDeathTest, an_interrupted_attempt_is_no_attempt) {
    EXPECT_DEATH((void)decide({kAccepted, 1, {}}, AttemptOutcome::interrupted, example_policy(), {},
                              kNow, 0.0),
                 "interrupted");
}

}  // namespace
}  // namespace posthaste
