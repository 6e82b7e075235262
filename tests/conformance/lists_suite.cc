// Pages of events and attempts: filters, bounds, both directions, where a page says that it ended.

#include <map>

#include "domain/attempt_id.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

using conformance::describe;

constexpr std::uint64_t kEndpoints = 3;
constexpr ApplicationId kApplications[] = {{0x0190'0000'0002'7000ULL, 0x8000'0000'0000'0002ULL},
                                           {0x0190'0000'0002'7000ULL, 0x8000'0000'0000'0003ULL}};
constexpr const char* kTypes[] = {"", "order.created", "order.paid"};
constexpr const char* kChannels[] = {"blue", "red", "gr\xc3\xbcn"};
constexpr const char* kTags[] = {"vip", "two words"};

struct ListedAttempt {
    AttemptId id;
    EventPtr event;
    AttemptRecord record;
    DeliveryState state_after = DeliveryState::parked;
};

struct ListedDelivery {
    DeliveryState state = DeliveryState::pending;
    Timestamp due;
    std::vector<AttemptRecord> attempts;
};

struct ListedEvent {
    EventPtr event;
    std::map<EndpointId, ListedDelivery> deliveries;
};

std::string describe(const EventEntry& entry) {
    return describe(*entry.event) + std::string(to_string(entry.state)) + " due " +
           std::to_string(entry.next_due ? to_micros(*entry.next_due) : 0) + " after " +
           std::to_string(entry.attempts) + " to " + to_uuid(entry.endpoint) + " last at " +
           std::to_string(entry.last_attempt_at ? to_micros(*entry.last_attempt_at) : 0);
}

std::string describe(const AttemptEntry& entry) {
    return to_uuid(entry.id) + " to " + to_uuid(entry.endpoint) + " " + describe(entry.attempt) +
           " then " + std::string(to_string(entry.state_after)) + " of " + describe(*entry.event);
}

// A store full of random deliveries, and what its lists must say.
class Listing {
public:
    Listing(StoreSuite& suite, std::uint64_t seed) : suite_(suite), random_(seed) {}

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    void fill(int events) {
        for (int n = 0; n < events; ++n) {
            add_event();
            for (std::size_t steps = below(4); steps > 0; --steps) step(some_event());
            suite_.clock_.advance(Duration{static_cast<std::int64_t>(below(2'000))});
            if (one_in(25)) reopen();
        }
    }

    // Whatever was in the tail is parked by it.
    void reopen() {
        one_in(2) ? suite_.reopen_after_crash() : suite_.reopen_after_close();
        for (ListedEvent& listed : events_) {
            for (auto& [endpoint, delivery] : listed.deliveries) {
                if (delivery.state != DeliveryState::pending) continue;
                delivery.state = DeliveryState::parked;
                delivery.due = suite_.now();
            }
        }
    }

    EventQuery draw_event_query() {
        EventQuery query;
        query.application = kApplications[below(2)];
        query.oldest_first = one_in(2);
        query.with_payload = one_in(2);
        if (one_in(4)) query.above = some_bound();
        if (one_in(4)) query.below = some_bound();
        draw_words(query);
        if (!one_in(2)) return query;
        for (std::uint64_t n = 0; n <= kEndpoints; ++n)
            if (one_in(3)) query.endpoints.push_back(endpoint_id(n));
        if (query.endpoints.empty()) query.endpoints = {endpoint_id(below(kEndpoints + 1))};
        for (const DeliveryState state :
             {DeliveryState::pending, DeliveryState::parked, DeliveryState::delivered,
              DeliveryState::dead, DeliveryState::cancelled}) {
            if (one_in(4)) query.states.push_back(state);
        }
        return query;
    }

    AttemptQuery draw_attempt_query() {
        AttemptQuery query;
        query.endpoint = endpoint_id(below(kEndpoints + 1));
        query.oldest_first = one_in(2);
        query.with_response = one_in(2);
        const auto all = attempts_of(query.endpoint);
        const auto bound = [&] {
            if (all.empty() || one_in(3)) return first_attempt_id(suite_.now());
            return all[below(all.size())].id;
        };
        if (one_in(4)) query.above = bound();
        if (one_in(4)) query.below = bound();
        if (one_in(4)) query.delivered = one_in(2);
        constexpr int kClasses[] = {0, 200, 500, 400};
        if (one_in(4)) query.status_class = kClasses[below(4)];
        draw_words(query);
        return query;
    }

    [[nodiscard]] std::vector<std::string> expected(const EventQuery& query) const {
        std::vector<std::string> entries;
        for (const ListedEvent& listed : events_) {
            const Event& event = *listed.event;
            if (event.application != query.application || !has_words(event, query)) continue;
            if (!query.above.is_nil() && event.id <= query.above) continue;
            if (!query.below.is_nil() && event.id >= query.below) continue;
            auto entry = entry_of(query, listed);
            if (entry) entries.push_back(describe(*entry));
        }
        if (!query.oldest_first) std::ranges::reverse(entries);
        return entries;
    }

    [[nodiscard]] std::vector<std::string> expected(const AttemptQuery& query) const {
        std::vector<std::string> entries;
        for (ListedAttempt& attempt : attempts_of(query.endpoint)) {
            const int code = attempt.record.status_code;
            const bool fits =
                has_words(*attempt.event, query) &&
                (query.above.is_nil() || attempt.id > query.above) &&
                (query.below.is_nil() || attempt.id < query.below) &&
                (!query.delivered ||
                 *query.delivered == (attempt.record.outcome == AttemptOutcome::delivered)) &&
                (!query.status_class || code - code % 100 == *query.status_class);
            if (!fits) continue;
            if (!query.with_response) {
                attempt.record.response.clear();
                attempt.record.response_headers.reset();
            }
            entries.push_back(
                describe(AttemptEntry{attempt.id, bare(*attempt.event), query.endpoint,
                                      attempt.record, attempt.state_after}));
        }
        if (!query.oldest_first) std::ranges::reverse(entries);
        return entries;
    }

    // All pages of one query, one behind the other.
    template <class Query, class Read>
    std::vector<std::string> walk(Query query, Read read) {
        std::vector<std::string> all;
        for (int pages = 0; pages < 10'000; ++pages) {
            const auto page = read(query);
            EXPECT_LE(page.entries.size(), query.limit);
            for (const auto& entry : page.entries) all.push_back(describe(entry));
            if (!page.more_behind) return all;
            if (query.scan_max == Query{}.scan_max) {
                EXPECT_EQ(page.entries.size(), query.limit) << "only a full page has more behind";
            }
            auto& bound = query.oldest_first ? query.above : query.below;
            const bool moved = bound.is_nil() || (query.oldest_first ? *page.more_behind > bound
                                                                     : *page.more_behind < bound);
            EXPECT_TRUE(moved) << "a page must move on";
            if (!moved) return all;
            bound = *page.more_behind;
        }
        ADD_FAILURE() << "the walk does not end";
        return all;
    }

    [[nodiscard]] std::vector<ListedAttempt> attempts_of(EndpointId endpoint) const {
        std::vector<ListedAttempt> all;
        for (const ListedAttempt& attempt : attempts_) {
            if (attempt_endpoints_.at(attempt.id) == endpoint) all.push_back(attempt);
        }
        std::ranges::sort(all, {}, &ListedAttempt::id);
        return all;
    }

    [[nodiscard]] std::uint64_t parked_of(EndpointId endpoint) const {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(events_, [&](const ListedEvent& listed) {
                auto it = listed.deliveries.find(endpoint);
                return it != listed.deliveries.end() && it->second.state == DeliveryState::parked;
            }));
    }

private:
    void add_event() {
        std::vector<EndpointId> targets;
        for (std::uint64_t e = 0; e < kEndpoints; ++e) {
            if (one_in(2)) targets.push_back(endpoint_id(e));
        }
        auto event = make_event(std::move(targets), std::to_string(events_.size()));
        event->application = kApplications[below(2)];
        event->type = kTypes[below(3)];
        for (const char* channel : kChannels) {
            if (one_in(3)) event->channels.emplace_back(channel);
        }
        for (const char* tag : kTags) {
            if (one_in(4)) event->tags.emplace_back(tag);
        }
        if (one_in(3)) event->body = "body";
        if (one_in(3)) event->uid = "uid " + std::to_string(events_.size());
        ListedEvent listed;
        listed.event = suite_.accept_event(std::move(event));
        for (const EndpointId target : listed.event->targets) listed.deliveries[target] = {};
        events_.push_back(std::move(listed));
    }

    ListedEvent& some_event() {
        const std::size_t recent = std::min<std::size_t>(events_.size(), 8);
        return events_[events_.size() - 1 - below(recent)];
    }

    // One attempt, or a resend where there is nothing to try.
    void step(ListedEvent& listed) {
        const EndpointId endpoint = endpoint_id(below(kEndpoints));
        auto found = listed.deliveries.find(endpoint);
        if (found == listed.deliveries.end() || is_settled(found->second.state)) {
            if (one_in(2)) resend_to(listed, endpoint);
            return;
        }
        ListedDelivery& delivery = found->second;
        constexpr DeliveryState kNext[] = {DeliveryState::parked, DeliveryState::delivered,
                                           DeliveryState::dead};
        DeliveryState next = kNext[below(3)];
        const bool is_received = std::ranges::any_of(delivery.attempts, [](const AttemptRecord& a) {
            return a.outcome == AttemptOutcome::delivered;
        });
        const AttemptOutcome outcome =
            next == DeliveryState::delivered
                ? AttemptOutcome::delivered
                : (one_in(2) ? AttemptOutcome::rejected : AttemptOutcome::timed_out);
        // Many start at the same microsecond.
        const Timestamp at = suite_.now() - Duration{static_cast<std::int64_t>(below(3))};
        const auto number = static_cast<std::uint32_t>(delivery.attempts.size() + 1);
        const AttemptRecord attempt = make_attempt(number, at, outcome);
        std::optional<Timestamp> from;
        if (delivery.state == DeliveryState::parked) from = delivery.due;
        const Timestamp due = suite_.now() + Duration{static_cast<std::int64_t>(below(9'999))};
        suite_.update(next == DeliveryState::parked
                          ? park(listed.event, endpoint, due, from, attempt)
                          : settle(listed.event, endpoint, next, from, attempt));
        if (next == DeliveryState::dead && is_received) next = DeliveryState::delivered;
        delivery.state = next;
        delivery.due = due;
        delivery.attempts.push_back(attempt);
        const AttemptId id = attempt_id(at, listed.event->id, endpoint, number);
        attempts_.push_back({id, listed.event, attempt, next});
        attempt_endpoints_[id] = endpoint;
    }

    void resend_to(ListedEvent& listed, EndpointId endpoint) {
        suite_.update(resend(listed.event, endpoint, suite_.now()));
        ListedDelivery& delivery = listed.deliveries[endpoint];
        delivery.state = DeliveryState::parked;
        delivery.due = suite_.now();
    }

    EventId some_bound() {
        EventId id = events_[below(events_.size())].event->id;
        if (one_in(3)) id.lo += 1;
        return id;
    }

    template <class Query>
    void draw_words(Query& query) {
        if (one_in(3)) query.event_types.emplace_back(kTypes[below(3)]);
        if (one_in(4)) query.event_types.emplace_back(kTypes[below(3)]);
        if (one_in(12)) query.event_types.emplace_back("order");
        if (one_in(4)) query.channel = kChannels[below(3)];
        if (one_in(6)) query.tag = kTags[below(2)];
    }

    template <class Query>
    static bool has_words(const Event& event, const Query& query) {
        return (query.event_types.empty() ||
                std::ranges::count(query.event_types, event.type) > 0) &&
               (!query.channel || std::ranges::count(event.channels, *query.channel) > 0) &&
               (!query.tag || std::ranges::count(event.tags, *query.tag) > 0);
    }

    static EventPtr bare(const Event& event) {
        auto copy = std::make_shared<Event>(event);
        copy->payload.clear();
        copy->body.reset();
        return copy;
    }

    static std::optional<EventEntry> entry_of(const EventQuery& query, const ListedEvent& listed) {
        EventEntry entry;
        entry.event = query.with_payload ? listed.event : bare(*listed.event);
        if (query.endpoints.empty()) return entry;
        const auto is_wanted = [&](EndpointId endpoint) {
            return std::ranges::count(query.endpoints, endpoint) > 0 &&
                   listed.deliveries.contains(endpoint);
        };
        // The event's own targets first, then those that resends added, by id.
        const auto& own = listed.event->targets;
        auto first = std::ranges::find_if(own, is_wanted);
        auto added = std::ranges::find_if(query.endpoints, is_wanted);
        if (first == own.end() && added == query.endpoints.end()) return {};
        entry.endpoint = first != own.end() ? *first : *added;
        auto delivery = listed.deliveries.find(entry.endpoint);
        entry.state = delivery->second.state;
        if (entry.state == DeliveryState::parked) entry.next_due = delivery->second.due;
        entry.attempts = static_cast<std::uint32_t>(delivery->second.attempts.size());
        if (entry.attempts > 0) entry.last_attempt_at = delivery->second.attempts.back().started_at;
        if (!query.states.empty() && std::ranges::count(query.states, entry.state) == 0) return {};
        return entry;
    }

    StoreSuite& suite_;
    std::mt19937_64 random_;
    std::vector<ListedEvent> events_;
    std::vector<ListedAttempt> attempts_;
    std::map<AttemptId, EndpointId> attempt_endpoints_;
};

// Reads one page and tells of trouble.
class Pages {
public:
    static EventPage read(StoreSuite& suite, const EventQuery& query) {
        Result<EventPage> page = suite.run(suite.store().list_events(query));
        EXPECT_TRUE(page) << page.error().message;
        return page ? std::move(*page) : EventPage{};
    }
    static AttemptPage read(StoreSuite& suite, const AttemptQuery& query) {
        Result<AttemptPage> page = suite.run(suite.store().list_attempts(query));
        EXPECT_TRUE(page) << page.error().message;
        return page ? std::move(*page) : AttemptPage{};
    }
};

TEST_P(StoreSuite, a_new_store_lists_nothing) {
    open();
    EventQuery events;
    events.application = kApplications[0];
    EXPECT_TRUE(Pages::read(*this, events).entries.empty());
    EXPECT_FALSE(Pages::read(*this, events).more_behind);
    AttemptQuery attempts;
    attempts.endpoint = endpoint_id(1);
    EXPECT_TRUE(Pages::read(*this, attempts).entries.empty());
    EXPECT_FALSE(Pages::read(*this, attempts).more_behind);
    const auto counts = run(store().count_attempts(endpoint_id(1), now() - 1h, now()));
    ASSERT_TRUE(counts);
    EXPECT_EQ(counts->delivered + counts->failed + counts->waiting, 0u);
}

TEST_P(StoreSuite, a_page_of_events_ends_where_it_says) {
    open();
    std::vector<EventId> ids;
    for (int i = 0; i < 7; ++i) ids.push_back(accept({endpoint_id(1)})->id);
    struct Case {
        bool oldest_first;
        int above;  // -1: none
        int below;
        std::size_t limit;
        std::vector<int> entries;
        bool has_more;
    };
    const Case cases[] = {
        {false, -1, -1, 3, {6, 5, 4}, true},
        {true, -1, -1, 3, {0, 1, 2}, true},
        {false, -1, 4, 3, {3, 2, 1}, true},
        {true, 3, -1, 2, {4, 5}, true},
        {false, 1, 5, 9, {4, 3, 2}, false},
        {true, 1, 5, 9, {2, 3, 4}, false},
        {false, 1, 5, 2, {4, 3}, true},
        {true, 1, 5, 2, {2, 3}, true},
        {true, 6, -1, 9, {}, false},
        {false, -1, 0, 9, {}, false},
        {true, -1, -1, 1, {0}, true},
        {false, 5, 5, 9, {}, false},
        {true, -1, -1, 9, {0, 1, 2, 3, 4, 5, 6}, false},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(testing::Message() << c.oldest_first << c.above << c.below << c.limit);
        EventQuery query;
        query.application = kApplications[0];
        query.oldest_first = c.oldest_first;
        if (c.above >= 0) query.above = ids.at(static_cast<std::size_t>(c.above));
        if (c.below >= 0) query.below = ids.at(static_cast<std::size_t>(c.below));
        query.limit = c.limit;
        const EventPage page = Pages::read(*this, query);
        ASSERT_EQ(page.entries.size(), c.entries.size());
        for (std::size_t i = 0; i < c.entries.size(); ++i)
            EXPECT_EQ(page.entries[i].event->id, ids.at(static_cast<std::size_t>(c.entries[i])));
        EXPECT_EQ(page.more_behind.has_value(), c.has_more);
        if (c.has_more) {
            EXPECT_EQ(page.more_behind, page.entries.back().event->id);
        }
    }
}

TEST_P(StoreSuite, random_pages_of_events_agree_with_the_model) {
    open();
    Listing listing(*this, 21);
    listing.fill(90);
    std::size_t rows = 0;
    for (int i = 0; i < 100 && !HasFailure(); ++i) {
        SCOPED_TRACE(i);
        EventQuery query = listing.draw_event_query();
        const auto read = [&](const EventQuery& q) { return Pages::read(*this, q); };
        const std::vector<std::string> expected = listing.expected(query);
        rows += expected.size();
        EXPECT_EQ(listing.walk(query, read), expected);
        query.limit = 1 + listing.below(5);
        EXPECT_EQ(listing.walk(query, read), expected);
        query.scan_max = 1 + listing.below(10);
        EXPECT_EQ(listing.walk(query, read), expected) << "a short look misses nothing";
        if (i % 80 == 79) listing.reopen();
    }
    EXPECT_GT(rows, 250u) << "the queries must find something";
}

TEST_P(StoreSuite, random_pages_of_attempts_agree_with_the_model) {
    open();
    Listing listing(*this, 22);
    listing.fill(90);
    std::size_t rows = 0;
    for (int i = 0; i < 100 && !HasFailure(); ++i) {
        SCOPED_TRACE(i);
        AttemptQuery query = listing.draw_attempt_query();
        const auto read = [&](const AttemptQuery& q) { return Pages::read(*this, q); };
        const std::vector<std::string> expected = listing.expected(query);
        rows += expected.size();
        EXPECT_EQ(listing.walk(query, read), expected);
        query.limit = 1 + listing.below(5);
        EXPECT_EQ(listing.walk(query, read), expected);
        query.scan_max = 1 + listing.below(10);
        EXPECT_EQ(listing.walk(query, read), expected) << "a short look misses nothing";
        if (i % 80 == 79) listing.reopen();
    }
    EXPECT_GT(rows, 250u) << "the queries must find something";
}

TEST_P(StoreSuite, attempts_that_start_together_come_by_id) {
    open();
    std::vector<AttemptId> expected;
    for (int i = 0; i < 40; ++i) {
        const EventPtr event = accept({endpoint_id(1)});
        update(settle(event, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
        expected.push_back(attempt_id(now(), event->id, endpoint_id(1), 1));
    }
    std::ranges::sort(expected);
    for (const std::size_t limit : {1u, 7u, 40u}) {
        for (const bool oldest_first : {true, false}) {
            AttemptQuery query;
            query.endpoint = endpoint_id(1);
            query.limit = limit;
            query.oldest_first = oldest_first;
            std::vector<AttemptId> seen;
            while (seen.size() < 100) {
                const AttemptPage page = Pages::read(*this, query);
                for (const AttemptEntry& entry : page.entries) seen.push_back(entry.id);
                if (!page.more_behind) break;
                (oldest_first ? query.above : query.below) = *page.more_behind;
            }
            if (!oldest_first) std::ranges::reverse(seen);
            EXPECT_EQ(seen, expected) << limit;
        }
    }
}

TEST_P(StoreSuite, attempts_are_counted_within_their_time) {
    open();
    const Timestamp base = now();
    Listing listing(*this, 23);
    listing.fill(80);
    for (int i = 0; i < 60; ++i) {
        const EndpointId endpoint = endpoint_id(listing.below(kEndpoints + 1));
        const auto all = listing.attempts_of(endpoint);
        const auto some_time = [&] {
            if (all.empty()) return base;
            return all[listing.below(all.size())].record.started_at +
                   Duration{static_cast<std::int64_t>(listing.below(2))};
        };
        const Timestamp since = i == 0 ? Timestamp{} : some_time();
        const Timestamp until = i == 0 ? now() + 1h : some_time();
        AttemptCounts expected;
        for (const ListedAttempt& attempt : all) {
            const Timestamp at = attempt.record.started_at;
            if (at < since || at >= until) continue;
            const bool is_delivered = attempt.record.outcome == AttemptOutcome::delivered;
            (is_delivered ? expected.delivered : expected.failed) += 1;
        }
        const auto counts = run(store().count_attempts(endpoint, since, until));
        ASSERT_TRUE(counts) << counts.error().message;
        EXPECT_EQ(counts->delivered, expected.delivered);
        EXPECT_EQ(counts->failed, expected.failed);
        EXPECT_EQ(counts->waiting, listing.parked_of(endpoint)) << "whenever their events came";
        if (i == 30) listing.reopen();
    }
}

TEST_P(StoreSuite, lists_show_expunged_events_and_forget_dropped_ones) {
    open();
    const EventPtr dropped = accept({endpoint_id(1)});
    update(settle(dropped, endpoint_id(1), DeliveryState::delivered, {}, make_attempt(1, now())));
    clock_.advance(24h * 9);
    const EventPtr kept = accept({endpoint_id(1)}, "[1]");
    update(settle(kept, endpoint_id(1), DeliveryState::dead, {}, make_attempt(1, now())));
    ASSERT_TRUE(run(store().expunge_payload(kept->id)));
    ASSERT_TRUE(run(store().expunge_response(kept->id, endpoint_id(1), 1)));
    ASSERT_TRUE(run(store().expire(RetentionPolicy{}, now())));
    EventQuery events;
    events.application = kApplications[0];
    AttemptQuery attempts;
    attempts.endpoint = endpoint_id(1);
    for (int i = 0; i < 2; ++i) {
        const EventPage page = Pages::read(*this, events);
        ASSERT_EQ(page.entries.size(), 1u);
        EXPECT_EQ(page.entries[0].event->id, kept->id);
        EXPECT_TRUE(page.entries[0].event->is_expunged);
        EXPECT_EQ(page.entries[0].event->payload, "");
        const AttemptPage tried = Pages::read(*this, attempts);
        ASSERT_EQ(tried.entries.size(), 1u);
        EXPECT_EQ(tried.entries[0].attempt.response, "EXPUNGED");
        EXPECT_TRUE(tried.entries[0].event->is_expunged);
        EXPECT_EQ(run(store().count_attempts(endpoint_id(1), Timestamp{}, now() + 1s))->failed, 1u);
        reopen_after_crash();
    }
}

}  // namespace
}  // namespace posthaste::conformance
