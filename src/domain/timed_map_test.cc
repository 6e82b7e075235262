#include "domain/timed_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace posthaste {
namespace {

Timestamp at(std::int64_t micros) { return from_micros(micros); }

TEST(TimedMap, the_earliest_goes_when_one_more_comes) {
    TimedMap<int> map(2);
    map.put({1, 0}, at(30), 1);
    map.put({2, 0}, at(10), 2);
    map.put({2, 0}, at(40), 3);  // replaced, nobody has to go
    EXPECT_EQ(map.size(), 2U);
    map.put({3, 0}, at(20), 4);  // the newcomer stays, whatever its time
    EXPECT_EQ(map.find({1, 0}), nullptr);
    ASSERT_NE(map.find({2, 0}), nullptr);
    EXPECT_EQ(map.find({2, 0})->value, 3);
    EXPECT_EQ(map.find({2, 0})->at, at(40));
    ASSERT_NE(map.find({3, 0}), nullptr);
}

TEST(TimedMap, behaves_like_a_simple_one) {
    constexpr std::size_t kMax = 20;
    std::mt19937_64 random(7);
    TimedMap<std::uint64_t> map(kMax);
    std::map<Id, std::pair<Timestamp, std::uint64_t>> model;
    for (std::uint64_t step = 0; step < 20'000; ++step) {
        const Id key{random() % 40, 0};
        if (random() % 4 == 0) {
            map.erase(key);
            model.erase(key);
        } else {
            const Timestamp when = at(static_cast<std::int64_t>(random() % 1000));
            map.put(key, when, step);
            model.erase(key);
            if (model.size() == kMax) {
                auto first = model.begin();
                for (auto each = model.begin(); each != model.end(); ++each)
                    if (each->second.first < first->second.first) first = each;
                model.erase(first);
            }
            model[key] = {when, step};
        }
        ASSERT_EQ(map.size(), model.size());
        const Id probe{random() % 40, 0};
        const auto* found = map.find(probe);
        const auto expected = model.find(probe);
        ASSERT_EQ(found != nullptr, expected != model.end());
        if (!found) continue;
        ASSERT_EQ(std::pair(found->at, found->value), expected->second);
    }
}

}  // namespace
}  // namespace posthaste
