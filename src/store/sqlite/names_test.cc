// Names of events across many files: what is refused does not depend on how many files there are, which of them are
// indexed, how many filters are kept, and how often the store was closed.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

struct NamesCase {
    const char* name;
    std::uint64_t events_max;
    std::size_t filters_max;
};

class Names : public testing::TestWithParam<NamesCase> {
protected:
    Names() {
        SqliteOptions options;
        options.directory = directory_.path();
        options.partition_events_max = GetParam().events_max;
        options.key_filters_bytes_max = GetParam().filters_max;
        options.index_chunk = 7;
        options.open_files_max = 2;
        options.reader_threads = 1;
        driver_.emplace(options);
        EXPECT_TRUE(driver_->open());
    }
    std::shared_ptr<Event> draw() {
        auto event = test_event({EndpointId{5, 6}});
        event->application = ApplicationId{1 + random_() % 2, 9};
        if (random_() % 4 != 0) event->uid = "u" + std::to_string(random_() % 300);
        if (random_() % 4 != 0) event->request_key = Id{random_() % 300, 1};
        return event;
    }
    std::optional<Refusal> expected(const Event& event, Timestamp now) {
        if (event.request_key) {
            const auto known = requests_.find(event.request_key->hi);
            if (known != requests_.end() && now - known->second.second < kRepeatWindow)
                return Refusal{0, Refusal::Reason::repeated, known->second.first};
        }
        if (event.uid) {
            const auto known = uids_.find({event.application, *event.uid});
            if (known != uids_.end()) return Refusal{0, Refusal::Reason::uid_taken, known->second};
        }
        return {};
    }
    void commit_some() {
        CommitBatch batch;
        for (auto n = random_() % 5; n > 0; --n) batch.events.push_back(draw());
        CommitBatch back;
        ASSERT_TRUE(driver_->commit(std::move(batch), &back));
        const Timestamp now = driver_->clock.now();
        std::size_t refused = 0;
        for (std::size_t i = 0; i < back.events.size(); ++i) {
            const Event& event = *back.events[i];
            const auto refusal = expected(event, now);
            if (refusal) {
                ASSERT_LT(refused, back.refusals.size());
                const Refusal& seen = back.refusals[refused++];
                EXPECT_EQ(seen.index, i);
                EXPECT_EQ(seen.reason, refusal->reason);
                EXPECT_EQ(seen.existing, refusal->existing);
                EXPECT_TRUE(event.id.is_nil());
                continue;
            }
            EXPECT_FALSE(event.id.is_nil());
            if (event.uid) uids_[{event.application, *event.uid}] = event.id;
            if (event.request_key) requests_[event.request_key->hi] = {event.id, now};
        }
        EXPECT_EQ(refused, back.refusals.size());
    }

    std::mt19937_64 random_{11};
    TemporaryDirectory directory_;
    std::optional<StoreDriver> driver_;
    std::map<std::pair<ApplicationId, std::string>, EventId> uids_;
    std::map<std::uint64_t, std::pair<EventId, Timestamp>> requests_;
};

TEST_P(Names, are_given_once) {
    for (int step = 0; step < 600 && !HasFailure(); ++step) {
        driver_->clock.advance(Duration{1min} * static_cast<int>(random_() % 5));
        commit_some();
        if (random_() % 40 == 0) {
            driver_->close();
            ASSERT_TRUE(driver_->open());
        }
    }
    for (const auto& [name, id] : uids_) {
        EXPECT_EQ(driver_->run(driver_->store().find_event(name.first, name.second)), id);
    }
    const auto missing = driver_->run(driver_->store().find_event(ApplicationId{1, 9}, "u300"));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, Names,
                         testing::Values(NamesCase{"one_file", 1u << 20, 32u << 20},
                                         NamesCase{"filters", 20, 32u << 20},
                                         NamesCase{"few_filters", 20, 300},
                                         NamesCase{"no_filters", 3, 0}),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace posthaste
