// Manual attempts: what a resend makes of a delivery in each of its states, and what follows.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

AttemptRecord manual_attempt(std::uint32_t number, Timestamp at, AttemptOutcome outcome) {
    AttemptRecord attempt = make_attempt(number, at, outcome);
    attempt.trigger = AttemptTrigger::manual;
    return attempt;
}

TEST_P(StoreSuite, a_resend_makes_a_settled_delivery_pending_again) {
    open();
    for (const DeliveryState settled :
         {DeliveryState::delivered, DeliveryState::dead, DeliveryState::cancelled}) {
        SCOPED_TRACE(to_string(settled));
        const EventPtr event = accept({endpoint_id(1), endpoint_id(2)});
        update(settle(event, endpoint_id(1), settled, {}, make_attempt(1, now())));
        update(settle(event, endpoint_id(2), settled));
        const std::string before = describe(tally());
        const Tally counted = tally();
        clock_.advance(3s);
        update(resend(event, endpoint_id(1), now()));

        const DeliveryHistory seen = history(event->id).deliveries.at(0);
        EXPECT_EQ(seen.state, DeliveryState::parked);
        EXPECT_EQ(seen.next_due, now());
        EXPECT_EQ(seen.attempts.size(), 1u) << "what was tried stays";
        EXPECT_EQ(state_of(event->id, endpoint_id(2)), settled);
        EXPECT_EQ(tally().accepted, counted.accepted);
        EXPECT_EQ(tally().parked, counted.parked + 1);
        EXPECT_EQ(tally().pending(), counted.pending() + 1);
        reopen_after_crash();
        const ParkedPage page = load_due(endpoint_id(1), now());
        ASSERT_EQ(page.rows.size(), 1u);
        EXPECT_EQ(page.rows[0].attempts_made, 1u);
        EXPECT_EQ(describe(page.rows[0].manual), "0 manual resume 0");
        update(settle(event, endpoint_id(1), settled, now()));
        EXPECT_EQ(describe(tally()), before) << "and back";
    }
}

TEST_P(StoreSuite, a_resend_of_a_parked_delivery_keeps_its_schedule) {
    open();
    const Timestamp planned = now() + 1h;
    const EventPtr event = accept({endpoint_id(1)});
    update(park(event, endpoint_id(1), planned, {}, make_attempt(1, now())));
    const std::string before = describe(tally());
    clock_.advance(1s);
    update(resend(event, endpoint_id(1), now()));
    EXPECT_EQ(describe(tally()), before);
    reopen_after_crash();
    ParkedDelivery row = load_due(endpoint_id(1), now()).rows.at(0);
    EXPECT_EQ(row.due, now());
    EXPECT_EQ(row.attempts_made, 1u);
    EXPECT_EQ(describe(row.manual), "0 manual resume " + std::to_string(to_micros(planned)));

    const Timestamp due = now();
    clock_.advance(1s);
    update(resend(event, endpoint_id(1), now()));
    EXPECT_EQ(history(event->id).deliveries.at(0).next_due, due)
        << "it waits for a manual attempt already";

    DeliveryUpdate failed = park(event, endpoint_id(1), planned, due,
                                 manual_attempt(2, now(), AttemptOutcome::rejected));
    failed.manual.manual_made = 1;
    update(failed);
    EXPECT_TRUE(load_due(endpoint_id(1), now()).rows.empty());
    row = load_due(endpoint_id(1), planned).rows.at(0);
    EXPECT_EQ(row.due, planned);
    EXPECT_EQ(row.attempts_made, 2u);
    EXPECT_EQ(describe(row.manual), "1 scheduled resume 0");
    EXPECT_EQ(history(event->id).deliveries.at(0).attempts.at(1).trigger, AttemptTrigger::manual);
}

TEST_P(StoreSuite, a_resend_leaves_the_tail_alone) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    const std::string before = describe(history(event->id)) + describe(tally());
    update(resend(event, endpoint_id(1), now()));
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), before);
    EXPECT_TRUE(load_due(endpoint_id(1), now()).rows.empty());
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    EXPECT_EQ(store().stats().tail, 0u);
}

TEST_P(StoreSuite, a_resend_to_another_endpoint_adds_a_delivery) {
    open();
    const EventPtr event = accept({endpoint_id(5)});
    const EventPtr without = accept({});
    update(settle(event, endpoint_id(5), DeliveryState::delivered, {}, make_attempt(1, now())));
    for (const std::uint64_t n : {9u, 2u}) update(resend(event, endpoint_id(n), now()));
    update(resend(without, endpoint_id(2), now() + 1s));
    EXPECT_EQ(describe(tally()),
              "events 2 accepted 4 delivered 1 dead 0 cancelled 0 parked 3 pending 3");
    for (int i = 0; i < 2; ++i) {
        const EventHistory seen = history(event->id);
        ASSERT_EQ(seen.deliveries.size(), 3u);
        EXPECT_EQ(seen.deliveries[0].endpoint, endpoint_id(5)) << "first the event's own targets";
        EXPECT_EQ(seen.deliveries[1].endpoint, endpoint_id(2));
        EXPECT_EQ(seen.deliveries[2].endpoint, endpoint_id(9));
        EXPECT_EQ(seen.event->targets.size(), 1u) << "an event never changes";
        EXPECT_EQ(seen.deliveries[1].state, DeliveryState::parked);
        const ParkedPage page = load_due(endpoint_id(2), now() + 1s);
        ASSERT_EQ(page.rows.size(), 2u);
        EXPECT_EQ(page.rows[0].attempts_made, 0u);
        EXPECT_EQ(describe(page.rows[0].manual), "0 manual resume 0");
        EXPECT_EQ(reopen_after_crash().deliveries_parked, 0u);
    }
    update(settle(event, endpoint_id(2), DeliveryState::dead, now(),
                  manual_attempt(1, now(), AttemptOutcome::rejected)));
    update(settle(event, endpoint_id(9), DeliveryState::cancelled, now()));
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(state_of(event->id, endpoint_id(2)), DeliveryState::dead);
        EXPECT_EQ(state_of(event->id, endpoint_id(9)), DeliveryState::cancelled);
        EXPECT_EQ(describe(tally()),
                  "events 2 accepted 4 delivered 1 dead 1 cancelled 1 parked 1 pending 1");
        EXPECT_TRUE(scan_all().lost.empty());
        reopen_after_crash();
    }
    update(resend(event, endpoint_id(2), now()));
    EXPECT_EQ(describe(tally()),
              "events 2 accepted 4 delivered 1 dead 0 cancelled 1 parked 2 pending 2")
        << "it is added once only";
}

TEST_P(StoreSuite, what_was_received_stays_received) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {},
                  make_attempt(1, now(), AttemptOutcome::delivered)));
    const std::string before = describe(tally());
    update(resend(event, endpoint_id(1), now()));
    const DeliveryUpdate failed = settle(event, endpoint_id(1), DeliveryState::dead, now(),
                                         manual_attempt(2, now(), AttemptOutcome::timed_out));
    update(failed);
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(state_of(event->id, endpoint_id(1)), DeliveryState::delivered);
        EXPECT_EQ(history(event->id).deliveries.at(0).attempts.size(), 2u);
        EXPECT_EQ(describe(tally()), before);
        const auto attempts = run(store().attempts_of_endpoint(endpoint_id(1), 10));
        ASSERT_EQ(attempts->size(), 2u);
        for (const AttemptOfEndpoint& attempt : *attempts)
            EXPECT_EQ(attempt.state_after, DeliveryState::delivered);
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, a_parked_row_outweighs_earlier_attempts) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {},
                  make_attempt(1, now(), AttemptOutcome::delivered)));
    update(resend(event, endpoint_id(1), now()));
    const Timestamp due = now();
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(state_of(event->id, endpoint_id(1)), DeliveryState::parked);
        clock_.advance(24h * 90);
        accept_parked(endpoint_id(7), now() + 24h * 365);
        ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
        EXPECT_EQ(load_due(endpoint_id(1), due).rows.size(), 1u) << "pending is kept";
        EXPECT_TRUE(scan_all().lost.empty());
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, manual_attempts_are_counted_apart) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    update(settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    for (std::uint32_t manual = 0; manual < 3; ++manual) {
        clock_.advance(1s);
        update(resend(event, endpoint_id(1), now()));
        if (manual == 1) reopen_after_crash();
        const ParkedDelivery row = load_due(endpoint_id(1), now()).rows.at(0);
        EXPECT_EQ(row.attempts_made, 1 + manual);
        EXPECT_EQ(describe(row.manual), std::to_string(manual) + " manual resume 0");
        update(settle(event, endpoint_id(1), DeliveryState::dead, row.due,
                      manual_attempt(2 + manual, now(), AttemptOutcome::broken)));
    }
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 1 delivered 0 dead 1 cancelled 0 parked 0 pending 0");
}

TEST_P(StoreSuite, steps_around_a_resend_repeated_change_nothing) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    const DeliveryUpdate dead =
        settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now()));
    update(dead);
    clock_.advance(1s);
    const DeliveryUpdate again = resend(event, endpoint_id(1), now());
    CommitBatch batch;
    batch.updates = {again, again, dead};
    ASSERT_TRUE(commit(std::move(batch)).result);
    const std::string seen = describe(history(event->id)) + describe(tally());
    EXPECT_EQ(state_of(event->id, endpoint_id(1)), DeliveryState::parked);
    for (int i = 0; i < 2; ++i) {
        update(dead);
        update(again);
        EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
        reopen_after_crash();
    }
    const DeliveryUpdate done = settle(event, endpoint_id(1), DeliveryState::delivered, again.due,
                                       manual_attempt(2, now(), AttemptOutcome::delivered));
    update(done);
    const std::string settled = describe(history(event->id)) + describe(tally());
    update(done);
    update(dead);
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), settled);
}

TEST_P(StoreSuite, a_step_from_before_a_resend_is_stale) {
    open();
    const Timestamp planned = now() + 1h;
    const EventPtr event = accept_parked(endpoint_id(1), planned);
    update(resend(event, endpoint_id(1), now()));
    const std::string seen = describe(history(event->id)) + describe(tally());
    update(settle(event, endpoint_id(1), DeliveryState::delivered, planned,
                  make_attempt(1, planned, AttemptOutcome::delivered)));
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
}

TEST_P(StoreSuite, a_resend_of_what_is_gone_does_nothing) {
    open();
    const EventPtr expunged = accept({endpoint_id(1)});
    update(settle(expunged, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    ASSERT_TRUE(run(store().expunge_payload(expunged->id)));
    auto stranger = std::make_shared<Event>(*expunged);
    stranger->id = EventId{expunged->id.hi + 99, expunged->id.lo};
    const std::string seen = describe(history(expunged->id)) + describe(tally());
    for (int i = 0; i < 2; ++i) {
        for (const EventPtr& event : {expunged, EventPtr(stranger)}) {
            update(resend(event, endpoint_id(1), now()));
            update(resend(event, endpoint_id(2), now()));
        }
        EXPECT_EQ(describe(history(expunged->id)) + describe(tally()), seen);
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, a_resend_may_follow_its_event_in_one_group) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    CommitBatch batch;
    batch.updates.push_back(
        settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    batch.updates.push_back(resend(event, endpoint_id(1), now()));
    batch.updates.push_back(settle(event, endpoint_id(1), DeliveryState::delivered, now(),
                                   manual_attempt(2, now(), AttemptOutcome::delivered)));
    batch.updates.push_back(resend(event, endpoint_id(2), now() + 1s));
    ASSERT_TRUE(commit(std::move(batch)).result);
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 2 delivered 1 dead 0 cancelled 0 parked 1 pending 1");
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 0u);
    EXPECT_EQ(state_of(event->id, endpoint_id(1)), DeliveryState::delivered);
}

TEST_P(StoreSuite, recovery_lists_lanes_of_resent_deliveries) {
    open();
    const EventPtr event = accept({});
    update(resend(event, endpoint_id(3), now() + 5s));
    const Recovery recovery = reopen_after_crash();
    ASSERT_EQ(recovery.lanes.size(), 1u);
    EXPECT_EQ(recovery.lanes[0].endpoint, endpoint_id(3));
    EXPECT_EQ(recovery.lanes[0].earliest_due, now() + 5s);
}

// ---- restarts

TEST_P(StoreSuite, a_restart_makes_a_dead_delivery_pending_and_forgets_what_counted) {
    open();
    const EventPtr event = accept({endpoint_id(1), endpoint_id(2)});
    update(park(event, endpoint_id(1), now(), {}, make_attempt(1, now())));
    update(settle(event, endpoint_id(1), DeliveryState::dead, now(),
                  make_attempt(2, now(), AttemptOutcome::timed_out)));
    update(settle(event, endpoint_id(2), DeliveryState::dead, {}, make_attempt(1, now())));
    const std::string before = describe(tally());
    clock_.advance(3s);
    update(restart(event, endpoint_id(1), now()));
    for (int i = 0; i < 2; ++i) {
        const DeliveryHistory seen = history(event->id).deliveries.at(0);
        EXPECT_EQ(seen.state, DeliveryState::parked);
        EXPECT_EQ(seen.next_due, now());
        EXPECT_EQ(seen.attempts.size(), 2u) << "what was tried stays";
        EXPECT_EQ(state_of(event->id, endpoint_id(2)), DeliveryState::dead);
        EXPECT_EQ(describe(tally()),
                  "events 1 accepted 2 delivered 0 dead 1 cancelled 0 parked 1 pending 1");
        const ParkedPage page = load_due(endpoint_id(1), now());
        ASSERT_EQ(page.rows.size(), 1u);
        EXPECT_EQ(page.rows[0].attempts_made, 2u);
        EXPECT_EQ(describe(page.rows[0].manual), "2 scheduled resume 0");
        EXPECT_TRUE(scan_all().lost.empty());
        reopen_after_crash();
    }
    update(settle(event, endpoint_id(1), DeliveryState::dead, now(), make_attempt(3, now())));
    EXPECT_EQ(describe(tally()), before) << "and back";
    update(restart(event, endpoint_id(1), now()));
    EXPECT_EQ(describe(load_due(endpoint_id(1), now()).rows.at(0).manual), "3 scheduled resume 0");
}

TEST_P(StoreSuite, a_restart_of_what_is_not_dead_does_nothing) {
    open();
    const EventPtr event = accept({endpoint_id(1), endpoint_id(2), endpoint_id(3), endpoint_id(4)});
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {},
                  make_attempt(1, now(), AttemptOutcome::delivered)));
    update(settle(event, endpoint_id(2), DeliveryState::cancelled));
    update(park(event, endpoint_id(3), now() + 1h, {}, make_attempt(1, now())));
    const EventPtr expunged = accept({endpoint_id(1)});
    update(settle(expunged, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    ASSERT_TRUE(run(store().expunge_payload(expunged->id)));
    auto stranger = std::make_shared<Event>(*event);
    stranger->id = EventId{event->id.hi + 99, event->id.lo};

    const std::string seen = describe(history(event->id)) + describe(tally());
    for (const std::uint64_t n : {1u, 2u, 3u, 4u, 5u})
        update(restart(event, endpoint_id(n), now()));
    update(restart(expunged, endpoint_id(1), now()));
    update(restart(stranger, endpoint_id(1), now()));
    EXPECT_EQ(describe(history(event->id)) + describe(tally()), seen);
    EXPECT_EQ(state_of(expunged->id, endpoint_id(1)), DeliveryState::dead);
}

TEST_P(StoreSuite, a_restart_repeated_changes_nothing) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    const DeliveryUpdate dead =
        settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now()));
    const DeliveryUpdate again = restart(event, endpoint_id(1), now());
    CommitBatch batch;
    batch.updates = {dead, again, again, dead};
    ASSERT_TRUE(commit(std::move(batch)).result);
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 1 delivered 0 dead 0 cancelled 0 parked 1 pending 1");
    const std::string seen = describe(history(event->id));
    update(again);
    update(dead);
    EXPECT_EQ(describe(history(event->id)), seen);
    // A manual attempt may be asked for while the schedule has begun again; it goes on behind it.
    clock_.advance(1s);
    update(resend(event, endpoint_id(1), now()));
    EXPECT_EQ(describe(load_due(endpoint_id(1), now()).rows.at(0).manual),
              "1 manual resume " + std::to_string(to_micros(again.due)));
}

}  // namespace
}  // namespace posthaste::conformance
