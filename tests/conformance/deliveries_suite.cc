// Pages of an organization's deliveries: whose they are, filters, bounds, both directions, where a page says that it ended.

#include <algorithm>
#include <map>

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

constexpr std::uint64_t kEndpoints = 4;
constexpr OrganizationId kOurs{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0001ULL};
constexpr OrganizationId kTheirs{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0009ULL};
constexpr const char* kTypes[] = {"", "order.created", "order.paid"};

struct Owner {
    OrganizationId organization;
    ApplicationId application;
};
constexpr Owner kOwners[] = {
    {kOurs, {0x0190'0000'0002'7000ULL, 0x8000'0000'0000'0002ULL}},
    {kOurs, {0x0190'0000'0002'7001ULL, 0x8000'0000'0000'0003ULL}},
    {kTheirs, {0x0190'0000'0002'7002ULL, 0x8000'0000'0000'0004ULL}},
};

struct Known {
    EventPtr event;
    DeliveryState state = DeliveryState::pending;
    std::optional<Timestamp> due;
    std::vector<AttemptRecord> attempts;
};

std::string describe(const DeliveryEntry& entry) {
    const auto micros = [](std::optional<Timestamp> at) {
        return std::to_string(at ? to_micros(*at) : 0);
    };
    return conformance::describe(*entry.event) + " to " + to_uuid(entry.endpoint) + " is " +
           std::string(to_string(entry.state)) + " due " + micros(entry.next_due) + " after " +
           std::to_string(entry.attempts) + ", last at " + micros(entry.last_attempt_at) +
           " with " + std::to_string(entry.last_status_code);
}

EventPtr bare(const Event& event) {
    auto copy = std::make_shared<Event>(event);
    copy->payload.clear();
    copy->body.reset();
    return copy;
}

// A store full of random deliveries, and what its lists must say.
class Deliveries {
public:
    Deliveries(StoreSuite& suite, std::uint64_t seed) : suite_(suite), random_(seed) {}

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    void fill(int events) {
        for (int n = 0; n < events; ++n) {
            add_event();
            for (std::size_t steps = below(5); steps > 0; --steps) step();
            suite_.clock_.advance(Duration{static_cast<std::int64_t>(below(2'000))});
            if (one_in(25)) reopen();
        }
    }

    // Whatever was in the tail is parked by it.
    void reopen() {
        one_in(2) ? suite_.reopen_after_crash() : suite_.reopen_after_close();
        for (auto& [place, known] : known_) {
            if (known.state != DeliveryState::pending) continue;
            known.state = DeliveryState::parked;
            known.due = suite_.now();
        }
    }

    DeliveryQuery draw_query() {
        const Owner& owner = kOwners[below(3)];
        DeliveryQuery query(owner.organization);
        query.oldest_first = one_in(2);
        if (one_in(2)) query.application = owner.application;
        if (one_in(3)) query.endpoint = endpoint_id(below(kEndpoints + 1));
        if (one_in(4)) query.above = some_place();
        if (one_in(4)) query.below = some_place();
        if (one_in(3)) query.event_types.emplace_back(kTypes[below(3)]);
        if (one_in(4)) query.event_types.emplace_back(kTypes[below(3)]);
        for (const DeliveryState state :
             {DeliveryState::pending, DeliveryState::parked, DeliveryState::delivered,
              DeliveryState::dead, DeliveryState::cancelled}) {
            if (one_in(5)) query.states.push_back(state);
        }
        if (one_in(4)) {
            query.fits = [](const Event& event, EndpointId endpoint) {
                return event.uid.has_value() || endpoint == endpoint_id(2);
            };
        }
        return query;
    }

    [[nodiscard]] std::vector<std::string> expected(const DeliveryQuery& query) const {
        std::vector<std::string> entries;
        for (const auto& [place, known] : known_) {
            const Event& event = *known.event;
            const bool is_within =
                (!query.above || place > *query.above) && (!query.below || place < *query.below);
            const bool is_owners = event.organization == query.organization &&
                                   (!query.application || event.application == *query.application);
            const bool fits =
                (!query.endpoint || place.endpoint == *query.endpoint) &&
                (query.event_types.empty() ||
                 std::ranges::count(query.event_types, event.type) > 0) &&
                (query.states.empty() || std::ranges::count(query.states, known.state) > 0) &&
                (!query.fits || query.fits(event, place.endpoint));
            if (is_within && is_owners && fits) entries.push_back(describe(entry_of(place, known)));
        }
        if (!query.oldest_first) std::ranges::reverse(entries);
        return entries;
    }

    // All pages of one query, one behind the other.
    std::vector<std::string> walk(DeliveryQuery query) {
        std::vector<std::string> all;
        for (int pages = 0; pages < 10'000; ++pages) {
            const Result<DeliveryPage> page = suite_.run(suite_.store().list_deliveries(query));
            EXPECT_TRUE(page) << page.error().message;
            if (!page) return all;
            EXPECT_LE(page->entries.size(), query.limit);
            for (const DeliveryEntry& entry : page->entries) all.push_back(describe(entry));
            if (!page->more_behind) return all;
            if (query.scan_max == DeliveryQuery(kOurs).scan_max) {
                EXPECT_EQ(page->entries.size(), query.limit) << "only a full page has more behind";
            }
            auto& bound = query.oldest_first ? query.above : query.below;
            const bool moved = !bound || (query.oldest_first ? *page->more_behind > *bound
                                                             : *page->more_behind < *bound);
            EXPECT_TRUE(moved) << "a page must move on";
            if (!moved) return all;
            bound = page->more_behind;
        }
        ADD_FAILURE() << "the walk does not end";
        return all;
    }

private:
    void add_event() {
        std::vector<EndpointId> targets;
        for (std::uint64_t e = 0; e < kEndpoints; ++e)
            if (one_in(2)) targets.push_back(endpoint_id(e));
        if (one_in(2)) std::ranges::reverse(targets);
        auto event = make_event(std::move(targets), std::to_string(known_.size()));
        const Owner& owner = kOwners[below(3)];
        event->organization = owner.organization;
        event->application = owner.application;
        event->type = kTypes[below(3)];
        if (one_in(3)) event->body = "body";
        if (one_in(3)) event->uid = "uid " + std::to_string(events_.size());
        const EventPtr stored = suite_.accept_event(std::move(event));
        events_.push_back(stored);
        for (const EndpointId target : stored->targets) known_[{stored->id, target}].event = stored;
    }

    // One attempt, or a resend where there is nothing to try.
    void step() {
        const EventPtr event =
            events_[events_.size() - 1 - below(std::min<std::size_t>(events_.size(), 8))];
        const EndpointId endpoint = endpoint_id(below(kEndpoints));
        const auto found = known_.find({event->id, endpoint});
        if (found == known_.end() || is_settled(found->second.state)) {
            if (one_in(2)) resend_to(event, endpoint);
            return;
        }
        Known& known = found->second;
        constexpr DeliveryState kNext[] = {DeliveryState::parked, DeliveryState::delivered,
                                           DeliveryState::dead};
        DeliveryState next = kNext[below(3)];
        const bool is_received = std::ranges::any_of(known.attempts, [](const AttemptRecord& a) {
            return a.outcome == AttemptOutcome::delivered;
        });
        AttemptRecord attempt =
            make_attempt(static_cast<std::uint32_t>(known.attempts.size() + 1), suite_.now(),
                         next == DeliveryState::delivered ? AttemptOutcome::delivered
                                                          : AttemptOutcome::rejected);
        attempt.status_code = next == DeliveryState::delivered ? 204 : 500;
        const Timestamp due = suite_.now() + Duration{static_cast<std::int64_t>(below(9'999))};
        suite_.update(next == DeliveryState::parked
                          ? park(event, endpoint, due, known.due, attempt)
                          : settle(event, endpoint, next, known.due, attempt));
        if (next == DeliveryState::dead && is_received) next = DeliveryState::delivered;
        known.state = next;
        known.due.reset();
        if (next == DeliveryState::parked) known.due = due;
        known.attempts.push_back(attempt);
    }

    void resend_to(const EventPtr& event, EndpointId endpoint) {
        suite_.update(resend(event, endpoint, suite_.now()));
        Known& known = known_[{event->id, endpoint}];
        known.event = event;
        known.state = DeliveryState::parked;
        known.due = suite_.now();
    }

    DeliveryPlace some_place() {
        const EventId event = events_[below(events_.size())]->id;
        return {event, one_in(3) ? EndpointId{} : endpoint_id(below(kEndpoints + 1))};
    }

    static DeliveryEntry entry_of(const DeliveryPlace& place, const Known& known) {
        DeliveryEntry entry;
        entry.event = bare(*known.event);
        entry.endpoint = place.endpoint;
        entry.state = known.state;
        entry.next_due = known.due;
        entry.attempts = static_cast<std::uint32_t>(known.attempts.size());
        if (known.attempts.empty()) return entry;
        entry.last_attempt_at = known.attempts.back().started_at;
        entry.last_status_code = known.attempts.back().status_code;
        return entry;
    }

    StoreSuite& suite_;
    std::mt19937_64 random_;
    std::vector<EventPtr> events_;
    std::map<DeliveryPlace, Known> known_;
};

TEST_P(StoreSuite, a_new_store_lists_no_deliveries) {
    open();
    const auto page = run(store().list_deliveries(DeliveryQuery(kOurs)));
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->entries.empty());
    EXPECT_FALSE(page->more_behind);
}

TEST_P(StoreSuite, random_pages_of_deliveries_agree_with_the_model) {
    open();
    Deliveries deliveries(*this, 31);
    deliveries.fill(60);
    std::size_t rows = 0;
    for (int i = 0; i < 60 && !HasFailure(); ++i) {
        SCOPED_TRACE(i);
        DeliveryQuery query = deliveries.draw_query();
        const std::vector<std::string> expected = deliveries.expected(query);
        rows += expected.size();
        EXPECT_EQ(deliveries.walk(query), expected);
        query.limit = 1 + deliveries.below(5);
        EXPECT_EQ(deliveries.walk(query), expected);
        query.scan_max = 1 + deliveries.below(10);
        EXPECT_EQ(deliveries.walk(query), expected) << "a short look misses nothing";
        if (i % 40 == 39) deliveries.reopen();
    }
    EXPECT_GT(rows, 150u) << "the queries must find something";
}

TEST_P(StoreSuite, a_page_of_deliveries_may_end_within_an_event) {
    open();
    auto event = make_event({endpoint_id(3), endpoint_id(1), endpoint_id(2)});
    event->organization = kOurs;
    const EventPtr stored = accept_event(std::move(event));
    DeliveryQuery query(kOurs);
    query.limit = 2;
    auto page = run(store().list_deliveries(query));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->entries.size(), 2u);
    EXPECT_EQ(page->entries[0].endpoint, endpoint_id(3)) << "the newest endpoint first";
    EXPECT_EQ(page->entries[1].endpoint, endpoint_id(2));
    EXPECT_EQ(page->more_behind, (DeliveryPlace{stored->id, endpoint_id(2)}));
    query.below = page->more_behind;
    page = run(store().list_deliveries(query));
    ASSERT_TRUE(page);
    ASSERT_EQ(page->entries.size(), 1u);
    EXPECT_EQ(page->entries[0].endpoint, endpoint_id(1));
    EXPECT_FALSE(page->more_behind);
}

// Going on must not begin with an event that was looked at: the page would be the same for ever.
TEST_P(StoreSuite, a_list_of_deliveries_passes_by_what_belongs_to_others) {
    open();
    for (int i = 0; i < 30; ++i) {
        auto event = make_event({endpoint_id(1)});
        event->organization = i == 15 ? kOurs : kTheirs;
        accept_event(std::move(event));
    }
    for (const bool oldest_first : {false, true}) {
        DeliveryQuery query(kOurs);
        query.oldest_first = oldest_first;
        query.scan_max = 1;
        std::size_t found = 0;
        int pages = 0;
        for (; pages < 200; ++pages) {
            const auto page = run(store().list_deliveries(query));
            ASSERT_TRUE(page);
            found += page->entries.size();
            if (!page->more_behind) break;
            (oldest_first ? query.above : query.below) = page->more_behind;
        }
        EXPECT_EQ(found, 1u);
        EXPECT_LT(pages, 200) << "the walk ends";
    }
}

}  // namespace
}  // namespace posthaste::conformance
