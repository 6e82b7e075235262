// S0-31, S2-43: an endpoint that keeps failing is paused for a while, and probed.

#include "domain/breaker.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "domain/directory.h"

namespace posthaste {
namespace {

constexpr BreakerRules kRules{3, 10s, 20s, 100s, 1h};

Timestamp at(std::int64_t seconds) { return from_micros(seconds * 1'000'000); }
EventId delivery(std::uint64_t number) { return EventId{number, 1}; }

struct Step {
    char what;  // f: failed, s: succeeded, b: began, p: passed
    std::int64_t second;
    std::uint64_t number = 1;
};

Breaker after(std::initializer_list<Step> steps, BreakerRules rules = kRules) {
    Breaker breaker(rules);
    for (const Step& step : steps) {
        if (step.what == 'f') breaker.failed(delivery(step.number), at(step.second), 0);
        if (step.what == 's') breaker.succeeded();
        if (step.what == 'b') breaker.started(delivery(step.number));
        if (step.what == 'p') breaker.passed(delivery(step.number));
    }
    return breaker;
}

TEST(Breaker, OpensWhenDifferentDeliveriesFailInARowForSomeTime) {
    struct Case {
        const char* what;
        std::initializer_list<Step> steps;
        Breaker::State state;
    };
    const auto closed = Breaker::State::closed;
    const auto open = Breaker::State::open;
    const Case cases[] = {
        {"nothing has happened", {}, closed},
        {"one failure", {{'f', 0}}, closed},
        {"one delivery's whole schedule",
         {{'f', 0}, {'f', 1}, {'f', 3}, {'f', 7}, {'f', 15}, {'f', 100}, {'f', 1000}},
         closed},
        {"two deliveries' schedules",
         {{'f', 0, 1}, {'f', 0, 2}, {'f', 50, 1}, {'f', 50, 2}},
         closed},
        {"a moment in which all fail",
         {{'f', 0, 1}, {'f', 0, 2}, {'f', 1, 3}, {'f', 9, 4}},
         closed},
        {"and they still do", {{'f', 0, 1}, {'f', 0, 2}, {'f', 1, 3}, {'f', 10, 4}}, open},
        {"the same ones again are enough then",
         {{'f', 0, 1}, {'f', 0, 2}, {'f', 1, 3}, {'f', 10, 1}},
         open},
        {"the last of them comes late", {{'f', 0, 1}, {'f', 5, 2}, {'f', 50, 3}}, open},
        {"a success between",
         {{'f', 0, 1}, {'f', 0, 2}, {'s', 5}, {'f', 20, 3}, {'f', 40, 4}},
         closed},
        {"three after a success",
         {{'f', 0, 1}, {'s', 5}, {'f', 20, 2}, {'f', 25, 3}, {'f', 30, 4}},
         open},
    };
    for (const Case& c : cases) EXPECT_EQ(after(c.steps).state(), c.state) << c.what;
}

TEST(Breaker, NeverOpensWhenSwitchedOff) {
    BreakerRules off = kRules;
    off.failures = 0;
    const Breaker breaker = after({{'f', 0, 1}, {'f', 20, 2}, {'f', 40, 3}, {'f', 60, 4}}, off);
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_EQ(breaker.failing_since(), at(0)) << "but it is known to fail";
}

TEST(Breaker, LetsOneProbeThroughWhenThePauseIsOver) {
    Breaker breaker = after({{'f', 0, 1}, {'f', 5, 2}, {'f', 10, 3}});
    EXPECT_EQ(breaker.probe_at(), at(30));
    EXPECT_EQ(breaker.failing_since(), at(0));
    breaker.started(delivery(7));
    EXPECT_EQ(breaker.state(), Breaker::State::half_open);
    EXPECT_EQ(breaker.probe_at(), std::nullopt) << "one at a time";
    breaker.started(delivery(8));
    breaker.failed(delivery(8), at(31), 0);
    EXPECT_EQ(breaker.state(), Breaker::State::half_open) << "only the probe's failure counts";
    breaker.passed(delivery(7));
    EXPECT_EQ(breaker.probe_at(), at(30)) << "it said nothing: the next one may ask";
}

TEST(Breaker, ClosesWithAnySuccessAndOpensForLongerWithEachFailedProbe) {
    Breaker breaker = after({{'f', 0, 1}, {'f', 5, 2}, {'f', 10, 3}});
    const std::int64_t pauses[] = {40, 80, 100, 100};
    std::int64_t now = 30;
    for (const std::int64_t pause : pauses) {
        breaker.started(delivery(9));
        breaker.failed(delivery(9), at(now), 0);
        EXPECT_EQ(breaker.probe_at(), at(now + pause));
        now += pause;
    }
    breaker.succeeded();  // of an attempt that had left before it opened
    EXPECT_TRUE(breaker.is_closed());
    EXPECT_EQ(breaker.failing_since(), std::nullopt);
}

TEST(Breaker, IsWaryUntilTheEndpointHasProvedItself) {
    Breaker breaker = after({{'f', 0, 1}, {'f', 5, 2}, {'f', 10, 3}, {'b', 30, 3}, {'s', 30}});
    for (std::uint64_t i = 4; i <= 6; ++i) breaker.failed(delivery(i), at(31), 0);
    EXPECT_EQ(breaker.probe_at(), at(31 + 40)) << "at once, and for longer";
    for (int i = 0; i < 3; ++i) breaker.succeeded();
    for (std::uint64_t i = 4; i <= 6; ++i) breaker.failed(delivery(i), at(100), 0);
    EXPECT_TRUE(breaker.is_closed()) << "three successes in a row: all is forgotten";
    breaker.failed(delivery(7), at(110), 0);
    EXPECT_EQ(breaker.probe_at(), at(130));
}

TEST(Breaker, ForgetsEverythingWhenReset) {
    Breaker breaker = after({{'f', 0, 1}, {'f', 5, 2}, {'f', 10, 3}, {'b', 30, 4}});
    breaker.reset();
    EXPECT_TRUE(breaker.is_closed());
    breaker.failed(delivery(4), at(31), 0);
    EXPECT_EQ(breaker.failing_since(), at(31));
    EXPECT_EQ(breaker.rules(), kRules);
}

TEST(Breaker, PausesAreUpToAQuarterLongerByChance) {
    for (const double draw : {0.0, 0.5, 0.999}) {
        Breaker breaker = after({{'f', 0, 1}, {'f', 5, 2}});
        breaker.failed(delivery(3), at(10), draw);
        const auto extra = static_cast<std::int64_t>(20e6 * 0.25 * draw);
        EXPECT_NEAR(static_cast<double>((*breaker.probe_at() - at(30)).count()),
                    static_cast<double>(extra), 1);
    }
}

TEST(Breaker, DoesNotWaitForATimeBeforeTheClockWasSetBack) {
    Breaker breaker = after({{'f', 5000, 1}, {'f', 5005, 2}, {'f', 5010, 3}});
    breaker.mind_clock(at(5012));
    EXPECT_EQ(breaker.probe_at(), at(5030));
    breaker.mind_clock(at(4000));
    EXPECT_EQ(breaker.probe_at(), at(4000));
    Breaker failing = after({{'f', 5000, 1}, {'f', 5001, 2}});
    failing.failed(delivery(3), at(100), 0);
    EXPECT_EQ(failing.failing_since(), at(100));
}

// The rule once more, written down as a history that is looked through each time.
class Model {
public:
    void failed(EventId which, std::int64_t now) {
        if (is_open) {
            if (probe == which) reopen(now);
            return;
        }
        streak = 0;
        if (history.empty()) first = now;
        history.insert(which);
        if (history.size() >= 3 && (pauses > 0 || now - first >= 10)) reopen(now);
    }
    void succeeded() {
        if (pauses > 0 && ++streak >= 3) pauses = 0;
        history.clear();
        is_open = false;
        probe.reset();
    }
    void started(EventId which) {
        if (is_open && !probe) probe = which;
    }
    void reopen(std::int64_t now) {
        is_open = true;
        history.clear();
        probe.reset();
        streak = 0;
        next = now + std::min<std::int64_t>(100, 20 * std::int64_t{1} << std::min(pauses, 10));
        ++pauses;
    }

    std::set<EventId> history;
    std::int64_t first = 0;
    std::int64_t next = 0;
    bool is_open = false;
    std::optional<EventId> probe;
    int pauses = 0;
    int streak = 0;
};

TEST(Breaker, DoesWhatItsModelDoes) {
    std::size_t opened = 0;
    for (unsigned seed = 1; seed <= 500; ++seed) {
        std::mt19937 random(seed);
        Breaker breaker(kRules);
        Model model;
        std::int64_t now = 0;
        const unsigned luck = random() % 8;
        for (int step = 0; step < 300; ++step) {
            now += static_cast<std::int64_t>(random() % 6);
            const EventId which = delivery(1 + random() % 6);
            if (random() % 4 == 0) {
                breaker.started(which);
                model.started(which);
            } else if (random() % 12 < luck) {
                breaker.succeeded();
                model.succeeded();
            } else {
                breaker.failed(which, at(now), 0);
                model.failed(which, now);
            }
            ASSERT_EQ(!breaker.is_closed(), model.is_open) << "seed " << seed << " step " << step;
            ASSERT_EQ(breaker.state() == Breaker::State::half_open, model.probe.has_value());
            if (model.is_open && !model.probe) {
                ++opened;
                ASSERT_EQ(breaker.probe_at(), at(model.next)) << "seed " << seed;
            }
        }
    }
    EXPECT_GT(opened, 1000U);
}

TEST(Breaker, StatesHaveNames) {
    EXPECT_EQ(to_string(Breaker::State::closed), "closed");
    EXPECT_EQ(to_string(Breaker::State::open), "open");
    EXPECT_EQ(to_string(Breaker::State::half_open), "half_open");
}

TEST(ConditionBoard, TellsWhatWasPutLast) {
    ConditionBoard board;
    EXPECT_EQ(board.get(), EndpointCondition{});
    const EndpointCondition bad{Health::unhealthy, at(5), at(9)};
    board.put(bad);
    EXPECT_EQ(board.get(), bad);
    board.put({Health::suspect, at(6), std::nullopt});
    EXPECT_EQ(board.get(), (EndpointCondition{Health::suspect, at(6), std::nullopt}));
    EXPECT_EQ(to_string(board.get().health), "suspect");
    board.put({});
    EXPECT_EQ(board.get(), EndpointCondition{});
}

TEST(ConditionBoard, IsSharedByAllSnapshotsOfADirectory) {
    Endpoint endpoint;
    endpoint.id = EndpointId{1, 1};
    endpoint.url = "http://a.example/";
    const DirectoryPtr before = Directory::from({endpoint});
    endpoint.url = "http://b.example/";
    endpoint.revision = 1;
    const DirectoryPtr after_it = before->with(endpoint);
    before->find(endpoint.id)->condition->put({Health::suspect, at(5), std::nullopt});
    EXPECT_EQ(condition_of(*after_it->find(endpoint.id)).health, Health::suspect);
}

}  // namespace
}  // namespace posthaste
