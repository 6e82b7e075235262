#include "engine/dispatcher.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace posthaste {

namespace {

constexpr std::size_t kPagesAtOnce = 8;
constexpr Duration kPageRetryPause = 500ms;
// More than are expunged while a message from one reactor to another is on its way.
constexpr std::size_t kExpungedKept = 4096;

LaneLimits lane_limits(const EngineLimits& limits, const EngineRules& rules,
                       const Sabotage& sabotage) {
    LaneLimits lane;
    lane.breaker = rules.breaker;
    if (sabotage.ignore_breaker) lane.breaker.failures = 0;
    lane.window = limits.lane_window;
    lane.window_suspect = std::min<std::size_t>(lane.window_suspect, limits.lane_window);
    lane.in_flight_max = static_cast<std::uint32_t>(limits.lane_in_flight_max);
    lane.page = limits.page;
    if (sabotage.ignore_lane_cap) lane.in_flight_initial = lane.in_flight_max = 1U << 20;
    return lane;
}

// A gate far ahead was seen before the clock was set back.
void release_if_due(Lane& lane, const Clock& clock) {
    if (!lane.breaker().is_closed()) lane.mind_clock(clock.now());
    if (!lane.held_until()) return;
    const Duration left = *lane.held_until() - clock.now();
    if (left <= Duration{} || left > RateGate::kClosedMax) lane.release();
}

// Has somebody changed what may have made its attempts fail?
bool is_new_start(const Endpoint& before, const Endpoint& after) {
    return after.url != before.url || after.secret != before.secret ||
           after.headers != before.headers || after.timeout != before.timeout ||
           after.is_active != before.is_active || after.is_deleted;
}

}  // namespace

Dispatcher::Dispatcher(Executor executor, Engine::Ports ports, EngineLimits limits,
                       EngineRules rules, Sabotage sabotage, EngineMetrics& metrics,
                       DirectoryService& directory, CommitQueue& commits, LiveFeed& live)
    : executor_(executor),
      ports_(ports),
      limits_(limits),
      rules_(rules),
      sabotage_(sabotage),
      metrics_(metrics),
      directory_(directory),
      commits_(commits),
      live_(live),
      health_(executor, ports, rules, directory),
      alarm_(ports.alarms.make([this] { wake_due(); })),
      expunged_(kExpungedKept),
      tasks_(executor) {}

// ---- lanes

LaneIndex Dispatcher::lane_of(EndpointId endpoint) {
    if (const auto found = index_.find(endpoint); found != index_.end()) return found->second;
    const PreparedEndpointPtr known = directory_.current()->find(endpoint);
    const ApplicationId application = known ? known->config.application : ApplicationId{};
    const LaneIndex index = healthy_.add_lane(application);
    const LaneIndex twin = suspect_.add_lane(application);
    ASSERT(index == twin);
    if (index >= entries_.size()) entries_.resize(index + 1);
    entries_[index] =
        std::make_unique<Entry>(Lane(endpoint, lane_limits(limits_, rules_, sabotage_)));
    index_.emplace(endpoint, index);
    refresh_route(*entries_[index]);
    apply_mode(index);
    metrics_.lanes.set(index_.size());
    return index;
}

void Dispatcher::forget_lane(LaneIndex index) {
    set_share(*entries_[index], nullptr);
    entries_[index]->lane.forget_failures();
    show_condition(*entries_[index]);  // for the last time
    index_.erase(entries_[index]->lane.endpoint());
    healthy_.remove_lane(index);
    suspect_.remove_lane(index);
    entries_[index].reset();
    metrics_.lanes.set(index_.size());
}

void Dispatcher::refresh_route(Entry& entry) {
    entry.directory_version = directory_.version();
    PreparedEndpointPtr now = directory_.current()->find(entry.lane.endpoint());
    entry.application = now ? directory_.current()->find(now->config.application) : nullptr;
    if (now == entry.route.endpoint) return;
    if (now && entry.route.endpoint && is_new_start(entry.route.endpoint->config, now->config))
        entry.lane.forget_failures();
    entry.route = make_route(std::move(now));
}

void Dispatcher::apply_mode(LaneIndex index) {
    Entry& entry = *entries_[index];
    const PreparedEndpoint* endpoint = entry.route.endpoint.get();
    // Deliveries of an endpoint that configuration does not know wait: its row may come back.
    if (!endpoint || (!endpoint->config.is_active && !endpoint->config.is_deleted))
        entry.lane.set_mode(Lane::Mode::paused);
    else if (endpoint->config.is_deleted)
        entry.lane.set_mode(Lane::Mode::cancelling);
    else
        entry.lane.set_mode(Lane::Mode::live);
    if (endpoint && endpoint->config.in_flight_max > 0 && !sabotage_.ignore_lane_cap)
        entry.lane.set_in_flight_max(endpoint->config.in_flight_max);
    apply_throttle(entry);
    shed(index);
}

void Dispatcher::shed(LaneIndex index) {
    Lane& lane = entries_[index]->lane;
    const std::size_t before = lane.queued();
    if (before == 0) return;
    for (const QueuedDelivery& leaving : lane.shed()) {
        count_out(*entries_[index], leaving);
        if (lane.mode() == Lane::Mode::cancelling)
            cancel(leaving, lane.endpoint());
        else if (!leaving.parked_due)
            park(leaving, lane.endpoint());
    }
}

void Dispatcher::after_change(LaneIndex index) {
    Entry& entry = *entries_[index];
    release_if_due(entry.lane, ports_.clock);
    show_condition(entry);
    const bool ready = entry.lane.is_ready();
    healthy_.set_ready(index, ready && !entry.lane.is_suspect());
    suspect_.set_ready(index, ready && entry.lane.is_suspect());

    const std::optional<Timestamp> held_until = entry.lane.held_until();
    const std::optional<Timestamp> wake_at = entry.lane.wake_at();
    if (!wake_at && !entry.wake_at && !held_until) {
        if (entry.lane.mode() == Lane::Mode::cancelling && entry.lane.is_empty())
            forget_lane(index);
        return;
    }
    const Timestamp now = ports_.clock.now();
    if (entry.lane.wants_page(now) && !entry.in_page_queue) {
        entry.in_page_queue = true;
        page_queue_.push_back(index);
    }
    std::optional<Timestamp> waking = wake_at && *wake_at > now ? wake_at : std::nullopt;
    if (held_until && (!waking || *held_until < *waking)) waking = held_until;
    if (waking == entry.wake_at) return;
    if (entry.wake_at) wakes_.erase({*entry.wake_at, index});
    entry.wake_at = waking;
    if (waking) wakes_.insert({*waking, index});
}

void Dispatcher::endpoint_changed(EndpointId id) {
    const auto found = index_.find(id);
    if (found == index_.end()) return;
    refresh_route(*entries_[found->second]);
    apply_mode(found->second);
    after_change(found->second);
    pump();
}

// ---- deliveries in and out of memory

void Dispatcher::count_in(Entry& entry, const QueuedDelivery& delivery) {
    ++window_;
    ++entry.in_memory;
    if (entry.share) {
        ++entry.share->in_memory;
        ++throttled_;
    }
    window_bytes_ += bytes_of(*delivery.event);
}

void Dispatcher::count_out(Entry& entry, const QueuedDelivery& delivery) {
    --window_;
    --entry.in_memory;
    if (entry.share) {
        --entry.share->in_memory;
        --throttled_;
        throttled_left_ = true;
    }
    window_bytes_ -= bytes_of(*delivery.event);
}

void Dispatcher::admit(EventPtr event, EndpointId endpoint) {
    const LaneIndex index = lane_of(endpoint);
    Entry& entry = *entries_[index];
    const bool room = has_room(entry) && window_bytes_ + bytes_of(*event) <= limits_.window_bytes;
    QueuedDelivery delivery{std::move(event), std::nullopt, 0, {}};
    if (entry.lane.mode() == Lane::Mode::cancelling) {
        cancel(delivery, endpoint);
        return;
    }
    if (expunged_.contains(delivery.event->id) || is_early(*delivery.event, ports_.clock.now()))
        return park(delivery, endpoint);
    if (!room || !entry.lane.has_room(delivery.event->accepted_at)) {
        metrics_.parked_for_room.add();
        park(delivery, endpoint);
        return;
    }
    count_in(entry, delivery);
    entry.lane.admit(std::move(delivery));
    after_change(index);
}

void Dispatcher::forget_payload(EventId event, EndpointId endpoint) {
    if (sabotage_.forget_expunges) return;
    expunged_.add(event);
    const auto found = index_.find(endpoint);
    if (found == index_.end()) return;
    Entry& entry = *entries_[found->second];
    if (entry.lane.is_reading()) entry.expunged.push_back(event);
    const std::optional<QueuedDelivery> withdrawn = entry.lane.withdraw(event);
    if (!withdrawn) return;
    count_out(entry, *withdrawn);
    if (!withdrawn->parked_due) park(*withdrawn, endpoint);
    after_change(found->second);
}

void Dispatcher::park(const QueuedDelivery& delivery, EndpointId endpoint) {
    if (sabotage_.forget_parking) return;
    DeliveryUpdate update;
    update.event = delivery.event->id;
    update.endpoint = endpoint;
    update.origin.parked_due = delivery.parked_due;
    update.next = DeliveryState::parked;
    update.due = delivery.due();
    update.attempts_made = delivery.attempts_made;
    update.manual = delivery.manual;
    commits_.add(std::move(update));
}

// A row of the schedule that is due before its event is: recovery parks whatever it finds for now.
bool Dispatcher::put_off(const QueuedDelivery& delivery, EndpointId endpoint) {
    if (delivery.manual.trigger == AttemptTrigger::manual ||
        !is_early(*delivery.event, ports_.clock.now()))
        return false;
    DeliveryUpdate update;
    update.event = delivery.event->id;
    update.endpoint = endpoint;
    update.origin.parked_due = delivery.parked_due;
    update.due = *delivery.event->deliver_at;
    update.attempts_made = delivery.attempts_made;
    update.manual = delivery.manual;
    commits_.add(std::move(update));
    return true;
}

void Dispatcher::cancel(const QueuedDelivery& delivery, EndpointId endpoint) {
    DeliveryUpdate update;
    update.event = delivery.event->id;
    update.endpoint = endpoint;
    update.origin.parked_due = delivery.parked_due;
    update.next = DeliveryState::cancelled;
    update.attempts_made = delivery.attempts_made;
    commits_.add(std::move(update));
}

void Dispatcher::announce_parked(EndpointId endpoint, Timestamp due) {
    const LaneIndex index = lane_of(endpoint);
    entries_[index]->lane.parked(due);
    after_change(index);
}

void Dispatcher::on_durable(const DeliveryUpdate& update) {
    if (update.kind != UpdateKind::step) return;  // its watcher knows
    if (update.attempt) --in_flight_;
    account(update);
    auto found = index_.find(update.endpoint);
    if (found == index_.end() && update.next != DeliveryState::parked)
        return health_.on_durable(update, nullptr);
    const LaneIndex index = found != index_.end() ? found->second : lane_of(update.endpoint);
    Entry& entry = *entries_[index];
    if (entry.directory_version != directory_.version()) {
        refresh_route(entry);
        apply_mode(index);
    }
    health_.on_durable(update, entry.route.endpoint);
    Lane& lane = entry.lane;
    if (update.origin.parked_due) lane.settled(update.event);
    if (update.next == DeliveryState::parked) lane.parked(update.due);
    after_change(index);
}

void Dispatcher::account(const DeliveryUpdate& update) {
    switch (update.next) {
        case DeliveryState::delivered: metrics_.delivered.add(); break;
        case DeliveryState::dead: metrics_.dead.add(); break;
        case DeliveryState::cancelled: metrics_.cancelled.add(); break;
        case DeliveryState::parked:
            if (update.attempt) metrics_.retried.add();
            break;
        case DeliveryState::pending: break;
    }
}

// ---- parked rows

void Dispatcher::wake_due() {
    alarm_at_.reset();
    const Timestamp now = ports_.clock.now();
    while (!wakes_.empty() && wakes_.begin()->first <= now) {
        const LaneIndex index = wakes_.begin()->second;
        wakes_.erase(wakes_.begin());
        entries_[index]->wake_at.reset();
        after_change(index);
    }
    pump();
}

void Dispatcher::arm_alarm() {
    if (stopping_) return;
    std::optional<Timestamp> next;
    if (!wakes_.empty()) next = wakes_.begin()->first;
    if (!held_.empty() && (!next || held_.next() < *next)) next = held_.next();
    if (!next || alarm_at_ == next) return;
    alarm_at_ = next;
    alarm_->arm(*next);
}

void Dispatcher::start_pages() {
    if (std::exchange(throttled_left_, false)) {
        page_queue_.insert(page_queue_.end(), page_queue_without_room_.begin(),
                           page_queue_without_room_.end());
        page_queue_without_room_.clear();
    }
    while (!page_queue_.empty() && pages_under_way_ < kPagesAtOnce && window_ < limits_.window &&
           window_bytes_ < limits_.window_bytes) {
        const LaneIndex index = page_queue_.front();
        page_queue_.pop_front();
        Entry* entry = index < entries_.size() ? entries_[index].get() : nullptr;
        if (!entry || !entry->in_page_queue) continue;
        if (!has_room(*entry)) {
            page_queue_without_room_.push_back(index);
            continue;
        }
        entry->in_page_queue = false;
        const Timestamp now = ports_.clock.now();
        if (!entry->lane.wants_page(now)) {
            after_change(
                index);  // the clock was set back: its rows are not due any more, so it must be woken later
            continue;
        }
        ++pages_under_way_;
        Lane::PageRequest request = entry->lane.begin_page(now);
        after_change(index);
        tasks_.spawn(read_page(index, std::move(request)));
    }
}

Task<void> Dispatcher::read_page(LaneIndex index, Lane::PageRequest request) {
    ParkedQuery query;
    query.endpoint = entries_[index]->lane.endpoint();
    query.due_from = request.due_from;
    query.due_until = request.due_until;
    query.limit = std::min(request.limit, limits_.window - std::min(window_, limits_.window - 1));
    query.bytes_max = std::max<std::size_t>(
        limits_.window_bytes - std::min(window_bytes_, limits_.window_bytes), 1);
    query.exclude = std::move(request.exclude);
    Result<ParkedPage> page = co_await ports_.store.load_parked(std::move(query));
    --pages_under_way_;
    Entry& entry = *entries_[index];  // a lane with a read under way is never forgotten
    Lane& lane = entry.lane;
    const std::vector<EventId> expunged = std::exchange(entry.expunged, {});
    if (!page) {
        ports_.telemetry.on_notice(Severity::error, "store", page.error().message);
        lane.fail_page(ports_.clock.now() + kPageRetryPause);
    } else {
        end_page(entry, std::move(*page), expunged);
    }
    shed(index);
    place_waiting(index);
    if (entries_[index]) after_change(index);  // whoever asked to resend may have seen it go
    pump();
}

// `expunged`: since the read began.
void Dispatcher::end_page(Entry& entry, ParkedPage page, const std::vector<EventId>& expunged) {
    std::vector<QueuedDelivery> rows;
    std::vector<EventId> leaving;
    rows.reserve(page.rows.size());
    for (ParkedDelivery& row : page.rows) {
        QueuedDelivery delivery{std::move(row.event), row.due, row.attempts_made, row.manual};
        if (delivery.event->is_expunged) {  // there is nothing left to send
            leaving.push_back(delivery.event->id);
            cancel(delivery, entry.lane.endpoint());
        } else if (std::ranges::find(expunged, delivery.event->id) != expunged.end()) {
            page.next_due = std::min(page.next_due.value_or(row.due), row.due);  // once more
        } else if (entry.lane.mode() == Lane::Mode::live &&
                   put_off(delivery, entry.lane.endpoint())) {
            leaving.push_back(delivery.event->id);
        } else {
            count_in(entry, delivery);
            rows.push_back(std::move(delivery));
        }
    }
    entry.lane.end_page(std::move(rows), page.next_due, leaving);
}

// ---- attempts

Task<void> Dispatcher::join() {
    co_await tasks_.join();
    co_await health_.join();
}

std::optional<LaneIndex> Dispatcher::choose() {
    const bool suspects_allowed =
        in_flight_suspect_ < std::max<std::size_t>(limits_.in_flight_max / 2, 1);
    suspects_turn_ = !suspects_turn_;
    if (suspects_turn_ && suspects_allowed)
        if (const std::optional<LaneIndex> lane = suspect_.next()) return lane;
    if (const std::optional<LaneIndex> lane = healthy_.next()) return lane;
    return suspects_allowed ? suspect_.next() : std::nullopt;
}

void Dispatcher::pump() {
    if (pumping_) {  // an attempt that ended at once calls back from within the loop below
        pump_again_ = true;
        return;
    }
    pumping_ = true;
    watch_clock();
    do {
        pump_again_ = false;
        if (stopping_) break;
        release_applications();
        start_pages();
        while (!commits_.is_failing() && in_flight_ < limits_.in_flight_max) {
            const std::optional<LaneIndex> index = choose();
            if (!index) break;
            start_attempt(*index);
        }
    } while (pump_again_);
    pumping_ = false;

    arm_alarm();
    metrics_.in_flight.set(in_flight_);
    metrics_.window.set(window_);
    metrics_.window_bytes.set(window_bytes_);
}

void Dispatcher::start_attempt(LaneIndex index) {
    Entry& entry = *entries_[index];
    if (entry.directory_version != directory_.version()) {
        refresh_route(entry);
        apply_mode(index);
        if (!entry.lane.is_ready()) {  // paused or deleted since it became ready
            after_change(index);
            return;
        }
    }
    const ThrottleAnswer throttle = pass_gates(entry);
    if (!throttle.passes) {
        after_change(index);
        return;
    }
    const Class lane_class = entry.lane.is_suspect() ? Class::suspect : Class::healthy;
    QueuedDelivery delivery = entry.lane.take();
    if (throttle.endpoint_opens) entry.lane.hold(*throttle.endpoint_opens);
    ++in_flight_;
    if (lane_class == Class::suspect) ++in_flight_suspect_;
    OutboundRequest request;
    request.endpoint = entry.route.endpoint;
    request.event = delivery.event;
    request.headers =
        attempt_headers(*delivery.event, entry.route, ports_.clock.now(), rules_.native_headers);
    request.timeout = entry.route.endpoint->config.timeout;
    entry.sending.push_back(delivery.event->id);
    after_change(index);
    tasks_.spawn(attempt(index, std::move(request), std::move(delivery), lane_class));
}

Task<void> Dispatcher::attempt(LaneIndex index, OutboundRequest request, QueuedDelivery delivery,
                               Class lane_class) {
    const Timestamp started_at = ports_.clock.now();
    ports_.telemetry.on_attempt_started(*delivery.event, request.endpoint->config);
    TransportResult result = co_await ports_.transport.send(std::move(request));
    if (lane_class == Class::suspect) --in_flight_suspect_;
    count_out(*entries_[index], delivery);
    finish_attempt(index, delivery, std::move(result), started_at);
    pump();
}

void Dispatcher::finish_attempt(LaneIndex index, const QueuedDelivery& delivery,
                                TransportResult result, Timestamp started_at) {
    Entry& entry = *entries_[index];
    ASSERT(std::erase(entry.sending, delivery.event->id) == 1);
    if (result.outcome == AttemptOutcome::interrupted) {
        // Stopping is no failure of the endpoint: on disk the delivery is where it was.
        --in_flight_;
        entry.lane.finished(delivery.event->id, Lane::Verdict::unknown, ports_.clock.now(), 0);
        return;
    }
    if (entry.directory_version != directory_.version()) {
        refresh_route(entry);
        apply_mode(index);
    }
    const Timestamp now = ports_.clock.now();
    const double draw = ports_.entropy.draw();
    entry.lane.finished(delivery.event->id, verdict_on(result.outcome, result.status), now, draw);
    DeliveryUpdate update = settle_attempt(delivery, entry.route.endpoint->config,
                                           std::move(result), started_at, now, draw, sabotage_);
    metrics_.attempts.add();
    metrics_.queue_lag.record(static_cast<std::uint64_t>(update.attempt->queue_lag.count()));
    metrics_.attempt_duration.record(
        static_cast<std::uint64_t>(std::max<std::int64_t>((now - started_at).count(), 0)));
    if (update.next == DeliveryState::delivered)
        metrics_.delivery_latency.record(static_cast<std::uint64_t>(
            std::max<std::int64_t>((now - delivery.event->accepted_at).count(), 0)));
    ports_.telemetry.on_attempt(*delivery.event, entry.route.endpoint->config, *update.attempt,
                                update.next);
    if (live_.is_watched())
        live_.publish(*delivery.event, entry.route.endpoint->config, *update.attempt, update.next);
    std::shared_ptr<Event> news =
        health_.on_decided(*delivery.event, update, entry.route.endpoint->config);
    commits_.add(std::move(update), std::move(news));
    if (entry.lane.is_suspect() || !entry.lane.breaker().is_closed()) shed(index);
    after_change(index);
}

}  // namespace posthaste
