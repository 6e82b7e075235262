// What a store owes after it could not say whether a commit happened.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

using Doubt = StoreFactory::Doubt;

class DoubtfulCommit {
public:
    // An event for two endpoints, and the settlement of an earlier one, in one batch that is answered commit_unknown.
    static void make(StoreSuite& suite, Doubt doubt, const DeliveryUpdate& update,
                     std::shared_ptr<Event> event) {
        suite.factory_->doubt_next_commit(doubt);
        CommitBatch batch;
        batch.events.push_back(std::move(event));
        batch.updates.push_back(update);
        const Committed done = suite.commit(std::move(batch));
        ASSERT_FALSE(done.result);
        EXPECT_EQ(done.result.error().code, ErrorCode::commit_unknown);
        EXPECT_EQ(done.batch.events.size(), 1u) << "the batch comes back";
        EXPECT_EQ(done.batch.updates.size(), 1u);
    }
};

TEST_P(StoreSuite, after_a_doubtful_commit_that_happened_its_events_are_parked) {
    open();
    const EventPtr earlier = accept({endpoint_id(1)});
    const DeliveryUpdate update =
        settle(earlier, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now()));
    DoubtfulCommit::make(*this, Doubt::durable, update,
                         make_event({endpoint_id(2), endpoint_id(3)}));
    clock_.advance(1s);
    ASSERT_TRUE(commit({}).result) << "an empty batch asks whether the store serves";
    EXPECT_EQ(describe(tally()),
              "events 2 accepted 3 delivered 1 dead 0 cancelled 0 parked 2 pending 2");
    for (std::uint64_t n : {2u, 3u}) {
        const ParkedPage page = load_due(endpoint_id(n), now());
        ASSERT_EQ(page.rows.size(), 1u) << "due now, and in no lane's memory";
        EXPECT_EQ(page.rows[0].attempts_made, 0u);
    }
    CommitBatch again;
    again.updates.push_back(update);
    ASSERT_TRUE(commit(std::move(again)).result) << "the caller repeats the updates";
    EXPECT_EQ(tally().delivered, 1u) << "which changes nothing";
    EXPECT_EQ(store().stats().tail, 0u);
    EXPECT_TRUE(scan_all().lost.empty());
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 0u);
}

TEST_P(StoreSuite, after_a_doubtful_commit_that_did_not_happen_nothing_of_it_is_there) {
    open();
    const EventPtr earlier = accept({endpoint_id(1)});
    const DeliveryUpdate update =
        settle(earlier, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now()));
    DoubtfulCommit::make(*this, Doubt::lost, update, make_event({endpoint_id(2)}));
    ASSERT_TRUE(commit({}).result);
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 1 delivered 0 dead 0 cancelled 0 parked 0 pending 1");
    CommitBatch again;
    again.updates.push_back(update);
    ASSERT_TRUE(commit(std::move(again)).result);
    EXPECT_EQ(state_of(earlier->id, endpoint_id(1)), DeliveryState::delivered);
    EXPECT_GT(accept({endpoint_id(1)})->id.hi, earlier->id.hi);
}

TEST_P(StoreSuite, a_manual_attempt_asked_for_in_doubt_is_asked_for_once) {
    for (const Doubt doubt : {Doubt::durable, Doubt::lost}) {
        SCOPED_TRACE(doubt == Doubt::durable ? "durable" : "lost");
        factory_ = GetParam().make();
        open();
        const EventPtr earlier = accept({endpoint_id(1)});
        update(settle(earlier, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
        const DeliveryUpdate wanted = resend(earlier, endpoint_id(1), now());
        DoubtfulCommit::make(*this, doubt, wanted, make_event({endpoint_id(2)}));
        ASSERT_TRUE(commit({}).result);
        const bool is_there = doubt == Doubt::durable;
        EXPECT_EQ(state_of(earlier->id, endpoint_id(1)),
                  is_there ? DeliveryState::parked : DeliveryState::dead);
        for (int i = 0; i < 2; ++i) {
            update(wanted);
            EXPECT_EQ(tally().dead, 0u);
            EXPECT_EQ(tally().parked, is_there ? 2u : 1u);
            EXPECT_EQ(load_due(endpoint_id(1), now()).rows.size(), 1u);
            reopen_after_crash();
        }
        end_by_close();
    }
    open();
}

TEST_P(StoreSuite, a_crash_before_the_doubt_is_resolved_loses_nothing) {
    open();
    const EventPtr earlier = accept({endpoint_id(1)});
    const DeliveryUpdate update =
        settle(earlier, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now()));
    DoubtfulCommit::make(*this, Doubt::durable, update, make_event({endpoint_id(2)}));
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 1u);
    EXPECT_EQ(load_due(endpoint_id(2), now()).rows.size(), 1u);
    EXPECT_EQ(tally().delivered, 1u);
}

}  // namespace
}  // namespace posthaste::conformance
