#include "domain/fair_scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace posthaste {
namespace {

ApplicationId application(std::uint64_t number) { return ApplicationId(number, ~number); }

LaneIndex add_ready_lane(FairScheduler& scheduler, std::uint64_t number, std::uint32_t weight = 1) {
    const LaneIndex lane = scheduler.add_lane(application(number), weight);
    scheduler.set_ready(lane, true);
    return lane;
}

// Deficit round robin in the plainest words: everything is searched, nothing is linked.
class Model {
public:
    Model(std::uint32_t application_quantum, std::uint32_t lane_quantum)
        : application_quantum_(application_quantum), lane_quantum_(lane_quantum) {}

    void add_lane(LaneIndex lane, std::uint64_t number, std::uint32_t weight) {
        lanes_[lane] = {number, weight * lane_quantum_, 0};
    }
    void remove_lane(LaneIndex lane) {
        set_ready(lane, false);
        lanes_.erase(lane);
    }
    void set_ready(LaneIndex lane, bool ready) {
        if (is_ready(lane) == ready) return;
        const std::uint64_t number = lanes_.at(lane).application;
        auto found = std::ranges::find(round_, number, &Turn::application);
        if (ready) {
            if (found == round_.end()) found = round_.insert(round_.end(), Turn{number, 0, {}});
            found->lanes.push_back(lane);
            return;
        }
        lanes_.at(lane).deficit = 0;
        std::erase(found->lanes, lane);
        if (found->lanes.empty()) round_.erase(found);
    }
    [[nodiscard]] bool is_ready(LaneIndex lane) const {
        const auto found =
            std::ranges::find(round_, lanes_.at(lane).application, &Turn::application);
        return found != round_.end() && std::ranges::count(found->lanes, lane) > 0;
    }
    [[nodiscard]] std::size_t ready_lanes() const {
        std::size_t count = 0;
        for (const Turn& turn : round_) count += turn.lanes.size();
        return count;
    }
    std::optional<LaneIndex> next() {
        if (round_.empty()) return std::nullopt;
        Turn& turn = round_.front();
        const LaneIndex chosen = turn.lanes.front();
        if (turn.deficit == 0) turn.deficit = application_quantum_;
        Lane& lane = lanes_.at(chosen);
        if (lane.deficit == 0) lane.deficit = lane.quantum;
        if (--lane.deficit == 0) std::ranges::rotate(turn.lanes, turn.lanes.begin() + 1);
        if (--turn.deficit == 0) std::ranges::rotate(round_, round_.begin() + 1);
        return chosen;
    }
    [[nodiscard]] const auto& lanes() const { return lanes_; }

private:
    struct Lane {
        std::uint64_t application = 0;
        std::uint32_t quantum = 0;
        std::uint32_t deficit = 0;
    };
    struct Turn {
        std::uint64_t application = 0;
        std::uint32_t deficit = 0;
        std::vector<LaneIndex> lanes;
    };
    std::uint32_t application_quantum_;
    std::uint32_t lane_quantum_;
    std::map<LaneIndex, Lane> lanes_;
    std::vector<Turn> round_;
};

// In every window of `choices`, each of `shares` values gets its part of the window, give or take
// `slack`.
void expect_equal_shares(const std::vector<std::uint64_t>& choices, std::uint64_t shares,
                         double slack) {
    for (std::uint64_t number = 0; number < shares; ++number) {
        std::vector<int> before{0};
        for (const std::uint64_t choice : choices) {
            before.push_back(before.back() + (choice == number ? 1 : 0));
        }
        for (std::size_t from = 0; from < choices.size(); ++from) {
            for (std::size_t to = from + 1; to <= choices.size(); ++to) {
                const double share = static_cast<double>(to - from) / static_cast<double>(shares);
                const double got = before[to] - before[from];
                ASSERT_LE(std::abs(got - share), slack)
                    << number << " got " << got << " of " << to - from << " from " << from;
            }
        }
    }
}

TEST(FairScheduler, chooses_nothing_when_nothing_is_ready) {
    FairScheduler scheduler;
    EXPECT_FALSE(scheduler.next());
    const LaneIndex lane = scheduler.add_lane(application(1));
    EXPECT_FALSE(scheduler.next());
    EXPECT_FALSE(scheduler.is_ready(lane));
    scheduler.set_ready(lane, true);
    scheduler.set_ready(lane, true);
    EXPECT_EQ(scheduler.ready_lanes(), 1U);
    EXPECT_EQ(scheduler.next(), lane);
    EXPECT_EQ(scheduler.next(), lane);
    scheduler.set_ready(lane, false);
    scheduler.set_ready(lane, false);
    EXPECT_EQ(scheduler.ready_lanes(), 0U);
    EXPECT_FALSE(scheduler.next());
}

TEST(FairScheduler, takes_turns_by_quanta) {
    FairScheduler scheduler(3, 2);
    const LaneIndex a1 = add_ready_lane(scheduler, 1);
    const LaneIndex a2 = add_ready_lane(scheduler, 1);
    const LaneIndex b = add_ready_lane(scheduler, 2);
    // A lane's turn goes on where its application's turn ended.
    const std::vector<LaneIndex> expected = {a1, a1, a2, b, b, b, a2, a1, a1, b, b, b, a2, a2, a1};
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(scheduler.next(), expected[i]) << i;
}

TEST(FairScheduler, applications_share_every_window_equally) {
    for (const std::uint64_t applications : {1U, 2U, 3U, 7U}) {
        for (const std::uint32_t quantum : {1U, 5U, 16U}) {
            FairScheduler scheduler(quantum, 4);
            std::map<LaneIndex, std::uint64_t> owner;
            for (std::uint64_t number = 0; number < applications; ++number) {
                // Applications with many lanes beside those with one.
                for (std::uint64_t lane = 0; lane <= number * 3; ++lane) {
                    owner[add_ready_lane(scheduler, number)] = number;
                }
            }
            std::vector<std::uint64_t> choices;
            for (int i = 0; i < 300; ++i) choices.push_back(owner.at(scheduler.next().value()));
            expect_equal_shares(choices, applications, quantum);
        }
    }
}

TEST(FairScheduler, a_thousand_lanes_weigh_no_more_than_one) {
    FairScheduler scheduler(16, 4);
    for (int i = 0; i < 1000; ++i) (void)add_ready_lane(scheduler, 1);
    const LaneIndex single = add_ready_lane(scheduler, 2);
    int got = 0;
    for (int i = 0; i < 3200; ++i) got += scheduler.next() == single ? 1 : 0;
    EXPECT_EQ(got, 1600);
}

TEST(FairScheduler, lanes_of_an_application_share_by_weight) {
    FairScheduler scheduler(16, 4);
    std::map<LaneIndex, std::uint32_t> weights;
    std::map<LaneIndex, std::uint32_t> got;
    for (const std::uint32_t weight : {1U, 1U, 2U, 5U}) {
        weights[add_ready_lane(scheduler, 1, weight)] = weight;
    }
    (void)add_ready_lane(scheduler, 2);
    // 20 rounds of the lanes (36 units each) take 45 turns of the application.
    for (int i = 0; i < 2 * 720; ++i) ++got[scheduler.next().value()];
    for (const auto& [lane, weight] : weights) EXPECT_EQ(got.at(lane), 80 * weight);
}

TEST(FairScheduler, lanes_of_an_application_share_every_window_equally) {
    FairScheduler scheduler(16, 4);
    std::vector<std::uint64_t> choices;
    for (int i = 0; i < 5; ++i) (void)add_ready_lane(scheduler, 1);
    for (int i = 0; i < 300; ++i) choices.push_back(scheduler.next().value());
    expect_equal_shares(choices, 5, 4);
}

TEST(FairScheduler, a_weight_may_be_as_large_as_it_likes) {
    FairScheduler scheduler(16, 4);
    const LaneIndex heavy = add_ready_lane(scheduler, 1, 0xFFFF'FFFF);
    EXPECT_EQ(scheduler.next(), heavy);
    scheduler.check_invariants();
}

TEST(FairScheduler, a_lane_that_returns_joins_the_end) {
    FairScheduler scheduler(100, 4);
    const LaneIndex a = add_ready_lane(scheduler, 1);
    const LaneIndex b = add_ready_lane(scheduler, 1);
    EXPECT_EQ(scheduler.next(), a);
    scheduler.set_ready(a, false);
    scheduler.set_ready(a, true);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(scheduler.next(), b);
    // With a whole quantum again.
    for (int i = 0; i < 4; ++i) EXPECT_EQ(scheduler.next(), a);
    EXPECT_EQ(scheduler.next(), b);
}

TEST(FairScheduler, a_reused_index_inherits_nothing) {
    FairScheduler scheduler(16, 4);
    const LaneIndex old = add_ready_lane(scheduler, 1, 3);
    const LaneIndex other = add_ready_lane(scheduler, 2);
    EXPECT_EQ(scheduler.next(), old);
    scheduler.remove_lane(old);
    const LaneIndex reused = scheduler.add_lane(application(3));
    EXPECT_EQ(reused, old);
    EXPECT_FALSE(scheduler.is_ready(reused));
    for (int i = 0; i < 40; ++i) EXPECT_EQ(scheduler.next(), other);
    scheduler.check_invariants();
}

TEST(FairScheduler, agrees_with_a_plain_model) {
    for (std::uint32_t run = 0; run < 40; ++run) {
        std::mt19937 generator{run};
        const auto random = [&generator] { return static_cast<std::uint32_t>(generator()); };
        const std::uint32_t application_quantum = 1 + random() % 8;
        const std::uint32_t lane_quantum = 1 + random() % 4;
        FairScheduler scheduler(application_quantum, lane_quantum);
        Model model(application_quantum, lane_quantum);
        for (int step = 0; step < 3000; ++step) {
            const std::uint32_t action = random() % 16;
            if (model.lanes().empty() || (action == 0 && model.lanes().size() < 30)) {
                const std::uint64_t number = random() % 6;
                const std::uint32_t weight = 1 + random() % 3;
                const LaneIndex lane = scheduler.add_lane(application(number), weight);
                ASSERT_FALSE(model.lanes().contains(lane));
                model.add_lane(lane, number, weight);
            } else if (action < 8) {
                auto chosen = model.lanes().begin();
                std::advance(chosen, random() % model.lanes().size());
                const LaneIndex lane = chosen->first;
                if (action == 1) {
                    scheduler.remove_lane(lane);
                    model.remove_lane(lane);
                } else {
                    const bool ready = random() % 2 == 0;
                    scheduler.set_ready(lane, ready);
                    model.set_ready(lane, ready);
                    ASSERT_EQ(scheduler.is_ready(lane), ready);
                }
            } else {
                ASSERT_EQ(scheduler.next(), model.next()) << "run " << run << " step " << step;
            }
            ASSERT_EQ(scheduler.ready_lanes(), model.ready_lanes());
            scheduler.check_invariants();
        }
    }
}

// One application is always ready while the others come and go as they like: that gains them
// nothing at its expense.
TEST(FairScheduler, coming_and_going_does_not_cheat) {
    constexpr std::uint32_t kQuantum = 4;
    constexpr std::size_t kOthers = 4;
    std::mt19937 random{9};
    FairScheduler scheduler(kQuantum, 2);
    std::vector<LaneIndex> lanes;
    for (std::size_t i = 0; i < 5 * kOthers; ++i) {
        lanes.push_back(scheduler.add_lane(application(1 + i % kOthers)));
    }
    const LaneIndex steady = add_ready_lane(scheduler, 99);
    std::size_t since = 0;
    for (int step = 0; step < 20'000; ++step) {
        for (int i = 0; i < 3; ++i) {
            scheduler.set_ready(lanes[random() % lanes.size()], random() % 2 == 0);
        }
        since = scheduler.next() == steady ? 0 : since + 1;
        ASSERT_LE(since, kOthers * kQuantum);
    }
}

TEST(FairScheduler, a_held_application_waits_with_all_its_lanes) {
    FairScheduler scheduler(4, 1);
    const LaneIndex first = add_ready_lane(scheduler, 1);
    const LaneIndex second = add_ready_lane(scheduler, 1);
    const LaneIndex other = add_ready_lane(scheduler, 2);
    EXPECT_EQ(scheduler.next(), first);
    scheduler.hold(application(1));
    scheduler.hold(application(1));
    scheduler.hold(application(77));  // unknown
    scheduler.check_invariants();
    EXPECT_EQ(scheduler.next(), other);
    EXPECT_EQ(scheduler.next(), other);
    const LaneIndex third = add_ready_lane(scheduler, 1);
    scheduler.set_ready(first, false);
    scheduler.set_ready(other, false);
    scheduler.check_invariants();
    EXPECT_EQ(scheduler.next(), std::nullopt);
    EXPECT_EQ(scheduler.ready_lanes(), 2U);
    scheduler.release(application(1));
    scheduler.release(application(1));
    scheduler.check_invariants();
    EXPECT_EQ(scheduler.next(), second);
    EXPECT_EQ(scheduler.next(), third);
}

TEST(FairScheduler, an_application_whose_lanes_are_gone_is_not_held) {
    FairScheduler scheduler;
    const LaneIndex lane = add_ready_lane(scheduler, 1);
    scheduler.hold(application(1));
    scheduler.remove_lane(lane);
    scheduler.check_invariants();
    const LaneIndex again = add_ready_lane(scheduler, 1);
    EXPECT_EQ(scheduler.next(), again);
    scheduler.hold(application(1));
    scheduler.set_ready(again, false);
    scheduler.release(application(1));
    scheduler.check_invariants();
    EXPECT_EQ(scheduler.next(), std::nullopt);
}

TEST(FairSchedulerDeathTest, a_removed_lane_may_not_be_used) {
    FairScheduler scheduler;
    const LaneIndex lane = add_ready_lane(scheduler, 1);
    scheduler.remove_lane(lane);
    EXPECT_DEATH(scheduler.set_ready(lane, true), "application != kNone");
    EXPECT_DEATH((void)scheduler.is_ready(lane + 1), "lanes_.size");
}

}  // namespace
}  // namespace posthaste
