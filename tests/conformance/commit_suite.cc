// Group commit, ids, durability, and the round trip of everything an event carries.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

TEST_P(StoreSuite, a_new_store_is_empty_and_well) {
    const Recovery recovery = open();
    EXPECT_TRUE(recovery.lanes.empty());
    EXPECT_EQ(recovery.deliveries_parked, 0u);
    EXPECT_EQ(describe(tally()), describe(Tally{}));
    EXPECT_EQ(scan_all().events_checked, 0u);
    EXPECT_TRUE(store().stats().healthy) << store().stats().problem;
}

TEST_P(StoreSuite, done_runs_once_later_and_on_its_reactor) {
    open();
    for (std::size_t reactor = 0; reactor < kReactors; ++reactor) {
        CommitBatch batch;
        batch.events.push_back(make_event({endpoint_id(1)}));
        int calls = 0;
        int seen_on = -1;
        store().commit(reactor, std::move(batch), [&](Result<void> result, CommitBatch) {
            calls += 1;
            seen_on = posting_reactor_;
            EXPECT_TRUE(result);
        });
        EXPECT_EQ(calls, 0) << "never from within commit()";
        run_until([&] { return calls > 0; });
        context_.poll();
        EXPECT_EQ(calls, 1);
        EXPECT_EQ(seen_on, static_cast<int>(reactor));
    }
}

TEST_P(StoreSuite, the_batch_comes_back_with_ids_in_its_order) {
    open();
    CommitBatch batch;
    std::vector<Event*> sent;
    for (int i = 0; i < 20; ++i) {
        batch.events.push_back(make_event({endpoint_id(1)}, std::to_string(i)));
        sent.push_back(batch.events.back().get());
    }
    const Timestamp before = now();
    const Committed done = commit(std::move(batch));
    ASSERT_TRUE(done.result);
    ASSERT_EQ(done.batch.events.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(done.batch.events[i].get(), sent[i]) << "the caller's own objects";
        EXPECT_FALSE(sent[i]->id.is_nil());
        EXPECT_EQ(sent[i]->accepted_at, before);
        if (i > 0) {
            EXPECT_GT(sent[i]->id.hi, sent[i - 1]->id.hi);
        }
    }
}

TEST_P(StoreSuite, ids_grow_in_commit_order_across_reactors) {
    open();
    std::vector<std::vector<int>> answered(kReactors);
    std::vector<EventId> ids;
    int outstanding = 0;
    for (int round = 0; round < 40; ++round) {
        for (std::size_t reactor = 0; reactor < kReactors; ++reactor) {
            CommitBatch batch;
            batch.events.push_back(make_event({endpoint_id(1)}));
            batch.events.push_back(make_event({endpoint_id(2), endpoint_id(3)}));
            outstanding += 1;
            store().commit(reactor, std::move(batch),
                           [&, reactor, round](Result<void> result, CommitBatch returned) {
                               EXPECT_TRUE(result);
                               EXPECT_EQ(posting_reactor_, static_cast<int>(reactor));
                               outstanding -= 1;
                               answered[reactor].push_back(round);
                               for (const auto& event : returned.events) ids.push_back(event->id);
                           });
        }
        if (round % 7 == 0) context_.poll();
    }
    run_until([&] { return outstanding == 0; });
    for (const auto& rounds : answered) {
        EXPECT_EQ(rounds.size(), 40u);
        EXPECT_TRUE(std::ranges::is_sorted(rounds)) << "batches of one reactor commit in order";
    }
    auto unique = ids;
    std::ranges::sort(unique);
    EXPECT_EQ(std::ranges::adjacent_find(unique, {}, [](EventId id) { return id.hi; }),
              unique.end());
    reopen_after_crash();
    for (EventId id : ids) EXPECT_EQ(history(id).event->id, id);
    EXPECT_EQ(tally().events, 240u);
    EXPECT_EQ(tally().accepted, 360u);
}

TEST_P(StoreSuite, ids_of_one_reactor_follow_its_batches) {
    open();
    std::vector<EventId> ids;
    for (int i = 0; i < 30; ++i) {
        CommitBatch batch;
        for (int n = 0; n <= i % 3; ++n) batch.events.push_back(make_event({}));
        store().commit(1, std::move(batch), [&](Result<void> result, CommitBatch returned) {
            EXPECT_TRUE(result);
            for (const auto& event : returned.events) ids.push_back(event->id);
        });
    }
    run_until([&] { return ids.size() == 60; });
    EXPECT_TRUE(std::ranges::is_sorted(ids));
}

TEST_P(StoreSuite, ids_grow_although_the_clock_is_set_back) {
    open();
    EventId last = accept({endpoint_id(1)})->id;
    for (int i = 0; i < 4; ++i) {
        clock_.advance(-1h);
        const EventId same_run = accept({endpoint_id(1)})->id;
        EXPECT_GT(same_run.hi, last.hi);
        i % 2 == 0 ? reopen_after_crash() : reopen_after_close();
        last = accept({endpoint_id(1)})->id;
        EXPECT_GT(last.hi, same_run.hi);
    }
}

TEST_P(StoreSuite, ids_of_endpoints_are_never_issued_again) {
    open();
    Endpoint endpoint;
    endpoint.url = "http://receiver.test/";
    const EndpointId issued = put(endpoint).id;
    EXPECT_FALSE(issued.is_nil());
    clock_.advance(-24h);
    reopen_after_crash();
    EXPECT_GT(accept({issued})->id.hi, issued.hi);
}

TEST_P(StoreSuite, an_event_comes_back_as_it_was) {
    open();
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    for (const std::string& payload :
         {std::string("{}"), bytes, std::string(100'000, 'x'), std::string()}) {
        std::vector<EndpointId> targets;
        for (std::uint64_t n = 0; n < 70; ++n) targets.push_back(endpoint_id(1000 - n));
        auto event = make_event(targets, payload);
        event->type = payload.empty() ? "" : "order.créé";
        CommitBatch batch;
        batch.events.push_back(event);
        ASSERT_TRUE(commit(std::move(batch)).result);
        const std::string before = describe(history(event->id));
        reopen_after_crash();
        const EventHistory after = history(event->id);
        EXPECT_EQ(after.event->payload, payload);
        EXPECT_EQ(after.event->type, event->type);
        EXPECT_EQ(after.event->targets, targets);
        EXPECT_EQ(after.event->accepted_at, event->accepted_at);
        EXPECT_EQ(after.event->organization, event->organization);
        EXPECT_EQ(after.event->application, event->application);
        ASSERT_EQ(after.deliveries.size(), targets.size());
        for (std::size_t i = 0; i < targets.size(); ++i)
            EXPECT_EQ(after.deliveries[i].endpoint, targets[i]);
        EXPECT_NE(before, describe(after)) << "the crash parked the deliveries";
    }
}

TEST_P(StoreSuite, an_event_without_targets_is_kept_and_pends_nowhere) {
    open();
    const EventPtr event = accept({});
    EXPECT_TRUE(history(event->id).deliveries.empty());
    EXPECT_EQ(tally().events, 1u);
    EXPECT_EQ(tally().accepted, 0u);
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 0u);
    EXPECT_EQ(scan_all().events_checked, 1u);
}

TEST_P(StoreSuite, events_and_updates_share_a_batch) {
    open();
    const EventPtr first = accept({endpoint_id(1), endpoint_id(2)});
    CommitBatch batch;
    batch.events.push_back(make_event({endpoint_id(3)}));
    batch.updates.push_back(
        settle(first, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    batch.updates.push_back(park(first, endpoint_id(2), now() + 5s, {}, make_attempt(1, now())));
    const Committed done = commit(std::move(batch));
    ASSERT_TRUE(done.result);
    EXPECT_EQ(done.batch.updates.size(), 2u) << "the batch comes back whole";
    EXPECT_EQ(describe(tally()),
              "events 2 accepted 3 delivered 1 dead 0 cancelled 0 parked 1 pending 2");
}

TEST_P(StoreSuite, an_empty_batch_is_answered) {
    open();
    EXPECT_TRUE(commit({}).result);
    EXPECT_EQ(describe(tally()), describe(Tally{}));
}

TEST_P(StoreSuite, reading_what_is_not_there_says_not_found) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    for (EventId id : {EventId{}, EventId{event->id.hi, event->id.lo ^ 1},
                       EventId{event->id.hi + 1, event->id.lo}}) {
        const Result<EventHistory> none = run(store().read_event(id));
        ASSERT_FALSE(none) << to_uuid(id);
        EXPECT_EQ(none.error().code, ErrorCode::not_found);
    }
    EXPECT_TRUE(run(store().read_event(event->id)));
}

TEST_P(StoreSuite, close_commits_what_is_queued_and_refuses_more) {
    open();
    std::vector<EventId> ids;
    for (std::size_t i = 0; i < 10; ++i) {
        CommitBatch batch;
        batch.events.push_back(make_event({endpoint_id(1)}));
        store().commit(i % kReactors, std::move(batch),
                       [&](Result<void> result, CommitBatch returned) {
                           EXPECT_TRUE(result);
                           ids.push_back(returned.events.at(0)->id);
                       });
    }
    context_.poll();  // the batches have reached the store, if it takes them on this thread
    store().close();
    store().close();
    run_until([&] { return ids.size() == 10; });
    CommitBatch late;
    late.events.push_back(make_event({endpoint_id(1)}));
    EXPECT_FALSE(commit(std::move(late)).result);
    store_.reset();
    open();
    for (EventId id : ids) EXPECT_TRUE(run(store().read_event(id)));
    EXPECT_EQ(tally().events, 10u);
}

TEST_P(StoreSuite, stats_count_what_was_committed) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    EXPECT_EQ(store().stats().tail, 1u);
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    const StoreStats stats = store().stats();
    EXPECT_EQ(stats.events, 1u);
    EXPECT_EQ(stats.updates, 1u);
    EXPECT_GE(stats.commits, 2u);
    EXPECT_EQ(stats.tail, 0u);
    EXPECT_TRUE(stats.healthy);
}

}  // namespace
}  // namespace posthaste::conformance
