// Endpoints, the repair scan, and retention.

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

Endpoint full_endpoint(Timestamp now) {
    Endpoint endpoint;
    endpoint.organization = OrganizationId{1, 2};
    endpoint.application = ApplicationId{3, 4};
    endpoint.profile = Profile::subscriptions;
    endpoint.url = "https://user:pass@receiver.test:8443/hook?a=b&c=%20";
    endpoint.secret = std::string("whsec_\"'\\ \xc3\xa9");
    endpoint.old_secrets = {OldSecret{"old one", now + 1h}, OldSecret{"", now + 2h}};
    endpoint.event_types = std::vector<std::string>{"order.created", "order.*", ""};
    endpoint.is_active = false;
    endpoint.created_at = now - 3s;
    endpoint.retry.gaps = {10s, 30s, Duration{1}};
    endpoint.retry.base = 3s;
    endpoint.retry.factor = 1.7;
    endpoint.retry.delay_max = 5h;
    endpoint.retry.jitter = Jitter::full;
    endpoint.retry.jitter_fraction = 0.25;
    endpoint.retry.attempts_max = 9;
    endpoint.retry.age_max = 77h;
    endpoint.retry.after_timeout_min = 61s;
    endpoint.timeout = 1234ms;
    endpoint.in_flight_max = 17;
    endpoint.name = "orders \"in\"";
    endpoint.ingest_key = "key \xc3\xa9";
    endpoint.description = "its owner's words \xc3\xa9";
    endpoint.version = 3;
    endpoint.throttle_rate = 65'535;
    endpoint.channels = std::vector<std::string>{"blue", "", "b\xc3\xa9"};
    endpoint.filter = "a > 1 and \"b\"";
    endpoint.metadata = {{"", "empty"}, {"k\"ey", "va\\lue"}, {"z", ""}};
    endpoint.headers = {{"X-Two", "2"}, {"X-One", "1"}, {"X-Two", ""}};
    endpoint.failing_since = now - 5h;
    endpoint.updated_at = now - 1s;
    return endpoint;
}

TEST_P(StoreSuite, endpoints_come_back_field_by_field) {
    open();
    Endpoint bare;
    bare.url = "http://receiver.test/";
    Endpoint empties = bare;
    empties.secret = "";
    empties.event_types = std::vector<std::string>{};
    empties.retry.age_max = Duration{0};
    empties.channels = std::vector<std::string>{};
    empties.filter = "";
    empties.uid = "";
    empties.ingest_key = "";
    empties.failing_since = Timestamp{};
    Endpoint full = full_endpoint(now());
    full.uid = "the owner's \xc3\xa9";
    std::vector<Endpoint> sent{bare, empties, full};
    for (Endpoint& endpoint : sent) {
        const Endpoint stored = put(endpoint);
        EXPECT_FALSE(stored.id.is_nil()) << "the store issues the id";
        EXPECT_GT(stored.revision, 0u);
        endpoint.id = stored.id;
        endpoint.revision = stored.revision;
        EXPECT_EQ(stored, endpoint);
    }
    for (int i = 0; i < 2; ++i) {
        const auto loaded = run(store().load_endpoints());
        ASSERT_TRUE(loaded);
        ASSERT_EQ(loaded->size(), sent.size());
        for (const Endpoint& endpoint : sent)
            EXPECT_NE(std::ranges::find(*loaded, endpoint), loaded->end());
        reopen_after_crash();
    }
}

TEST_P(StoreSuite, an_endpoint_is_replaced_only_at_its_newest_revision) {
    open();
    Endpoint first;
    first.id = endpoint_id(5);
    first.url = "http://one.test/";
    const Endpoint stored = put(first);
    EXPECT_EQ(stored.id, endpoint_id(5)) << "a given id is kept";

    EXPECT_EQ(run(store().put_endpoint(first)).error().code, ErrorCode::conflict)
        << "it exists already";
    Endpoint changed = stored;
    changed.url = "http://two.test/";
    const Endpoint second = put(changed);
    EXPECT_GT(second.revision, stored.revision);
    EXPECT_EQ(second.url, "http://two.test/");

    const auto stale = run(store().put_endpoint(changed));
    ASSERT_FALSE(stale);
    EXPECT_EQ(stale.error().code, ErrorCode::conflict);
    Endpoint nobody;
    nobody.id = endpoint_id(6);
    nobody.revision = 3;
    EXPECT_FALSE(run(store().put_endpoint(nobody))) << "a revision of something that never was";

    reopen_after_crash();
    const auto loaded = run(store().load_endpoints());
    ASSERT_EQ(loaded->size(), 1u);
    EXPECT_EQ(loaded->at(0), second);
    EXPECT_EQ(run(store().put_endpoint(stored)).error().code, ErrorCode::conflict)
        << "revisions survive";
    EXPECT_GT(put(second).revision, second.revision);
}

TEST_P(StoreSuite, a_deleted_endpoint_stays_as_a_tombstone) {
    open();
    Endpoint endpoint = put(full_endpoint(now()));
    endpoint.is_deleted = true;
    const Endpoint tombstone = put(endpoint);
    EXPECT_TRUE(tombstone.is_deleted);
    reopen_after_close();
    const auto loaded = run(store().load_endpoints());
    ASSERT_EQ(loaded->size(), 1u);
    EXPECT_EQ(loaded->at(0), tombstone);
}

TEST_P(StoreSuite, many_endpoints_are_loaded_whole) {
    open();
    for (int i = 0; i < 200; ++i) put(full_endpoint(now()));
    reopen_after_crash();
    EXPECT_EQ(run(store().load_endpoints())->size(), 200u);
}

TEST_P(StoreSuite, a_scan_of_a_sound_store_finds_nothing) {
    open();
    for (int i = 0; i < 25; ++i) {
        const EventPtr event = accept({endpoint_id(1), endpoint_id(2), endpoint_id(3)});
        update(settle(event, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
        update(settle(event, endpoint_id(2),
                      i % 2 == 0 ? DeliveryState::dead : DeliveryState::cancelled));
        update(park(event, endpoint_id(3), now() + 1h, {}, make_attempt(1, now())));
    }
    for (std::size_t limit : {1u, 7u, 25u, 1000u}) {
        const ScanSlice all = scan_all(limit);
        EXPECT_EQ(all.events_checked, 25u) << limit;
        EXPECT_TRUE(all.lost.empty());
    }
    const EventPtr in_tail = accept({endpoint_id(1)});
    EXPECT_TRUE(scan_all().lost.empty()) << "what is in the tail is not lost";
    reopen_after_crash();
    EXPECT_EQ(scan_all(3).events_checked, 26u);
    EXPECT_TRUE(scan_all(3).lost.empty());
}

TEST_P(StoreSuite, a_scan_finds_what_is_lost_and_it_can_be_parked_again) {
    open();
    const EventPtr whole = accept_parked(endpoint_id(1), now() + 1h, 2);
    const EventPtr torn = accept({endpoint_id(1), endpoint_id(2)});
    update(settle(torn, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    update(park(torn, endpoint_id(2), now() + 1h, {}, make_attempt(1, now())));
    for (int i = 0; i < 5; ++i) accept_parked(endpoint_id(3), now() + 1h);
    end_by_close();
    ASSERT_TRUE(factory_->lose_parked(torn->id, endpoint_id(2)));
    open();
    const ScanSlice found = scan_all(2);
    ASSERT_EQ(found.lost.size(), 1u);
    EXPECT_EQ(found.lost[0].event, torn->id);
    EXPECT_EQ(found.lost[0].endpoint, endpoint_id(2));
    EXPECT_EQ(found.lost[0].attempts_made, 1u);

    DeliveryUpdate repair = park(torn, endpoint_id(2), now());
    repair.attempts_made = 1;
    update(repair);
    EXPECT_TRUE(scan_all().lost.empty());
    const ParkedPage page = load_due(endpoint_id(2), now());
    ASSERT_EQ(page.rows.size(), 1u);
    EXPECT_EQ(page.rows[0].attempts_made, 1u);
    EXPECT_EQ(state_of(whole->id, endpoint_id(1)), DeliveryState::parked);
}

TEST_P(StoreSuite, retention_keeps_what_pends_and_dead_letters_longer) {
    open();
    const EventPtr delivered = accept({endpoint_id(1)});
    const EventPtr cancelled = accept({endpoint_id(1)});
    const EventPtr no_targets = accept({});
    const EventPtr dead = accept({endpoint_id(1)});
    const EventPtr mixed = accept({endpoint_id(1), endpoint_id(2)});
    const EventPtr parked = accept({endpoint_id(2)});
    const EventPtr tail = accept({endpoint_id(2)});
    update(settle(delivered, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    update(settle(cancelled, endpoint_id(1), DeliveryState::cancelled));
    update(settle(dead, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    update(settle(mixed, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    update(park(mixed, endpoint_id(2), now() + 24h * 365, {}, make_attempt(1, now())));
    update(park(parked, endpoint_id(2), now() + 24h * 365, {}, make_attempt(1, now())));
    const std::string before = describe(tally());
    const RetentionPolicy policy;
    const auto is_kept = [&](const EventPtr& event) {
        return run(store().read_event(event->id)).has_value();
    };
    const auto expire = [&] {
        // Whatever a store calls its partitions, time has moved on to a new one.
        accept_parked(endpoint_id(7), now() + 24h * 365);
        EXPECT_TRUE(run(store().expire(policy, now())));
    };

    clock_.advance(24h);
    expire();
    for (const auto& event : {delivered, cancelled, no_targets, dead, mixed, parked, tail})
        EXPECT_TRUE(is_kept(event));

    clock_.advance(24h * 9);
    expire();
    for (const auto& event : {dead, mixed, parked, tail})
        EXPECT_TRUE(is_kept(event)) << to_uuid(event->id);
    EXPECT_EQ(state_of(dead->id, endpoint_id(1)), DeliveryState::dead);
    EXPECT_EQ(history(dead->id).deliveries.at(0).attempts.size(), 1u);
    EXPECT_EQ(state_of(mixed->id, endpoint_id(2)), DeliveryState::parked);
    EXPECT_EQ(state_of(tail->id, endpoint_id(2)), DeliveryState::pending);

    clock_.advance(24h * 40);
    expire();
    reopen_after_close();
    for (const auto& event : {mixed, parked, tail})
        EXPECT_TRUE(is_kept(event)) << "pending is kept for ever";
    EXPECT_EQ(load_due(endpoint_id(2), now() + 24h * 1000).rows.size(), 3u);
    EXPECT_TRUE(scan_all().lost.empty());
    EXPECT_NE(describe(tally()), before);
    EXPECT_EQ(tally().delivered, 2u) << "the tally survives retention";
    EXPECT_EQ(tally().dead, 1u);
    EXPECT_EQ(tally().accepted, 7u + 3u);
}

TEST_P(StoreSuite, retention_drops_what_is_finished) {
    open();
    const EventPtr delivered = accept({endpoint_id(1)});
    update(settle(delivered, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    clock_.advance(24h);
    const EventPtr dead = accept({endpoint_id(1)});
    update(settle(dead, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    clock_.advance(24h * 9);
    const EventPtr newest = accept_parked(endpoint_id(1), now());

    const auto first = run(store().expire(RetentionPolicy{}, now()));
    ASSERT_TRUE(first);
    EXPECT_GE(*first, 1u);
    EXPECT_EQ(run(store().read_event(delivered->id)).error().code, ErrorCode::not_found);
    EXPECT_TRUE(run(store().read_event(dead->id)));
    clock_.advance(24h * 40);
    accept_parked(endpoint_id(1), now());
    EXPECT_GE(*run(store().expire(RetentionPolicy{}, now())), 1u);
    EXPECT_EQ(run(store().read_event(dead->id)).error().code, ErrorCode::not_found);
    EXPECT_TRUE(run(store().read_event(newest->id)));
    EXPECT_EQ(*run(store().expire(RetentionPolicy{}, now())), 0u) << "nothing is left to drop";

    clock_.set(from_micros(1'700'000'000'000'000));
    reopen_after_crash();
    EXPECT_GT(accept({endpoint_id(1)})->id.hi, newest->id.hi) << "ids grow past what was dropped";
    EXPECT_EQ(tally().delivered, 1u);
    EXPECT_EQ(tally().dead, 1u);
}

}  // namespace
}  // namespace posthaste::conformance
