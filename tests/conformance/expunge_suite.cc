// What is deleted for good: payloads, answers, and records whose time has passed.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

std::shared_ptr<Event> full_event() {
    auto event = make_event({endpoint_id(1), endpoint_id(2)}, "{\"secret\":1}");
    event->uid = "order-7";
    event->channels = {"blue", "gr\xc3\xbcn", "blue/2"};
    event->tags = {"a tag", "gr\xc3\xbcn", ""};
    event->body = std::string("a body\0 of bytes \xff", 18);
    event->request_key = Id{5, 6};
    event->payload_expires_at = from_micros(1'800'000'000'123'456);
    event->deliver_at = from_micros(1'700'000'000'123'456);
    return event;
}

TEST_P(StoreSuite, an_event_keeps_all_of_its_names) {
    open();
    const EventPtr full = accept_event(full_event());
    auto sparse = make_event({endpoint_id(1)});
    sparse->uid = "";
    sparse->body = "";
    const EventPtr empties = accept_event(sparse);
    const EventPtr none = accept({endpoint_id(1)});
    for (int i = 0; i < 2; ++i) {
        for (const EventPtr& event : {full, empties, none})
            EXPECT_EQ(describe(*history(event->id).event), describe(*event));
        reopen_after_crash();
    }
    ParkedQuery query;
    query.endpoint = endpoint_id(1);
    query.due_until = now();
    const ParkedPage page = load(query);
    ASSERT_EQ(page.rows.size(), 3u);
    EXPECT_EQ(describe(*page.rows[0].event), describe(*full)) << "what is sent knows them too";
}

TEST_P(StoreSuite, an_expunged_event_has_lost_its_content_only) {
    open();
    const EventPtr event = accept_event(full_event());
    const EventPtr neighbour = accept({endpoint_id(1)}, "[2]");
    update(settle(event, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    const std::string counted = describe(tally());
    EXPECT_TRUE(run(store().expunge_payload(event->id)));
    Event expected = *event;
    expected.payload.clear();
    expected.body.reset();
    expected.is_expunged = true;
    for (int i = 0; i < 2; ++i) {
        const EventHistory seen = history(event->id);
        EXPECT_EQ(describe(*seen.event), describe(expected));
        EXPECT_EQ(seen.deliveries.at(0).attempts.size(), 1u);
        EXPECT_EQ(history(neighbour->id).event->payload, "[2]");
        EXPECT_EQ(run(store().find_event(event->application, "order-7")), event->id);
        EXPECT_TRUE(run(store().expunge_payload(event->id))) << "twice is once";
        if (i == 0) {
            EXPECT_EQ(describe(tally()), counted);
        }
        reopen_after_crash();
    }
    const ParkedPage page = load_due(endpoint_id(2), now());
    ASSERT_EQ(page.rows.size(), 1u) << "the delivery still waits for its end";
    EXPECT_TRUE(page.rows[0].event->is_expunged);
    EXPECT_EQ(page.rows[0].event->payload, "");
}

TEST_P(StoreSuite, expunging_what_is_not_there_says_not_found) {
    open();
    const EventPtr event = accept({endpoint_id(1)});
    update(settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    const EventId strangers[] = {EventId{}, EventId{event->id.hi + 1, event->id.lo},
                                 EventId{event->id.hi, event->id.lo ^ 1}};
    for (const EventId id : strangers) {
        EXPECT_EQ(run(store().expunge_payload(id)).error().code, ErrorCode::not_found);
        EXPECT_EQ(run(store().expunge_response(id, endpoint_id(1), 1)).error().code,
                  ErrorCode::not_found);
    }
    EXPECT_EQ(run(store().expunge_response(event->id, endpoint_id(1), 2)).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(run(store().expunge_response(event->id, endpoint_id(2), 1)).error().code,
              ErrorCode::not_found);
    EXPECT_FALSE(history(event->id).event->is_expunged);
}

TEST_P(StoreSuite, an_expunged_answer_says_so) {
    open();
    const EventPtr event = accept({endpoint_id(1), endpoint_id(2)});
    update(park(event, endpoint_id(1), now() + 1s, {}, make_attempt(1, now())));
    update(settle(event, endpoint_id(1), DeliveryState::dead, now() + 1s,
                  make_attempt(2, now() + 1s)));
    update(settle(event, endpoint_id(2), DeliveryState::dead, {}, make_attempt(1, now())));
    EXPECT_TRUE(run(store().expunge_response(event->id, endpoint_id(1), 2)));
    for (int i = 0; i < 2; ++i) {
        const EventHistory seen = history(event->id);
        AttemptRecord expected = make_attempt(2, now() + 1s);
        expected.response = "EXPUNGED";
        expected.response_headers.reset();
        ASSERT_EQ(seen.deliveries.at(0).attempts.size(), 2u);
        EXPECT_EQ(describe(seen.deliveries[0].attempts[0]), describe(make_attempt(1, now())));
        EXPECT_EQ(describe(seen.deliveries[0].attempts[1]), describe(expected));
        EXPECT_EQ(describe(seen.deliveries[1].attempts[0]), describe(make_attempt(1, now())));
        EXPECT_EQ(seen.deliveries[0].state, DeliveryState::dead);
        EXPECT_TRUE(run(store().expunge_response(event->id, endpoint_id(1), 2))) << "twice is once";
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, a_payload_goes_when_its_time_has_come) {
    open();
    std::vector<EventPtr> events;
    for (int hours = 1; hours <= 3; ++hours) {
        auto event = make_event({endpoint_id(1)}, "[" + std::to_string(hours) + "]");
        event->body = "body";
        event->payload_expires_at = now() + std::chrono::hours(hours);
        events.push_back(accept_event(std::move(event)));
        if (hours == 2) {
            update(settle(events.back(), endpoint_id(1), DeliveryState::delivered, {},
                          make_attempt(1, now())));
        }
    }
    const EventPtr for_ever = accept({endpoint_id(1)});
    const auto is_expunged = [&](const EventPtr& event) {
        const EventPtr seen = history(event->id).event;
        EXPECT_EQ(seen->payload.empty(), seen->is_expunged);
        EXPECT_EQ(seen->is_expunged && seen->body, false);
        return seen->is_expunged;
    };
    clock_.advance(1h - 1s);
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    for (const EventPtr& event : events) EXPECT_FALSE(is_expunged(event));
    clock_.advance(1h + 2s);
    EXPECT_FALSE(is_expunged(events[0])) << "only expire() looks at the time";
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    for (int i = 0; i < 2; ++i) {
        EXPECT_TRUE(is_expunged(events[0])) << "whether it was delivered";
        EXPECT_TRUE(is_expunged(events[1])) << "or not";
        EXPECT_FALSE(is_expunged(events[2]));
        EXPECT_FALSE(is_expunged(for_ever));
        reopen_after_crash();
    }
    EXPECT_EQ(describe(tally()),
              "events 4 accepted 4 delivered 1 dead 0 cancelled 0 parked 3 pending 3");
}

TEST_P(StoreSuite, a_record_goes_when_its_time_has_come) {
    open();
    Record record;
    record.kind = RecordKind::answer;
    record.organization = OrganizationId{1, 2};
    record.name = "kept";
    put(record);
    record.name = "passing";
    record.expires_at = now() + 1h;
    const Record passing = put(record);
    RecordQuery query;
    query.kind = RecordKind::answer;
    clock_.advance(1h - 1s);
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    EXPECT_EQ(read(query).size(), 2u);
    clock_.advance(2s);
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    for (int i = 0; i < 2; ++i) {
        const std::vector<Record> left = read(query);
        ASSERT_EQ(left.size(), 1u);
        EXPECT_EQ(left[0].name, "kept");
        reopen_after_crash();
    }
    EXPECT_EQ(change({passing}).error().code, ErrorCode::conflict) << "nothing is left of it";
    record.expires_at.reset();
    EXPECT_EQ(put(record).name, "passing") << "and its name is free";
}

}  // namespace
}  // namespace posthaste::conformance
