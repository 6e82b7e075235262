#include "domain/id_generator.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace posthaste {
namespace {

constexpr std::int64_t kMillis = 0x0190a5b27c3d;
constexpr Timestamp kNow = from_micros(kMillis * 1000 + 999);

std::uint64_t hi_of(std::int64_t millis, std::uint64_t counter) {
    return (static_cast<std::uint64_t>(millis) << 16) | 0x7000 | counter;
}

TEST(IdGenerator, lays_out_uuid_version_7) {
    IdGenerator ids;
    EXPECT_EQ(to_uuid(ids.next(kNow, 0)), "0190a5b2-7c3d-7000-8000-000000000000");
    EXPECT_EQ(to_uuid(ids.next(kNow, ~std::uint64_t{0})), "0190a5b2-7c3d-7001-bfff-ffffffffffff");
    EXPECT_EQ(ids.last_hi(), hi_of(kMillis, 1));
}

TEST(IdGenerator, the_counter_begins_anew_with_each_millisecond) {
    IdGenerator ids;
    for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(ids.next(kNow, 1).hi, hi_of(kMillis, i));
    EXPECT_EQ(ids.next(kNow + 1ms, 1).hi, hi_of(kMillis + 1, 0));
}

TEST(IdGenerator, runs_ahead_when_a_millisecond_is_full_and_falls_back_into_step) {
    IdGenerator ids;
    for (std::uint64_t i = 0; i < 4096; ++i) EXPECT_EQ(ids.next(kNow, 1).hi, hi_of(kMillis, i));
    EXPECT_EQ(ids.next(kNow, 1).hi, hi_of(kMillis + 1, 0));
    EXPECT_EQ(ids.next(kNow + 1ms, 1).hi, hi_of(kMillis + 1, 1));
    EXPECT_EQ(ids.next(kNow + 2ms, 1).hi, hi_of(kMillis + 2, 0));
}

TEST(IdGenerator, a_clock_set_back_does_not_set_ids_back) {
    IdGenerator ids;
    EXPECT_EQ(ids.next(kNow, 1).hi, hi_of(kMillis, 0));
    EXPECT_EQ(ids.next(kNow - 1h, 1).hi, hi_of(kMillis, 1));
    EXPECT_EQ(ids.next(Timestamp{} - 1h, 1).hi, hi_of(kMillis, 2));
}

TEST(IdGenerator, starts_above_any_floor) {
    const struct {
        std::uint64_t floor;
        std::uint64_t expected;
    } cases[] = {
        {0, hi_of(kMillis, 0)},
        {hi_of(kMillis, 0) - 1, hi_of(kMillis, 0)},
        {hi_of(kMillis, 0), hi_of(kMillis, 1)},
        {hi_of(kMillis, 4095), hi_of(kMillis + 1, 0)},
        {hi_of(kMillis + 5, 7), hi_of(kMillis + 5, 8)},
        // Floors that are no ids: version bits below and above 7.
        {(kMillis + 5) << 16, hi_of(kMillis + 5, 0)},
        {((kMillis + 5) << 16) | 0xF123, hi_of(kMillis + 6, 0)},
    };
    for (const auto& row : cases) {
        IdGenerator started(row.floor);
        EXPECT_EQ(started.next(kNow, 1).hi, row.expected) << std::hex << row.floor;
        IdGenerator raised;
        raised.raise_floor(row.floor);
        raised.raise_floor(row.floor / 2);
        EXPECT_EQ(raised.next(kNow, 1).hi, row.expected) << std::hex << row.floor;
    }
}

TEST(IdGenerator, ids_increase_and_stay_well_formed_under_any_clock) {
    std::mt19937_64 random{4};
    IdGenerator ids;
    Timestamp now = kNow;
    std::uint64_t last = 0;
    for (int i = 0; i < 200'000; ++i) {
        // Mostly still, sometimes ahead, sometimes back.
        if (random() % 1000 == 0) now += 1ms * static_cast<int>(random() % 7) - 2ms;
        const Id id = ids.next(now, random());
        ASSERT_GT(id.hi, last);
        ASSERT_EQ((id.hi >> 12) & 0xF, 7U);
        ASSERT_EQ(id.lo >> 62, 2U);
        ASSERT_GE(id.millis(), to_millis(now));
        last = id.hi;
    }
}

}  // namespace
}  // namespace posthaste
