#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "base/bytes.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {

std::string describe(const AttemptRecord& a) {
    const std::string headers = a.response_headers ? to_hex(*a.response_headers) : "none";
    return fmt::format(
        "#{} {} at {} {} {} [{}] headers [{}] lag {} dns {} connect {} tls {} first {} total {}",
        a.number, a.trigger == AttemptTrigger::manual ? "manual" : "scheduled",
        to_micros(a.started_at), to_string(a.outcome), a.status_code, to_hex(a.response), headers,
        a.queue_lag.count(), a.timings.dns.count(), a.timings.connect.count(),
        a.timings.tls.count(), a.timings.first_byte.count(), a.timings.total.count());
}

std::string describe(const Event& e) {
    std::string text = fmt::format("event {} at {} of {}/{} type '{}' payload {}", to_uuid(e.id),
                                   to_micros(e.accepted_at), to_uuid(e.organization),
                                   to_uuid(e.application), e.type, to_hex(e.payload));
    for (EndpointId target : e.targets) text += " to " + to_uuid(target);
    if (e.uid) text += fmt::format(" uid '{}'", *e.uid);
    for (const std::string& channel : e.channels) text += fmt::format(" channel '{}'", channel);
    for (const std::string& tag : e.tags) text += fmt::format(" tag '{}'", tag);
    if (e.body) text += " body " + to_hex(*e.body);
    if (e.request_key) text += " key " + to_uuid(*e.request_key);
    if (e.payload_expires_at)
        text += fmt::format(" payload until {}", to_micros(*e.payload_expires_at));
    if (e.deliver_at) text += fmt::format(" not before {}", to_micros(*e.deliver_at));
    return text + (e.is_expunged ? " expunged\n" : "\n");
}

std::string describe(const EventHistory& history) {
    std::string text = describe(*history.event);
    for (const DeliveryHistory& delivery : history.deliveries) {
        text += fmt::format("  to {} {} due {}\n", to_uuid(delivery.endpoint),
                            to_string(delivery.state),
                            delivery.next_due ? to_micros(*delivery.next_due) : 0);
        for (const AttemptRecord& attempt : delivery.attempts)
            text += "    " + describe(attempt) + "\n";
    }
    return text;
}

std::string describe(const Tally& t) {
    return fmt::format(
        "events {} accepted {} delivered {} dead {} cancelled {} parked {} pending {}", t.events,
        t.accepted, t.delivered, t.dead, t.cancelled, t.parked, t.pending());
}

std::string describe(const ManualState& manual) {
    return fmt::format("{} {} resume {}", manual.manual_made,
                       manual.trigger == AttemptTrigger::manual ? "manual" : "scheduled",
                       manual.resume_due ? to_micros(*manual.resume_due) : 0);
}

EndpointId endpoint_id(std::uint64_t number) {
    return EndpointId{0x0190'0000'0000'7000ULL + number, 0x8000'0000'0000'0000ULL};
}

std::shared_ptr<Event> make_event(std::vector<EndpointId> targets, std::string payload) {
    auto event = std::make_shared<Event>();
    event->organization = OrganizationId{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0001ULL};
    event->application = ApplicationId{0x0190'0000'0002'7000ULL, 0x8000'0000'0000'0002ULL};
    event->type = "order.created";
    event->payload = std::move(payload);
    event->targets = std::move(targets);
    return event;
}

AttemptRecord make_attempt(std::uint32_t number, Timestamp at, AttemptOutcome outcome) {
    AttemptRecord attempt;
    attempt.number = number;
    attempt.started_at = at;
    attempt.outcome = outcome;
    const bool answered =
        outcome == AttemptOutcome::rejected || outcome == AttemptOutcome::delivered;
    attempt.status_code = outcome == AttemptOutcome::delivered ? 204 : (answered ? 503 : 0);
    attempt.response = answered ? "busy \"now\"" : "The connection was reset.";
    if (answered) attempt.response_headers = "Server: busy\nSet-Cookie: ***\n";
    attempt.queue_lag = Duration{1'234'567};
    attempt.timings.dns = Duration{11};
    attempt.timings.connect = Duration{222};
    attempt.timings.tls = Duration{3'333};
    attempt.timings.first_byte = Duration{44'444};
    attempt.timings.total = Duration{5'555'555};
    return attempt;
}

DeliveryUpdate settle(const EventPtr& event, EndpointId endpoint, DeliveryState state,
                      std::optional<Timestamp> from, std::optional<AttemptRecord> attempt) {
    DeliveryUpdate update;
    update.event = event->id;
    update.endpoint = endpoint;
    update.origin.parked_due = from;
    update.next = state;
    update.attempts_made = attempt ? attempt->number : 0;
    update.attempt = std::move(attempt);
    return update;
}

DeliveryUpdate park(const EventPtr& event, EndpointId endpoint, Timestamp due,
                    std::optional<Timestamp> from, std::optional<AttemptRecord> attempt) {
    DeliveryUpdate update =
        settle(event, endpoint, DeliveryState::parked, from, std::move(attempt));
    update.due = due;
    return update;
}

DeliveryUpdate resend(const EventPtr& event, EndpointId endpoint, Timestamp due) {
    DeliveryUpdate update;
    update.kind = UpdateKind::resend;
    update.event = event->id;
    update.endpoint = endpoint;
    update.due = due;
    return update;
}

DeliveryUpdate restart(const EventPtr& event, EndpointId endpoint, Timestamp due) {
    DeliveryUpdate update = resend(event, endpoint, due);
    update.kind = UpdateKind::restart;
    return update;
}

StoreSuite::StoreSuite() : factory_(GetParam().make()), work_(context_.get_executor()) {}

StoreSuite::~StoreSuite() {
    if (store_) end_by_close();
}

Recovery StoreSuite::open() {
    std::vector<ReactorPost> posts;
    for (std::size_t reactor = 0; reactor < kReactors; ++reactor) {
        posts.push_back([this, reactor](std::move_only_function<void()> function) {
            asio::post(context_, [this, reactor, function = std::move(function)]() mutable {
                posting_reactor_ = static_cast<int>(reactor);
                function();
                posting_reactor_ = -1;
            });
        });
    }
    store_ = factory_->open(context_.get_executor(), clock_, entropy_, std::move(posts));
    Result<Recovery> recovery = run(store_->recover());
    EXPECT_TRUE(recovery) << recovery.error().message;
    return recovery ? std::move(*recovery) : Recovery{};
}

void StoreSuite::end_by_crash() { factory_->crash(std::move(store_)); }

void StoreSuite::end_by_close() {
    store_->close();
    context_.poll();  // answers that close() made
    store_.reset();
}

Recovery StoreSuite::reopen_after_crash() {
    end_by_crash();
    return open();
}

Recovery StoreSuite::reopen_after_close() {
    end_by_close();
    return open();
}

void StoreSuite::run_until(const std::function<bool()>& done) {
    while (!done()) {
        // Generous, and only ever reached by a store that never answers.
        if (context_.run_one_for(std::chrono::seconds(60)) == 0) {
            ADD_FAILURE() << "the store did not answer";
            std::abort();
        }
    }
}

Committed StoreSuite::commit(CommitBatch batch, std::size_t reactor) {
    std::optional<Committed> answer;
    store_->commit(reactor, std::move(batch), [&](Result<void> result, CommitBatch returned) {
        answer.emplace(Committed{std::move(result), std::move(returned)});
    });
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
}

EventPtr StoreSuite::accept(std::vector<EndpointId> targets, std::string payload,
                            std::size_t reactor) {
    return accept_event(make_event(std::move(targets), std::move(payload)), reactor);
}

EventPtr StoreSuite::accept_event(std::shared_ptr<Event> event, std::size_t reactor) {
    CommitBatch batch;
    batch.events.push_back(std::move(event));
    Committed done = commit(std::move(batch), reactor);
    EXPECT_TRUE(done.result) << done.result.error().message;
    EXPECT_TRUE(done.batch.refusals.empty());
    return done.batch.events.at(0);
}

void StoreSuite::update(DeliveryUpdate change) {
    CommitBatch batch;
    batch.updates.push_back(std::move(change));
    const Committed done = commit(std::move(batch));
    EXPECT_TRUE(done.result) << done.result.error().message;
}

Endpoint StoreSuite::put(Endpoint endpoint) {
    Result<Endpoint> stored = run(store_->put_endpoint(std::move(endpoint)));
    EXPECT_TRUE(stored) << stored.error().message;
    return stored ? std::move(*stored) : Endpoint{};
}

Result<ConfigChange> StoreSuite::change(std::vector<Record> records,
                                        std::vector<Endpoint> endpoints) {
    ConfigChange change;
    change.records = std::move(records);
    change.endpoints = std::move(endpoints);
    return run(store_->change_config(std::move(change)));
}

Record StoreSuite::put(Record record) {
    std::vector<Record> records{std::move(record)};
    Result<ConfigChange> stored = change(std::move(records));
    EXPECT_TRUE(stored) << stored.error().message;
    return stored ? std::move(stored->records.at(0)) : Record{};
}

std::vector<Record> StoreSuite::read(RecordQuery query) {
    Result<std::vector<Record>> records = run(store_->read_records(std::move(query)));
    EXPECT_TRUE(records) << records.error().message;
    return records ? std::move(*records) : std::vector<Record>{};
}

Tally StoreSuite::tally() {
    Result<Tally> tally = run(store_->tally());
    EXPECT_TRUE(tally) << tally.error().message;
    return tally ? *tally : Tally{};
}

EventHistory StoreSuite::history(EventId id) {
    Result<EventHistory> history = run(store_->read_event(id));
    EXPECT_TRUE(history) << history.error().message;
    if (history) return std::move(*history);
    EventHistory none;
    none.event = std::make_shared<const Event>();
    return none;
}

DeliveryState StoreSuite::state_of(EventId event, EndpointId endpoint) {
    for (const DeliveryHistory& delivery : history(event).deliveries) {
        if (delivery.endpoint == endpoint) return delivery.state;
    }
    ADD_FAILURE() << "the event has no such delivery";
    return DeliveryState::pending;
}

ParkedPage StoreSuite::load(ParkedQuery query) {
    Result<ParkedPage> page = run(store_->load_parked(std::move(query)));
    EXPECT_TRUE(page) << page.error().message;
    return page ? std::move(*page) : ParkedPage{};
}

ParkedPage StoreSuite::load_due(EndpointId endpoint, Timestamp due_until) {
    ParkedQuery query;
    query.endpoint = endpoint;
    query.due_until = due_until;
    return load(std::move(query));
}

ScanSlice StoreSuite::scan_all(std::size_t limit) {
    ScanSlice all;
    std::uint64_t after_hi = 0;
    do {
        Result<ScanSlice> slice = run(store_->scan(after_hi, limit));
        EXPECT_TRUE(slice) << slice.error().message;
        if (!slice) return all;
        EXPECT_LE(slice->events_checked, limit);
        EXPECT_TRUE(slice->next_hi == 0 || slice->next_hi > after_hi) << "a scan must move on";
        if (slice->next_hi != 0 && slice->next_hi <= after_hi) return all;
        after_hi = slice->next_hi;
        all.events_checked += slice->events_checked;
        all.lost.insert(all.lost.end(), slice->lost.begin(), slice->lost.end());
    } while (after_hi != 0);
    return all;
}

EventPtr StoreSuite::accept_parked(EndpointId endpoint, Timestamp due, std::uint32_t attempts_made,
                                   std::string payload) {
    std::vector<EndpointId> targets{endpoint};
    EventPtr event = accept(std::move(targets), std::move(payload));
    DeliveryUpdate change = park(event, endpoint, due);
    change.attempts_made = attempts_made;
    update(std::move(change));
    return event;
}

}  // namespace posthaste::conformance
