// What a crash leaves, what recovery makes of it, and how parked rows are read back.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

const ParkedLane* lane_of(const Recovery& recovery, EndpointId endpoint) {
    auto it = std::ranges::find(recovery.lanes, endpoint, &ParkedLane::endpoint);
    return it == recovery.lanes.end() ? nullptr : &*it;
}

TEST_P(StoreSuite, recovery_parks_the_unsettled_tail_due_now) {
    open();
    const EventPtr settled = accept({endpoint_id(1)});
    const EventPtr half = accept({endpoint_id(1), endpoint_id(2)});
    const EventPtr waiting = accept({endpoint_id(3)});
    const EventPtr untouched = accept({endpoint_id(1), endpoint_id(4)});
    update(settle(settled, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    update(settle(half, endpoint_id(2), DeliveryState::dead, {}, make_attempt(1, now())));
    const Timestamp later = now() + 1h;
    update(park(waiting, endpoint_id(3), later, {}, make_attempt(1, now())));

    clock_.advance(5s);
    const Recovery recovery = reopen_after_crash();
    EXPECT_EQ(recovery.deliveries_parked, 3u);
    EXPECT_EQ(recovery.lanes.size(), 3u);
    ASSERT_TRUE(lane_of(recovery, endpoint_id(1)));
    EXPECT_EQ(lane_of(recovery, endpoint_id(1))->earliest_due, now());
    ASSERT_TRUE(lane_of(recovery, endpoint_id(4)));
    EXPECT_EQ(lane_of(recovery, endpoint_id(4))->earliest_due, now());
    ASSERT_TRUE(lane_of(recovery, endpoint_id(3)));
    EXPECT_EQ(lane_of(recovery, endpoint_id(3))->earliest_due, later);

    const ParkedPage page = load_due(endpoint_id(1), now());
    ASSERT_EQ(page.rows.size(), 2u);
    EXPECT_EQ(page.rows[0].event->id, half->id);
    EXPECT_EQ(page.rows[1].event->id, untouched->id);
    EXPECT_EQ(page.rows[0].due, now());
    EXPECT_EQ(page.rows[0].attempts_made, 0u);
    EXPECT_EQ(load_due(endpoint_id(3), later).rows.at(0).attempts_made, 1u)
        << "rows that were parked stay as they were";
    EXPECT_EQ(describe(tally()),
              "events 4 accepted 6 delivered 1 dead 1 cancelled 0 parked 4 pending 4");
}

TEST_P(StoreSuite, recovery_after_a_clean_close_finds_the_tail_as_well) {
    open();
    accept({endpoint_id(1)});
    const Recovery recovery = reopen_after_close();
    EXPECT_EQ(recovery.deliveries_parked, 1u);
    EXPECT_EQ(load_due(endpoint_id(1), now()).rows.size(), 1u);
}

TEST_P(StoreSuite, recovery_after_recovery_finds_nothing_new) {
    open();
    accept({endpoint_id(1)});
    EXPECT_EQ(reopen_after_crash().deliveries_parked, 1u);
    const Timestamp first = now();
    clock_.advance(1h);
    const Recovery again = reopen_after_crash();
    EXPECT_EQ(again.deliveries_parked, 0u);
    ASSERT_TRUE(lane_of(again, endpoint_id(1)));
    EXPECT_EQ(lane_of(again, endpoint_id(1))->earliest_due, first);
    EXPECT_EQ(tally().parked, 1u);
}

// The oldest event is the last to settle: the watermark must wait for it, however much younger work is done.
TEST_P(StoreSuite, recovery_finds_an_old_delivery_behind_many_settled_ones) {
    open();
    const EventPtr oldest = accept({endpoint_id(1)});
    for (int i = 0; i < 50; ++i) {
        const EventPtr event = accept({endpoint_id(2)});
        update(settle(event, endpoint_id(2), DeliveryState::delivered, {}, make_attempt(1, now())));
    }
    const Recovery recovery = reopen_after_crash();
    EXPECT_EQ(recovery.deliveries_parked, 1u);
    ASSERT_EQ(recovery.lanes.size(), 1u);
    EXPECT_EQ(load_due(endpoint_id(1), now()).rows.at(0).event->id, oldest->id);
    EXPECT_TRUE(scan_all().lost.empty());
}

TEST_P(StoreSuite, a_recovered_delivery_goes_on_from_its_row) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    reopen_after_crash();
    const Timestamp due = load_due(endpoint_id(1), now()).rows.at(0).due;
    update(settle(event, endpoint_id(1), DeliveryState::delivered, due, make_attempt(1, now())));
    EXPECT_EQ(describe(tally()),
              "events 1 accepted 1 delivered 1 dead 0 cancelled 0 parked 0 pending 0");
    EXPECT_TRUE(reopen_after_crash().lanes.empty());
}

TEST_P(StoreSuite, recovery_lists_every_lane_once) {
    open();
    for (std::uint64_t n = 0; n < 40; ++n) {
        for (int i = 0; i < 3; ++i)
            accept_parked(endpoint_id(n),
                          now() + std::chrono::seconds(3 - i + static_cast<int>(n)));
    }
    const Recovery recovery = reopen_after_crash();
    ASSERT_EQ(recovery.lanes.size(), 40u);
    for (std::uint64_t n = 0; n < 40; ++n) {
        ASSERT_TRUE(lane_of(recovery, endpoint_id(n)));
        EXPECT_EQ(lane_of(recovery, endpoint_id(n))->earliest_due,
                  now() + std::chrono::seconds(1 + static_cast<int>(n)));
    }
}

TEST_P(StoreSuite, parked_rows_come_by_due_then_event) {
    open();
    std::vector<std::pair<Timestamp, EventId>> expected;
    for (int i = 0; i < 30; ++i) {
        const Timestamp due = now() + std::chrono::seconds((i * 7) % 10);
        expected.emplace_back(
            due, accept_parked(endpoint_id(1), due, static_cast<std::uint32_t>(i))->id);
        accept_parked(endpoint_id(2), due);
    }
    std::ranges::sort(expected);
    const ParkedPage page = load_due(endpoint_id(1), now() + 1h);
    ASSERT_EQ(page.rows.size(), 30u);
    for (std::size_t i = 0; i < 30; ++i) {
        EXPECT_EQ(page.rows[i].due, expected[i].first);
        EXPECT_EQ(page.rows[i].event->id, expected[i].second);
        EXPECT_EQ(page.rows[i].endpoint, endpoint_id(1));
    }
    EXPECT_FALSE(page.next_due);
}

TEST_P(StoreSuite, a_parked_row_keeps_its_attempts_and_its_event) {
    open();
    const EventPtr event = accept_parked(endpoint_id(1), now(), 3, "{\"n\":1}");
    const ParkedDelivery row = load_due(endpoint_id(1), now()).rows.at(0);
    EXPECT_EQ(row.attempts_made, 3u);
    EXPECT_EQ(row.event->payload, event->payload);
    EXPECT_EQ(row.event->type, event->type);
    EXPECT_EQ(row.event->targets, event->targets);
    EXPECT_EQ(row.event->accepted_at, event->accepted_at);
}

TEST_P(StoreSuite, only_due_rows_come_and_next_due_names_the_rest) {
    open();
    const Timestamp base = now();
    std::vector<EventId> ids;
    for (int i = 0; i < 5; ++i)
        ids.push_back(accept_parked(endpoint_id(1), base + std::chrono::seconds(i))->id);

    struct Case {
        const char* what;
        int due_until;
        std::size_t limit;
        std::vector<int> excluded;
        std::vector<int> rows;
        std::optional<int> next_due;
        std::optional<int> due_from{};
    };
    const Case cases[] = {
        {"nothing due yet", -1, 10, {}, {}, 0},
        {"due exactly now counts", 0, 10, {}, {0}, 1},
        {"some due", 2, 10, {}, {0, 1, 2}, 3},
        {"all due", 4, 10, {}, {0, 1, 2, 3, 4}, {}},
        {"all due, all wanted exactly", 9, 5, {}, {0, 1, 2, 3, 4}, {}},
        {"more due than wanted", 9, 2, {}, {0, 1}, 2},
        {"excluded ones do not count against the limit", 9, 2, {0, 1}, {2, 3}, 4},
        {"excluded in the middle", 9, 2, {1}, {0, 2}, 3},
        {"next_due skips excluded ones", 1, 10, {2, 3}, {0, 1}, 4},
        {"next_due skips excluded ones behind the limit", 9, 1, {1, 2}, {0}, 3},
        {"all excluded", 9, 10, {0, 1, 2, 3, 4}, {}, {}},
        {"only excluded due", 1, 10, {0, 1}, {}, 2},
        {"older ones left out", 3, 10, {}, {2, 3}, 4, 2},
        {"from a time that none is due at", 9, 1, {}, {}, {}, 5},
        {"those of one moment", 2, 10, {}, {2}, 3, 2},
        {"from one that is excluded", 9, 1, {2}, {3}, 4, 2},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.what);
        ParkedQuery query;
        query.endpoint = endpoint_id(1);
        query.due_until = base + std::chrono::seconds(c.due_until);
        if (c.due_from) query.due_from = base + std::chrono::seconds(*c.due_from);
        query.limit = c.limit;
        for (int i : c.excluded) query.exclude.push_back(ids.at(static_cast<std::size_t>(i)));
        const ParkedPage page = load(query);
        ASSERT_EQ(page.rows.size(), c.rows.size());
        for (std::size_t i = 0; i < c.rows.size(); ++i) {
            EXPECT_EQ(page.rows[i].event->id, ids.at(static_cast<std::size_t>(c.rows[i])));
        }
        std::optional<Timestamp> next;
        if (c.next_due) next = base + std::chrono::seconds(*c.next_due);
        EXPECT_EQ(page.next_due, next);
    }
    const ParkedPage none = load_due(endpoint_id(9), base + 1h);
    EXPECT_TRUE(none.rows.empty());
    EXPECT_FALSE(none.next_due);
}

TEST_P(StoreSuite, a_page_ends_when_its_bytes_are_full) {
    open();
    for (int i = 0; i < 6; ++i)
        accept_parked(endpoint_id(1), now() + std::chrono::seconds(i), 0, std::string(1000, 'p'));
    ParkedQuery query;
    query.endpoint = endpoint_id(1);
    query.due_until = now() + 1h;
    query.bytes_max = 10;
    ParkedPage page = load(query);
    EXPECT_EQ(page.rows.size(), 1u) << "one row always comes";
    EXPECT_EQ(page.next_due, now() + 1s);
    query.bytes_max = 2'500;
    page = load(query);
    EXPECT_GE(page.rows.size(), 2u);
    EXPECT_LE(page.rows.size(), 3u) << "at most the row that fills it up";
    EXPECT_EQ(page.next_due, now() + std::chrono::seconds(page.rows.size()));
    query.bytes_max = 6'000'000;
    EXPECT_EQ(load(query).rows.size(), 6u);
}

TEST_P(StoreSuite, reading_parked_rows_leaves_them) {
    open();
    accept_parked(endpoint_id(1), now());
    EXPECT_EQ(load_due(endpoint_id(1), now()).rows.size(), 1u);
    EXPECT_EQ(load_due(endpoint_id(1), now()).rows.size(), 1u);
    EXPECT_EQ(tally().parked, 1u);
}

TEST_P(StoreSuite, a_load_sees_every_commit_completed_before_it) {
    open();
    for (int i = 0; i < 100; ++i) {
        const EventPtr event = accept_parked(endpoint_id(1), now());
        const ParkedPage page = load_due(endpoint_id(1), now());
        ASSERT_EQ(page.rows.size(), 1u) << i;
        ASSERT_EQ(page.rows[0].event->id, event->id);
        update(
            settle(event, endpoint_id(1), DeliveryState::delivered, now(), make_attempt(1, now())));
        ASSERT_TRUE(load_due(endpoint_id(1), now()).rows.empty()) << i;
    }
}

}  // namespace
}  // namespace posthaste::conformance
