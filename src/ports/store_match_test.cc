#include "ports/store_match.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthaste {
namespace {

constexpr Timestamp kNow = from_micros(1'767'323'045'123'456);

TEST(StoreMatch, bounds_are_exclusive_and_nil_is_none) {
    const EventId id{5, 5};
    struct Case {
        EventId above;
        EventId below;
        bool fits;
    };
    const Case cases[] = {
        {{}, {}, true},          {{5, 4}, {}, true},     {{5, 5}, {}, false}, {{}, {5, 6}, true},
        {{}, {5, 5}, false},     {{5, 4}, {5, 6}, true}, {{6, 0}, {}, false}, {{}, {4, 9}, false},
        {{5, 6}, {5, 4}, false}, {{4, 9}, {6, 0}, true},
    };
    for (const Case& c : cases)
        EXPECT_EQ(is_between(id, c.above, c.below), c.fits) << to_uuid(c.above) << to_uuid(c.below);
}

TEST(StoreMatch, a_record_fits_by_label_and_part_of_its_name) {
    Record record;
    record.id = Id{5, 5};
    record.name = "Ada@Example.test";
    record.label = "active";
    struct Case {
        std::optional<std::string> label;
        std::string name_contains;
        bool fits;
    };
    const Case cases[] = {
        {{}, "", true},         {"active", "", true},     {"Active", "", false},
        {"", "", false},        {{}, "aDA@", true},       {{}, "test", true},
        {{}, "ada%", false},    {{}, "testx", false},     {"active", "example", true},
        {"left", "ada", false}, {"active", "eve", false},
    };
    for (const Case& c : cases) {
        RecordQuery query;
        query.label = c.label;
        query.name_contains = c.name_contains;
        EXPECT_EQ(matches(query, record), c.fits) << c.label.value_or("-") << c.name_contains;
        query.above = Id{6, 0};
        query.skip = query.limit = 1;
        EXPECT_FALSE(matches(query, record));
        EXPECT_EQ(matches(without_bounds(query), record), c.fits);
    }
    record.name.clear();
    RecordQuery any_name;
    EXPECT_TRUE(matches(any_name, record));
    any_name.name_contains = "a";
    EXPECT_FALSE(matches(any_name, record));
}

TEST(StoreMatch, an_action_fits_itself_and_what_it_is_the_beginning_of) {
    AuditEntry entry;
    entry.action = "endpoint.create";
    for (const auto& [action, fits] :
         {std::pair{"endpoint.create", true}, std::pair{"endpoint", true}, std::pair{"end", false},
          std::pair{"endpoint.", false}, std::pair{"endpoint.create.x", false},
          std::pair{"", false}}) {
        AuditQuery query;
        query.action = action;
        EXPECT_EQ(matches(query, entry), fits) << action;
    }
}

TEST(StoreMatch, an_event_fits_by_application_type_and_channel) {
    Event event;
    event.id = EventId{5, 5};
    event.application = ApplicationId{1, 2};
    event.type = "order.created";
    event.channels = {"blue", "red"};
    struct Case {
        std::vector<std::string> types;
        std::optional<std::string> channel;
        bool fits;
    };
    const Case cases[] = {
        {{}, {}, true},
        {{"order.created"}, {}, true},
        {{"order.paid", "order.created"}, {}, true},
        {{"order"}, {}, false},
        {{""}, {}, false},
        {{}, "red", true},
        {{}, "gre", false},
        {{"order.created"}, "green", false},
        {{"order.paid"}, "blue", false},
    };
    for (const Case& c : cases) {
        EventQuery events;
        events.application = event.application;
        events.event_types = c.types;
        events.channel = c.channel;
        EXPECT_EQ(matches(events, event), c.fits);
        events.application = ApplicationId{1, 3};
        EXPECT_FALSE(matches(events, event));
        AttemptQuery attempts;
        attempts.event_types = c.types;
        attempts.channel = c.channel;
        EXPECT_EQ(matches(attempts, event), c.fits);
    }
}

TEST(StoreMatch, an_attempt_fits_by_outcome_and_status_class) {
    struct Case {
        AttemptOutcome outcome;
        int status;
        std::optional<bool> delivered;
        std::optional<int> status_class;
        bool fits;
    };
    using enum AttemptOutcome;
    const Case cases[] = {
        {rejected, 503, {}, {}, true},      {rejected, 503, {}, 500, true},
        {rejected, 499, {}, 500, false},    {rejected, 500, {}, 400, false},
        {timed_out, 0, {}, 0, true},        {rejected, 100, {}, 0, false},
        {delivered, 204, true, {}, true},   {delivered, 204, false, {}, false},
        {timed_out, 0, false, {}, true},    {rejected, 302, false, 300, true},
        {delivered, 200, true, 300, false},
    };
    for (const Case& c : cases) {
        AttemptRecord attempt;
        attempt.outcome = c.outcome;
        attempt.status_code = c.status;
        AttemptQuery query;
        query.delivered = c.delivered;
        query.status_class = c.status_class;
        EXPECT_EQ(matches(query, AttemptId{5, 5}, attempt), c.fits) << c.status;
        query.above = AttemptId{5, 5};
        EXPECT_FALSE(matches(query, AttemptId{5, 5}, attempt));
    }
}

TEST(StoreMatch, a_request_repeats_another_within_the_window) {
    EXPECT_TRUE(is_repeat(kNow, kNow));
    EXPECT_TRUE(is_repeat(kNow, kNow + kRepeatWindow - Duration{1}));
    EXPECT_FALSE(is_repeat(kNow, kNow + kRepeatWindow));
    EXPECT_TRUE(is_repeat(kNow, kNow - 1h)) << "the clock was set back";
}

TEST(StoreMatch, a_resend_keeps_the_schedules_plan) {
    const ParkedState row{kNow + 1h, 4, {1, AttemptTrigger::scheduled, {}}};
    const auto manual = resent(row, kNow);
    const ParkedState expected{kNow, 4, {1, AttemptTrigger::manual, kNow + 1h}};
    EXPECT_EQ(manual, expected);
    EXPECT_FALSE(resent(*manual, kNow + 1s)) << "it waits already";
    const ParkedState settled{kNow, 3, {2, AttemptTrigger::manual, {}}};
    EXPECT_EQ(resent(3, 2, kNow), settled);
}

TEST(StoreMatch, a_restart_leaves_the_schedule_as_for_a_new_delivery) {
    const ParkedState row = restarted(3, kNow);
    EXPECT_EQ(row, (ParkedState{kNow, 3, {3, AttemptTrigger::scheduled, {}}}));
    RetryPolicy policy = mailboxes_retry_policy();
    for (std::uint32_t attempt = 1; attempt <= policy.attempts_max; ++attempt) {
        const auto after = [&](std::uint32_t made, const ManualState& manual) {
            return decide({kNow, made, manual}, AttemptOutcome::rejected, policy, {}, kNow, 0.5);
        };
        EXPECT_EQ(after(3 + attempt, row.manual), after(attempt, {})) << attempt;
    }
}

TEST(StoreMatch, only_dead_becomes_delivered) {
    using enum DeliveryState;
    for (const DeliveryState next : {parked, delivered, dead, cancelled}) {
        EXPECT_EQ(state_to_store(next, false), next);
        EXPECT_EQ(state_to_store(next, true), next == dead ? delivered : next);
    }
}

TEST(StoreMatch, an_expunged_event_keeps_its_names) {
    Event event;
    event.id = EventId{5, 5};
    event.payload = "{}";
    event.body = "body";
    event.uid = "uid";
    event.channels = {"blue"};
    event.request_key = Id{1, 2};
    event.payload_expires_at = kNow;
    event.deliver_at = kNow + 1h;
    event.targets = {EndpointId{3, 4}};
    for (const EventPtr& left : {without_payload(event), expunged(event)}) {
        EXPECT_EQ(left->payload, "");
        EXPECT_FALSE(left->body);
        EXPECT_EQ(left->id, event.id);
        EXPECT_EQ(left->uid, event.uid);
        EXPECT_EQ(left->channels, event.channels);
        EXPECT_EQ(left->request_key, event.request_key);
        EXPECT_EQ(left->payload_expires_at, event.payload_expires_at);
        EXPECT_EQ(left->deliver_at, event.deliver_at);
        EXPECT_EQ(left->targets, event.targets);
    }
    EXPECT_FALSE(without_payload(event)->is_expunged);
    EXPECT_TRUE(expunged(event)->is_expunged);
}

}  // namespace
}  // namespace posthaste
