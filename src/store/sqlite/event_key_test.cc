#include "store/sqlite/event_key.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace posthaste {
namespace {

TEST(EventKeys, are_stored_and_so_never_change) {
    EXPECT_EQ(uid_key(ApplicationId{1, 2}, "order-17"), 0x3CD8BB4D9496A983ULL);
    EXPECT_EQ(uid_key(ApplicationId{1, 2}, ""), 0x1E65FD08A7E78E37ULL);
    EXPECT_EQ(request_key(Id{3, 4}), 0x130713497E532DE8ULL);
}

TEST(EventKeys, tell_kinds_applications_and_texts_apart) {
    std::set<std::uint64_t> keys;
    std::size_t made = 0;
    const auto add = [&](std::uint64_t key, NameKind kind) {
        keys.insert(key);
        ++made;
        EXPECT_EQ(kind_of_key(key), kind);
    };
    for (std::uint64_t i = 0; i < 100; ++i) {
        add(request_key(Id{i, 7}), NameKind::request);
        add(request_key(Id{7, i + 8}), NameKind::request);
        add(uid_key(ApplicationId{i, 7}, "a"), NameKind::uid);
        add(uid_key(ApplicationId{7, i + 8}, "a"), NameKind::uid);
        add(uid_key(ApplicationId{1, 1}, std::string(i, 'x')), NameKind::uid);
        add(uid_key(ApplicationId{1, 1}, std::string(i + 1, '\0')), NameKind::uid);
    }
    EXPECT_EQ(keys.size(), made);
}

TEST(EventKeys, come_back_from_a_row) {
    std::string bytes;
    const EventKey keys[] = {{1, 2}, {0xFFFFFFFFFFFFFFFFULL, 0x0102030405060708ULL}};
    for (const EventKey& key : keys) append_event_key(bytes, key);
    EXPECT_EQ(bytes.substr(24), "\x08\x07\x06\x05\x04\x03\x02\x01");
    std::vector<EventKey> back;
    for_each_event_key(bytes, [&](EventKey key) { back.push_back(key); });
    EXPECT_EQ(back, std::vector<EventKey>(std::begin(keys), std::end(keys)));
}

TEST(KeyTable, finds_what_a_map_finds) {
    std::mt19937_64 random{1};
    KeyTable table;
    std::multimap<std::uint64_t, std::uint64_t> model;
    EXPECT_TRUE(table.is_empty());
    for (std::uint64_t event = 1; event < 5000; ++event) {
        // Few keys, so that many come twice; neighbours, so that they collide.
        const std::uint64_t key = random() % 4000;
        table.add({key, event});
        model.emplace(key, event);
    }
    for (std::uint64_t key = 0; key < 4100; ++key) {
        std::vector<std::uint64_t> found;
        table.find(key, found);
        const auto [from, to] = model.equal_range(key);
        std::multiset<std::uint64_t> expected;
        for (auto at = from; at != to; ++at) expected.insert(at->second);
        EXPECT_EQ(std::multiset<std::uint64_t>(found.begin(), found.end()), expected) << key;
    }
    EXPECT_EQ(table.counts().all(), model.size());
    table.clear();
    EXPECT_TRUE(table.is_empty());
}

TEST(KeyFilter, never_denies_a_key_and_seldom_admits_another) {
    for (const std::size_t count : {1u, 50u, 1000u, 100'000u}) {
        std::mt19937_64 random{count};
        KeyFilter filter(count);
        std::vector<std::uint64_t> keys(count);
        for (std::uint64_t& key : keys) filter.add(key = random());
        const KeyFilter back = KeyFilter::from_bytes(filter.bytes());
        for (const std::uint64_t key : keys) ASSERT_TRUE(back.may_contain(key));
        int admitted = 0;
        for (int i = 0; i < 10'000; ++i) admitted += back.may_contain(random());
        EXPECT_LT(admitted, 300) << count;
        EXPECT_LE(filter.bytes().size(), count * 10 / 8 + 64);
    }
}

}  // namespace
}  // namespace posthaste
