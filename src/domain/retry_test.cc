#include "domain/retry.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace posthaste {
namespace {

constexpr double kAlmostOne = 0.9999999999;

std::vector<Duration> lowest_delays(const RetryPolicy& policy) {
    std::vector<Duration> delays;
    for (std::uint32_t failures = 1; failures < policy.attempts_max; ++failures) {
        delays.push_back(retry_delay(policy, failures, 0.0));
    }
    return delays;
}

TEST(Retry, a_mailbox_with_more_attempts_goes_on_doubling) {
    RetryPolicy policy = mailboxes_retry_policy();
    policy.attempts_max = 5;
    EXPECT_EQ(lowest_delays(policy), (std::vector<Duration>{2s, 4s, 8s, 16s}));
}

TEST(Retry, listed_policies_never_retry_earlier_than_listed) {
    const struct {
        RetryPolicy policy;
        std::vector<Duration> gaps;
    } cases[] = {
        {subscriptions_retry_policy(), {10s, 30s, 60s, 300s}},
        {mailboxes_retry_policy(), {2s, 4s}},
        {contacts_retry_policy(), {1s, 5s, 25s, 125s, 625s}},
    };
    for (const auto& row : cases) {
        EXPECT_EQ(lowest_delays(row.policy), row.gaps);
        for (std::uint32_t failures = 1; failures <= row.gaps.size(); ++failures) {
            const Duration gap = row.gaps[failures - 1];
            EXPECT_EQ(retry_delay(row.policy, failures, 0.5), gap + gap / 20);
            EXPECT_LE(retry_delay(row.policy, failures, kAlmostOne), gap + gap / 10);
        }
    }
}

TEST(Retry, the_native_schedule_spreads_both_ways) {
    const RetryPolicy policy = native_retry_policy();
    const std::vector<Duration> gaps = {5s, 5min, 30min, 2h, 5h, 10h, 10h};
    ASSERT_EQ(policy.attempts_max, gaps.size() + 1);
    EXPECT_EQ(policy.after_timeout_min, 60s);
    EXPECT_EQ(subscriptions_retry_policy().after_timeout_min, 0s);
    for (std::uint32_t failures = 1; failures <= gaps.size(); ++failures) {
        const Duration gap = gaps[failures - 1];
        EXPECT_EQ(retry_delay(policy, failures, 0.0), gap * 8 / 10);
        EXPECT_EQ(retry_delay(policy, failures, 0.5), gap);
        EXPECT_LE(retry_delay(policy, failures, kAlmostOne), gap * 12 / 10);
        EXPECT_GT(retry_delay(policy, failures, kAlmostOne), gap * 11 / 10);
    }
}

TEST(Retry, the_orders_schedule_doubles_with_full_jitter) {
    const RetryPolicy policy = orders_retry_policy();
    EXPECT_EQ(lowest_delays(policy), (std::vector<Duration>{500ms, 1s, 2s, 4s}));
    EXPECT_EQ(retry_delay(policy, 4, 0.5), 6s);
    EXPECT_LE(retry_delay(policy, 4, kAlmostOne), 8s);
}

TEST(Retry, subscriptions_follow_the_operator) {
    EXPECT_EQ(subscriptions_retry_policy({}), subscriptions_retry_policy());

    const RetryPolicy longer = subscriptions_retry_policy({.attempts_max = 8, .base = {}});
    EXPECT_EQ(lowest_delays(longer),
              (std::vector<Duration>{10s, 30s, 60s, 300s, 900s, 900s, 900s}));

    EXPECT_EQ(subscriptions_retry_policy({.attempts_max = 2, .base = {}}).attempts_max, 2U);
    EXPECT_EQ(subscriptions_retry_policy({.attempts_max = 0, .base = {}}).attempts_max, 1U);

    const RetryPolicy doubling = subscriptions_retry_policy({.attempts_max = {}, .base = 60s});
    EXPECT_EQ(doubling.attempts_max, 5U);
    EXPECT_EQ(doubling.jitter, Jitter::full);
    EXPECT_EQ(lowest_delays(doubling), (std::vector<Duration>{30s, 60s, 120s, 240s}));

    const RetryPolicy immediate = subscriptions_retry_policy({.attempts_max = 3, .base = 0s});
    EXPECT_EQ(retry_delay(immediate, 2, kAlmostOne), 0s);
}

TEST(Retry, delays_saturate) {
    RetryPolicy policy;
    policy.jitter = Jitter::none;
    policy.delay_max = 1h;
    EXPECT_EQ(retry_delay(policy, 12, 0.5), 2048s);
    EXPECT_EQ(retry_delay(policy, 13, 0.5), 1h);
    EXPECT_EQ(retry_delay(policy, 4'000'000'000U, 0.5), 1h);

    policy.jitter = Jitter::positive;
    policy.jitter_fraction = 1.0;
    EXPECT_GT(retry_delay(policy, 13, kAlmostOne), 119min);
    EXPECT_LE(retry_delay(policy, 13, kAlmostOne), 2h);

    policy.gaps = {1000h};
    EXPECT_EQ(retry_delay(policy, 1, 0.0), 2h);
    policy.gaps = {-5s};
    EXPECT_EQ(retry_delay(policy, 1, 0.5), 0s);
}

// Policies reach us from APIs and stored rows: whatever their numbers, the delay keeps its bounds.
TEST(Retry, any_policy_keeps_the_bounds) {
    std::mt19937_64 random{3};
    const double factors[] = {2.0,
                              0.0,
                              -3.0,
                              1e300,
                              std::numeric_limits<double>::infinity(),
                              0.5,
                              std::numeric_limits<double>::quiet_NaN()};
    const double fractions[] = {0.0, 0.1, 1.0, 7.0, -1.0};
    const Duration spans[] = {0s, 1us, 1s, 24h, -1s, Duration::max(), Duration::min()};
    const Jitter jitters[] = {Jitter::none, Jitter::positive, Jitter::symmetric, Jitter::full};
    for (int round = 0; round < 20'000; ++round) {
        RetryPolicy policy;
        if (random() % 3 == 0) policy.gaps = {spans[random() % 7], spans[random() % 7]};
        policy.base = spans[random() % 7];
        policy.factor = factors[random() % 7];
        policy.delay_max = spans[random() % 7];
        policy.jitter = jitters[random() % 4];
        policy.jitter_fraction = fractions[random() % 5];
        const auto failures = static_cast<std::uint32_t>(random() >> (32 + random() % 32));
        const double draw = static_cast<double>(random() >> 11) * 0x1p-53;
        const Duration delay = retry_delay(policy, failures, draw);
        ASSERT_GE(delay, 0s);
        ASSERT_LE(delay / 2, std::max<Duration>(policy.delay_max, 0s));
        ASSERT_EQ(delay, retry_delay(policy, failures, draw));
    }
}

}  // namespace
}  // namespace posthaste
