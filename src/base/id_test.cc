#include "base/id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace posthaste {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();
constexpr Id kExample{0x0190a5b27c3d7abc, 0x8def0123456789ab};

std::vector<Id> random_ids(std::size_t count) {
    std::mt19937_64 random{7};
    std::vector<Id> ids{{0, 0}, {0, 1}, {0, kAll}, {1, 0}, {kAll, 0}, {kAll, kAll}, kExample};
    while (ids.size() < count) {
        // Shifted, so that short numbers with many leading zeros occur too.
        ids.push_back({random() >> (random() % 64), random() >> (random() % 64)});
    }
    return ids;
}

TEST(Id, has_a_uuid_spelling) {
    EXPECT_EQ(to_uuid(kExample), "0190a5b2-7c3d-7abc-8def-0123456789ab");
    EXPECT_EQ(to_uuid({}), "00000000-0000-0000-0000-000000000000");
    EXPECT_EQ(to_uuid({kAll, kAll}), "ffffffff-ffff-ffff-ffff-ffffffffffff");
    EXPECT_EQ(kExample.millis(), 0x0190a5b27c3d);
}

TEST(Id, parses_uuids_in_either_case_and_without_hyphens) {
    for (const std::string_view text :
         {"0190a5b2-7c3d-7abc-8def-0123456789ab", "0190A5B2-7C3D-7ABC-8DEF-0123456789AB",
          "0190a5b27c3d7abc8def0123456789ab", "0190a5b27C3D7abc8DEF0123456789AB"}) {
        EXPECT_EQ(parse_uuid(text), kExample) << text;
    }
    for (const std::string_view text : {
             "",
             "0190a5b2-7c3d-7abc-8def-0123456789a",
             "0190a5b2-7c3d-7abc-8def-0123456789abc",
             "0190a5b2-7c3d-7abc-8def-0123456789ag",
             "0190a5b2_7c3d_7abc_8def_0123456789ab",
             "0190a5b27-c3d-7abc-8def-0123456789ab",
             "{190a5b2-7c3d-7abc-8def-0123456789a}",
             "0190a5b27c3d7abc8def0123456789a-",
             "0190a5b27c3d7abc8def0123456789a",
         }) {
        EXPECT_FALSE(parse_uuid(text)) << text;
    }
}

TEST(Id, has_a_base62_spelling_of_fixed_length) {
    EXPECT_EQ(to_base62("msg", {}), "msg_000000000000000000000000000");
    EXPECT_EQ(to_base62("msg", {0, 61}), "msg_00000000000000000000000000z");
    EXPECT_EQ(to_base62("ep", {0, 62}), "ep_000000000000000000000000010");
    // 2^128 - 1, computed with arbitrary precision elsewhere.
    EXPECT_EQ(to_base62("ep", {kAll, kAll}), "ep_000007n42DGM5Tflk9n8mt7Fhc7");
    EXPECT_EQ(to_base62("", {0, 1}), "_000000000000000000000000001");
}

TEST(Id, refuses_foreign_base62_texts) {
    ASSERT_EQ(parse_base62("ep", "ep_000007n42DGM5Tflk9n8mt7Fhc7"), (Id{kAll, kAll}));
    for (const std::string_view text : {
             "",
             "ep_",
             "ep_000007n42DGM5Tflk9n8mt7Fhc8",  // 2^128
             "ep_zzzzzzzzzzzzzzzzzzzzzzzzzzz",
             "ep_100000000000000000000000000",
             "ep_00000000000000000000000000",
             "ep_0000000000000000000000000000",
             "ep_00000000000000000000000000-",
             "ep_00000000000000000000000000\xC3",
             "ep-000000000000000000000000000",
             "em_000000000000000000000000000",
             "EP_000000000000000000000000000",
             "000000000000000000000000000000",
         }) {
        EXPECT_FALSE(parse_base62("ep", text)) << text;
    }
}

TEST(Id, both_spellings_round_trip) {
    for (const Id id : random_ids(5000)) {
        EXPECT_EQ(parse_uuid(to_uuid(id)), id);
        EXPECT_EQ(parse_base62("msg", to_base62("msg", id)), id);
    }
}

TEST(Id, text_order_is_id_order) {
    std::vector<Id> ids = random_ids(2000);
    std::ranges::sort(ids);
    for (std::size_t i = 1; i < ids.size(); ++i) {
        EXPECT_EQ(ids[i - 1] < ids[i], to_base62("a", ids[i - 1]) < to_base62("a", ids[i]));
        EXPECT_EQ(ids[i - 1] < ids[i], to_uuid(ids[i - 1]) < to_uuid(ids[i]));
    }
}

TEST(Id, strong_ids_do_not_mix) {
    static_assert(!std::is_convertible_v<EventId, EndpointId>);
    static_assert(!std::is_convertible_v<Id, EventId>);
    static_assert(std::is_convertible_v<EventId, Id>);
    static_assert(sizeof(EventId) == sizeof(Id));
    EXPECT_LT(EventId(1, 5), EventId(2, 0));
    EXPECT_EQ(EventId(kExample).value(), kExample);
    EXPECT_TRUE(EventId().is_nil());
}

TEST(Id, hash_spreads_consecutive_ids) {
    // Ids of one millisecond with equal low halves: the worst case for a hash of few bits.
    std::unordered_set<std::size_t> buckets;
    for (std::uint64_t i = 0; i < 1024; ++i)
        buckets.insert(IdHash{}(Id{kExample.hi + i, 0}) % 1024);
    EXPECT_GT(buckets.size(), 550U);  // a uniform hash fills about 647 of 1,024
}

}  // namespace
}  // namespace posthaste
