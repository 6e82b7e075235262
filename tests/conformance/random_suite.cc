// Random histories of one store against a model of a dozen lines, with crashes and clean restarts anywhere between them.

#include <iterator>
#include <map>

#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

struct ModelDelivery {
    DeliveryState state = DeliveryState::pending;
    Timestamp due;
    std::uint32_t attempts = 0;
    ManualState manual;
    std::uint32_t manual_attempts = 0;
    bool was_received = false;
};

struct Model {
    std::map<EventId, std::map<EndpointId, ModelDelivery>> events;

    [[nodiscard]] Tally tally() const {
        Tally tally;
        for (const auto& [id, deliveries] : events) {
            tally.events += 1;
            tally.accepted += deliveries.size();
            for (const auto& [endpoint, delivery] : deliveries) {
                tally.delivered += delivery.state == DeliveryState::delivered;
                tally.dead += delivery.state == DeliveryState::dead;
                tally.cancelled += delivery.state == DeliveryState::cancelled;
                tally.parked += delivery.state == DeliveryState::parked;
            }
        }
        return tally;
    }

    std::uint64_t park_tail(Timestamp now) {
        std::uint64_t parked = 0;
        for (auto& [id, deliveries] : events) {
            for (auto& [endpoint, delivery] : deliveries) {
                if (delivery.state != DeliveryState::pending) continue;
                delivery.state = DeliveryState::parked;
                delivery.due = now;
                parked += 1;
            }
        }
        return parked;
    }

    void apply(const DeliveryUpdate& update) {
        auto& deliveries = events.at(update.event);
        if (update.kind == UpdateKind::resend) return resend(deliveries, update);
        if (update.kind == UpdateKind::restart) return restart(deliveries, update);
        auto found = deliveries.find(update.endpoint);
        if (found == deliveries.end()) return;
        ModelDelivery& delivery = found->second;
        const std::optional<Timestamp> from =
            delivery.state == DeliveryState::parked ? std::optional(delivery.due) : std::nullopt;
        if (is_settled(delivery.state) || from != update.origin.parked_due) return;
        if (update.attempt && update.attempt->number <= delivery.attempts) return;
        delivery.state = update.next;
        if (update.next == DeliveryState::dead && delivery.was_received)
            delivery.state = DeliveryState::delivered;
        delivery.due = update.due;
        delivery.manual = update.manual;
        if (!update.attempt) return;
        delivery.attempts = update.attempt->number;
        delivery.manual_attempts += update.attempt->trigger == AttemptTrigger::manual;
        if (update.attempt->outcome == AttemptOutcome::delivered) delivery.was_received = true;
    }

    static void resend(std::map<EndpointId, ModelDelivery>& deliveries,
                       const DeliveryUpdate& update) {
        const bool is_new = !deliveries.contains(update.endpoint);
        ModelDelivery& delivery = deliveries[update.endpoint];
        ManualState& manual = delivery.manual;
        const bool is_parked = delivery.state == DeliveryState::parked;
        if (!is_new && delivery.state == DeliveryState::pending) return;
        if (is_parked && manual.trigger == AttemptTrigger::manual) return;
        if (!is_parked) manual.manual_made = delivery.manual_attempts;
        manual.trigger = AttemptTrigger::manual;
        manual.resume_due = is_parked ? std::optional(delivery.due) : std::nullopt;
        delivery.state = DeliveryState::parked;
        delivery.due = update.due;
    }

    static void restart(std::map<EndpointId, ModelDelivery>& deliveries,
                        const DeliveryUpdate& update) {
        auto found = deliveries.find(update.endpoint);
        if (found == deliveries.end() || found->second.state != DeliveryState::dead) return;
        ModelDelivery& delivery = found->second;
        delivery.manual = {delivery.attempts, AttemptTrigger::scheduled, std::nullopt};
        delivery.state = DeliveryState::parked;
        delivery.due = update.due;
    }

    [[nodiscard]] std::vector<std::pair<Timestamp, EventId>> rows(EndpointId endpoint) const {
        std::vector<std::pair<Timestamp, EventId>> rows;
        for (const auto& [id, deliveries] : events) {
            auto it = deliveries.find(endpoint);
            if (it == deliveries.end() || it->second.state != DeliveryState::parked) continue;
            rows.emplace_back(it->second.due, id);
        }
        std::ranges::sort(rows);
        return rows;
    }
};

class Sequence {
public:
    explicit Sequence(std::uint64_t seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
    bool one_in(std::size_t n) { return below(n) == 0; }

    // A step that some unsettled delivery may take; nothing when all are settled.
    std::optional<DeliveryUpdate> draw_step(const Model& model, Timestamp now) {
        std::vector<std::pair<EventId, EndpointId>> open;
        for (const auto& [id, deliveries] : model.events) {
            for (const auto& [endpoint, delivery] : deliveries) {
                if (!is_settled(delivery.state)) open.emplace_back(id, endpoint);
            }
        }
        if (open.empty()) return {};
        const auto [event, endpoint] = open[below(open.size())];
        const ModelDelivery& delivery = model.events.at(event).at(endpoint);
        DeliveryUpdate update;
        update.event = event;
        update.endpoint = endpoint;
        if (delivery.state == DeliveryState::parked) update.origin.parked_due = delivery.due;
        constexpr DeliveryState kNext[] = {DeliveryState::parked, DeliveryState::parked,
                                           DeliveryState::delivered, DeliveryState::dead,
                                           DeliveryState::cancelled};
        update.next = kNext[below(std::size(kNext))];
        update.attempts_made = delivery.attempts;
        update.manual.manual_made = delivery.manual.manual_made;
        if (!one_in(4)) {
            const bool is_received = update.next == DeliveryState::delivered;
            update.attempt =
                make_attempt(++update.attempts_made, now,
                             is_received ? AttemptOutcome::delivered : AttemptOutcome::rejected);
            update.attempt->trigger = delivery.manual.trigger;
            if (delivery.manual.trigger == AttemptTrigger::manual) update.manual.manual_made += 1;
        }
        if (update.next == DeliveryState::parked)
            update.due = now + Duration{static_cast<std::int64_t>(1 + below(5'000'000))};
        return update;
    }

    // A resend or restart of some event to some endpoint, whatever became of it.
    std::optional<DeliveryUpdate> draw_resend(const Model& model, Timestamp now) {
        if (model.events.empty()) return {};
        auto event = model.events.begin();
        std::advance(event, below(model.events.size()));
        DeliveryUpdate update;
        update.kind = one_in(3) ? UpdateKind::restart : UpdateKind::resend;
        update.event = event->first;
        update.endpoint = endpoint_id(below(4));
        update.due = now + Duration{static_cast<std::int64_t>(below(1'000))};
        return update;
    }

private:
    std::mt19937_64 random_;
};

class History {
public:
    explicit History(StoreSuite& suite) : suite_(suite) {}

    void run_sequence(std::uint64_t seed);

private:
    void accept_some(Sequence& sequence, Model& model) {
        CommitBatch batch;
        for (std::size_t n = sequence.below(4); n > 0; --n) {
            std::vector<EndpointId> targets;
            for (std::uint64_t e = 0; e < 4; ++e) {
                if (sequence.one_in(2)) targets.push_back(endpoint_id(e));
            }
            batch.events.push_back(make_event(std::move(targets)));
        }
        const Committed done =
            suite_.commit(std::move(batch), sequence.below(StoreSuite::kReactors));
        ASSERT_TRUE(done.result);
        for (const auto& event : done.batch.events) {
            auto& deliveries = model.events[event->id];
            for (EndpointId target : event->targets) deliveries[target] = {};
        }
    }

    void update_some(Sequence& sequence, Model& model) {
        CommitBatch batch;
        for (std::size_t n = sequence.below(6); n > 0; --n) {
            auto update = sequence.one_in(4) ? sequence.draw_resend(model, suite_.now())
                                             : sequence.draw_step(model, suite_.now());
            if (!update) continue;
            for (std::size_t times = sequence.one_in(5) ? 2 : 1; times > 0; --times) {
                model.apply(*update);
                batch.updates.push_back(*update);
            }
        }
        CommitBatch again;
        if (sequence.one_in(6)) again.updates = batch.updates;
        ASSERT_TRUE(suite_.commit(std::move(batch)).result);
        if (!again.empty()) {
            for (const DeliveryUpdate& update : again.updates) model.apply(update);
            ASSERT_TRUE(suite_.commit(std::move(again)).result);
        }
    }

    void reopen(Sequence& sequence, Model& model) {
        if (sequence.one_in(3)) suite_.clock_.advance(-10s);
        const Recovery recovery =
            sequence.one_in(2) ? suite_.reopen_after_crash() : suite_.reopen_after_close();
        EXPECT_EQ(recovery.deliveries_parked, model.park_tail(suite_.now()));
        std::size_t lanes = 0;
        for (std::uint64_t e = 0; e < 4; ++e) {
            const auto rows = model.rows(endpoint_id(e));
            if (rows.empty()) continue;
            lanes += 1;
            auto lane = std::ranges::find(recovery.lanes, endpoint_id(e), &ParkedLane::endpoint);
            ASSERT_NE(lane, recovery.lanes.end());
            EXPECT_EQ(lane->earliest_due, rows.front().first);
        }
        EXPECT_EQ(recovery.lanes.size(), lanes);
    }

    void compare(Sequence& sequence, const Model& model) {
        ASSERT_EQ(describe(suite_.tally()), describe(model.tally()));
        const EndpointId endpoint = endpoint_id(sequence.below(4));
        const auto rows = model.rows(endpoint);
        ParkedQuery query;
        query.endpoint = endpoint;
        query.due_until = suite_.now() + 24h;
        query.limit = 1 + sequence.below(8);
        const ParkedPage page = suite_.load(query);
        ASSERT_EQ(page.rows.size(), std::min(rows.size(), query.limit));
        for (std::size_t i = 0; i < page.rows.size(); ++i) {
            EXPECT_EQ(page.rows[i].due, rows[i].first);
            EXPECT_EQ(page.rows[i].event->id, rows[i].second);
            const ModelDelivery& expected = model.events.at(rows[i].second).at(endpoint);
            EXPECT_EQ(page.rows[i].attempts_made, expected.attempts);
            EXPECT_EQ(describe(page.rows[i].manual), describe(expected.manual));
        }
        EXPECT_EQ(page.next_due.has_value(), rows.size() > page.rows.size());
    }

    void compare_all(const Model& model) {
        for (const auto& [id, deliveries] : model.events) {
            const EventHistory seen = suite_.history(id);
            ASSERT_EQ(seen.deliveries.size(), deliveries.size());
            for (const DeliveryHistory& delivery : seen.deliveries) {
                const ModelDelivery& expected = deliveries.at(delivery.endpoint);
                EXPECT_EQ(delivery.state, expected.state);
                EXPECT_EQ(delivery.attempts.size(), expected.attempts);
            }
        }
        const ScanSlice all = suite_.scan_all(3);
        EXPECT_TRUE(all.lost.empty());
        EXPECT_LE(all.events_checked, model.events.size());
    }

    StoreSuite& suite_;
};

void History::run_sequence(std::uint64_t seed) {
    SCOPED_TRACE("sequence " + std::to_string(seed));
    Sequence sequence(seed);
    Model model;
    suite_.factory_ = StoreSuite::GetParam().make();
    suite_.open();
    for (std::size_t step = 10 + sequence.below(30); step > 0 && !testing::Test::HasFatalFailure();
         --step) {
        suite_.clock_.advance(Duration{static_cast<std::int64_t>(sequence.below(2'000'000))});
        if (sequence.one_in(2)) accept_some(sequence, model);
        update_some(sequence, model);
        if (sequence.one_in(12)) reopen(sequence, model);
        if (sequence.one_in(3)) compare(sequence, model);
    }
    if (!testing::Test::HasFatalFailure()) compare(sequence, model);
    if (!testing::Test::HasFatalFailure()) compare_all(model);
    suite_.end_by_close();
}

TEST_P(StoreSuite, random_histories_agree_with_the_model) {
    History history(*this);
    const std::uint64_t last = GetParam().random_histories;
    for (std::uint64_t seed = 1; seed <= last && !HasFailure(); ++seed) history.run_sequence(seed);
}

}  // namespace
}  // namespace posthaste::conformance
