#include "domain/login_guard.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace posthaste {
namespace {

constexpr Timestamp kNow = from_micros(1'800'000'000'000'000);

std::string address(std::uint64_t number) {
    return "198." + std::to_string(18 + number / 65536 % 2) + "." +
           std::to_string(number / 256 % 256) + "." + std::to_string(number % 256);
}

TEST(LoginGuard, a_network_is_an_address_or_a_64) {
    struct Row {
        const char* a;
        const char* b;
        bool are_one;
    };
    const Row rows[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"::1", "127.0.0.1", false},
        {"", "no address", true},
        {"", "192.0.2.1", false},
    };
    for (const Row& row : rows)
        EXPECT_EQ(network_of(row.a) == network_of(row.b), row.are_one) << row.a << " " << row.b;
}

// ---- one counter

// Failures as a number that shrinks by one each `every`.
class CounterModel {
public:
    explicit CounterModel(AttemptPace pace) : pace_(pace) {}
    Duration wait(Timestamp now) {
        pass(now);
        const Duration room = pace_.every * pace_.at_once - load_;
        return std::max(pace_.every - room, Duration::zero());
    }
    void take(Timestamp now) {
        pass(now);
        load_ += pace_.every;
    }
    void give_back() { load_ = std::max(load_ - pace_.every, Duration::zero()); }
    void clear() { load_ = {}; }

private:
    void pass(Timestamp now) {
        load_ = std::max(load_ - (now - at_), Duration::zero());
        at_ = now;
    }

    AttemptPace pace_;
    Duration load_{};
    Timestamp at_ = kNow;
};

TEST(AttemptCounter, behaves_like_a_leaking_bucket) {
    const AttemptPace pace{3, 10s};
    std::mt19937_64 random(11);
    AttemptCounter counter(pace, 1000);
    std::map<std::uint64_t, CounterModel> model;
    Timestamp now = kNow;
    for (int step = 0; step < 50'000; ++step) {
        now += std::chrono::milliseconds(random() % 3000);
        const std::uint64_t key = random() % 5;
        CounterModel& one = model.try_emplace(key, pace).first->second;
        ASSERT_EQ(counter.wait({key, 1}, now), one.wait(now)) << step;
        const std::uint64_t what = random() % 10;
        if (what == 0) {
            counter.clear({key, 1});
            one.clear();
        } else if (what == 1) {
            counter.give_back({key, 1});
            one.give_back();
        } else if (one.wait(now) == Duration::zero()) {
            counter.take({key, 1}, now);
            one.take(now);
        }
    }
}

TEST(AttemptCounter, a_clock_set_back_locks_nobody_out_for_long) {
    AttemptCounter counter({3, 10s}, 10);
    for (int i = 0; i < 3; ++i) counter.take({1, 1}, kNow);
    EXPECT_EQ(counter.wait({1, 1}, kNow), 10s);
    EXPECT_EQ(counter.wait({1, 1}, kNow - 24h), 10s);
}

TEST(AttemptCounter, forgets_the_least_loaded_when_full) {
    AttemptCounter counter({3, 10s}, 2);
    for (int i = 0; i < 3; ++i) counter.take({1, 1}, kNow);
    for (std::uint64_t other = 2; other < 100; ++other) counter.take({other, 1}, kNow);
    EXPECT_EQ(counter.size(), 2U);
    EXPECT_EQ(counter.wait({1, 1}, kNow), 10s);
}

// ---- the guard

LoginGuardLimits small() {
    LoginGuardLimits limits;
    limits.of_account_and_network = {3, 60s};
    limits.of_network = {10, 10s};
    limits.of_account = {20, 10s};
    limits.entries_max = 1000;
    return limits;
}

// How many of `times` attempts are let in, all of which fail.
int failures(LoginGuard& guard, std::string_view account, std::string_view from, int times,
             Timestamp now = kNow) {
    int in = 0;
    for (int i = 0; i < times; ++i) in += guard.begin(account, from, now).has_value();
    return in;
}

bool log_in(LoginGuard& guard, std::string_view account, std::string_view from,
            Timestamp now = kNow) {
    const auto attempt = guard.begin(account, from, now);
    if (attempt) guard.succeed(*attempt, now);
    return attempt.has_value();
}

TEST(LoginGuard, guessing_at_one_account_stops_soon_and_goes_on_slowly) {
    LoginGuard guard(small());
    EXPECT_EQ(failures(guard, "a@x.org", "192.0.2.1", 10'000), 3);
    EXPECT_EQ(guard.begin("a@x.org", "192.0.2.1", kNow).error(), 60s);
    EXPECT_EQ(failures(guard, "a@x.org", "192.0.2.1", 100, kNow + 60s), 1);
    // A refused attempt does not make the wait longer.
    EXPECT_EQ(guard.begin("a@x.org", "192.0.2.1", kNow + 61s).error(), 59s);
}

TEST(LoginGuard, the_right_user_logs_in_from_elsewhere) {
    LoginGuard guard(small());
    failures(guard, "a@x.org", "192.0.2.1", 10'000);
    EXPECT_FALSE(log_in(guard, "a@x.org", "192.0.2.1"));
    EXPECT_TRUE(log_in(guard, "a@x.org", "192.0.2.2"));
}

TEST(LoginGuard, guessing_at_many_accounts_stops_as_well) {
    LoginGuard guard(small());
    int in = 0;
    for (int i = 0; i < 1000; ++i)
        in += failures(guard, std::to_string(i) + "@x.org", "2001:db8::1", 1);
    EXPECT_EQ(in, 10);
    // Another address of the same customer.
    EXPECT_EQ(failures(guard, "new@x.org", "2001:db8::2", 1), 0);
    EXPECT_EQ(failures(guard, "new@x.org", "2001:db8:0:1::2", 1), 1);
}

TEST(LoginGuard, an_account_attacked_from_everywhere_holds_up_strangers_only) {
    LoginGuard guard(small());
    ASSERT_TRUE(log_in(guard, "a@x.org", "192.0.2.7"));
    int in = 0;
    for (std::uint64_t i = 0; i < 900; ++i) in += failures(guard, "a@x.org", address(i), 3);
    EXPECT_EQ(in, 20);
    EXPECT_FALSE(log_in(guard, "a@x.org", "192.0.2.8"));
    EXPECT_TRUE(log_in(guard, "a@x.org", "192.0.2.7"));
    // Other accounts feel nothing of it.
    EXPECT_TRUE(log_in(guard, "b@x.org", "192.0.2.8"));
}

TEST(LoginGuard, a_familiar_network_is_no_licence_to_guess) {
    LoginGuard guard(small());
    ASSERT_TRUE(log_in(guard, "a@x.org", "192.0.2.7"));
    EXPECT_EQ(failures(guard, "a@x.org", "192.0.2.7", 1000), 3);
}

TEST(LoginGuard, success_forgets_the_failures_of_the_pair_but_not_of_the_network) {
    LoginGuard guard(small());
    for (int round = 0; round < 4; ++round) {
        EXPECT_EQ(failures(guard, "a@x.org", "192.0.2.1", 2), 2);
        EXPECT_TRUE(log_in(guard, "a@x.org", "192.0.2.1"));
    }
    // Somebody with one account of their own cannot guess at others for ever.
    EXPECT_EQ(failures(guard, "b@x.org", "192.0.2.1", 3), 2);
}

TEST(LoginGuard, attempts_that_were_not_looked_at_do_not_count) {
    LoginGuard guard(small());
    for (int i = 0; i < 100; ++i) {
        const auto attempt = guard.begin("a@x.org", "192.0.2.1", kNow);
        ASSERT_TRUE(attempt);
        guard.forgive(*attempt);
    }
}

// What is on its way counts already, or a thousand requests at once would be a thousand guesses.
TEST(LoginGuard, attempts_at_once_count_before_they_have_failed) {
    LoginGuard guard(small());
    std::vector<LoginAttempt> open;
    for (int i = 0; i < 1000; ++i)
        if (auto attempt = guard.begin("a@x.org", "192.0.2.1", kNow)) open.push_back(*attempt);
    EXPECT_EQ(open.size(), 3U);
}

TEST(LoginGuard, memory_is_bounded_whatever_comes) {
    LoginGuardLimits limits = small();
    limits.entries_max = 100;
    LoginGuard guard(limits);
    std::mt19937_64 random(3);
    Timestamp now = kNow;
    for (int i = 0; i < 50'000; ++i) {
        now += std::chrono::milliseconds(random() % 100);
        const std::string account = std::to_string(random() % 10'000);
        if (random() % 4 == 0)
            log_in(guard, account, address(random() % 100'000), now);
        else
            failures(guard, account, address(random() % 100'000), 1, now);
        static_cast<void>(guard.failures_to_note(account, now));
        ASSERT_LE(guard.size(), 500U);
    }
}

TEST(LoginGuard, familiar_networks_of_one_account_are_few_and_cost_others_nothing) {
    LoginGuardLimits limits = small();
    limits.networks_of_account = 2;
    LoginGuard guard(limits);
    ASSERT_TRUE(log_in(guard, "b@x.org", "192.0.2.1"));
    for (std::uint64_t i = 0; i < 1500; ++i)
        ASSERT_TRUE(log_in(guard, "a@x.org", address(i), kNow + 1s));
    for (std::uint64_t i = 2000; i < 2900; ++i) {
        failures(guard, "a@x.org", address(i), 3);
        failures(guard, "b@x.org", address(i), 3);
    }
    EXPECT_FALSE(log_in(guard, "a@x.org", address(0)));
    EXPECT_TRUE(log_in(guard, "a@x.org", address(1498)));
    EXPECT_TRUE(log_in(guard, "a@x.org", address(1499)));
    EXPECT_TRUE(log_in(guard, "b@x.org", "192.0.2.1"));
}

TEST(LoginGuard, ten_thousand_failures_make_fourteen_notes) {
    LoginGuard guard(small());
    std::vector<std::uint64_t> notes;
    for (int i = 0; i < 10'000; ++i)
        if (const auto count = guard.failures_to_note("a@x.org", kNow)) notes.push_back(*count);
    EXPECT_EQ(notes, (std::vector<std::uint64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048,
                                                 4096, 8192}));
    EXPECT_EQ(guard.failures_to_note("a@x.org", kNow + 24h), 1U);
    // A success ends the count.
    ASSERT_TRUE(log_in(guard, "a@x.org", "192.0.2.1", kNow + 24h));
    EXPECT_EQ(guard.failures_to_note("a@x.org", kNow + 24h), 1U);
}

}  // namespace
}  // namespace posthaste
