#include "domain/persistent.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

namespace posthaste {
namespace {

TEST(PersistentMap, copies_are_independent_of_each_other) {
    std::mt19937_64 random{1};
    using Map = PersistentMap<Id, int>;
    std::vector<std::pair<Map, std::map<std::uint64_t, int>>> versions(1);
    for (int step = 0; step < 3000; ++step) {
        // A change to any version, sometimes on a copy of it.
        auto& chosen = versions[random() % versions.size()];
        const std::uint64_t key = random() % 3000;
        if (random() % 4 == 0) {
            chosen.first.erase({key, 0});
            chosen.second.erase(key);
        } else if (versions.size() < 20 && random() % 50 == 0) {
            versions.push_back(chosen);
            versions.back().first.at_own({key, 0}) = step;
            versions.back().second[key] = step;
        } else {
            chosen.first.at_own({key, 0}) = step;
            chosen.second[key] = step;
        }
    }
    ASSERT_EQ(versions.size(), 20U);
    for (const auto& [map, model] : versions) {
        for (std::uint64_t key = 0; key < 3000; ++key) {
            const int* found = map.find({key, 0});
            const auto expected = model.find(key);
            ASSERT_EQ(found != nullptr, expected != model.end()) << key;
            if (found) {
                ASSERT_EQ(*found, expected->second) << key;
            }
        }
    }
}

using Pair = std::pair<std::uint64_t, int>;
struct ByFirst {
    bool operator()(const Pair& a, const Pair& b) const { return a.first < b.first; }
};
using Sequence = PersistentSequence<Pair, ByFirst>;
using Model = std::map<std::uint64_t, int>;

std::vector<Pair> from(const Sequence& sequence, std::size_t skip, std::size_t limit) {
    std::vector<Pair> values;
    sequence.visit_from(skip, [&](const Pair& value) {
        if (values.size() == limit) return false;
        values.push_back(value);
        return true;
    });
    return values;
}

void expect_same(const Sequence& sequence, const Model& model) {
    ASSERT_EQ(sequence.size(), model.size());
    ASSERT_EQ(from(sequence, 0, model.size() + 1), std::vector<Pair>(model.begin(), model.end()));
}

TEST(PersistentSequence, keeps_order_however_values_arrive) {
    std::mt19937_64 random{2};
    const std::function<std::uint64_t(int)> arrivals[] = {
        [](int step) { return static_cast<std::uint64_t>(step); },
        [](int step) { return static_cast<std::uint64_t>(10'000 - step); },
        [&](int) { return random() % 2000; },
    };
    for (const auto& arrival : arrivals) {
        Sequence sequence;
        Model model;
        for (int step = 0; step < 2000; ++step) {
            const std::uint64_t key = arrival(step);
            sequence.put({key, step});
            model[key] = step;
        }
        expect_same(sequence, model);
        while (!model.empty()) {
            auto victim = model.lower_bound(random() % 10'000);
            if (victim == model.end()) victim = model.begin();
            sequence.erase({victim->first, 0});
            sequence.erase({victim->first, 0});
            model.erase(victim);
            if (model.size() % 97 == 0) expect_same(sequence, model);
        }
        EXPECT_EQ(sequence.size(), 0U);
    }
}

TEST(PersistentSequence, skips_and_stops) {
    Sequence sequence;
    for (std::uint64_t key = 0; key < 1000; ++key) sequence.put({key, 0});
    for (const std::size_t skip : {0U, 1U, 127U, 128U, 129U, 500U, 999U, 1000U, 5000U}) {
        const auto values = from(sequence, skip, 150);
        ASSERT_EQ(values.size(), std::min<std::size_t>(150, skip < 1000 ? 1000 - skip : 0)) << skip;
        for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i].first, skip + i);
    }
}

TEST(PersistentSequence, copies_are_independent_of_each_other) {
    std::mt19937_64 random{3};
    std::vector<std::pair<Sequence, Model>> versions(1);
    for (int step = 0; step < 20'000; ++step) {
        if (versions.size() < 15 && random() % 500 == 0) {
            versions.push_back(versions[random() % versions.size()]);
        }
        auto& [sequence, model] = versions[random() % versions.size()];
        const std::uint64_t key = random() % 1000;
        if (random() % 3 == 0) {
            sequence.erase({key, 0});
            model.erase(key);
        } else {
            sequence.put({key, step});
            model[key] = step;
        }
    }
    ASSERT_EQ(versions.size(), 15U);
    for (const auto& [sequence, model] : versions) expect_same(sequence, model);
}

}  // namespace
}  // namespace posthaste
