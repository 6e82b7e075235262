#include "engine/commit_queue.h"

#include <algorithm>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace posthaste {

namespace {

constexpr Duration kRepeatPauseMin = 100ms;
constexpr Duration kRepeatPauseMax = 2s;

Event unnumbered(Event event) {
    event.id = EventId();
    event.accepted_at = Timestamp();
    return event;
}

}  // namespace

CommitQueue::CommitQueue(Executor executor, std::size_t reactor, Engine::Ports ports,
                         const EngineLimits& limits, EngineMetrics& metrics, OnDurable on_durable)
    : executor_(std::move(executor)),
      reactor_(reactor),
      ports_(ports),
      unanswered_bytes_max_(limits.unanswered_bytes_max),
      metrics_(metrics),
      on_durable_(std::move(on_durable)),
      repeat_alarm_(ports.alarms.make([this] { repeat_failed(); })) {}

Task<Result<Accepted>> CommitQueue::add(std::shared_ptr<Event> event) {
    if (refusing_events_) co_return fail(ErrorCode::stopping, "the server is shutting down");
    const std::size_t bytes = bytes_of(*event);
    if (unanswered_bytes_ + bytes > unanswered_bytes_max_ && unanswered_bytes_ > 0) {
        metrics_.refused_overload.add();
        co_return fail(ErrorCode::overloaded,
                       "too much is waiting to be written; try again in a second");
    }
    auto enqueue = [this, &event, bytes](auto handler) {
        unanswered_bytes_ += bytes;
        audience_.bytes += bytes;
        batch_.events.push_back(std::move(event));
        audience_.waiters.push_back(Waiter{std::move(handler), ports_.clock.now()});
        schedule_flush();
    };
    // Not suspend(): on this path every coroutine frame counts.
    asio::use_awaitable_t<Executor> token;
    co_return co_await asio::async_initiate<asio::use_awaitable_t<Executor>,
                                            void(Result<Accepted>)>(enqueue, token);
}

void CommitQueue::add(DeliveryUpdate update) {
    batch_.updates.push_back(std::move(update));
    schedule_flush();
}

void CommitQueue::add(DeliveryUpdate update, std::shared_ptr<Event> news) {
    add(std::move(update));
    if (!news) return;
    batch_.events.push_back(std::move(news));
    audience_.waiters.emplace_back();
}

void CommitQueue::add(DeliveryUpdate update, Done done) {
    add(std::move(update));
    audience_.watchers.push_back(std::move(done));
}

void CommitQueue::when_durable(Done done) {
    // Batches end in order, so an empty one that ends well is behind all that was added before; unless some of that has failed
    // and waits to be repeated.
    auto unless_failing = [this, done = std::move(done)](Result<void> result) mutable {
        if (result && failing_)
            result = fail(ErrorCode::unavailable, "the store cannot write at present");
        done(std::move(result));
    };
    audience_.watchers.push_back(std::move(unless_failing));
    schedule_flush();
}

void CommitQueue::schedule_flush() {
    if (flush_scheduled_) return;
    flush_scheduled_ = true;
    asio::post(executor_, [this] { flush(); });
}

void CommitQueue::flush() {
    flush_scheduled_ = false;
    if (batch_.empty() && audience_.watchers.empty()) return;
    ++under_way_;
    CommitBatch leaving = std::exchange(batch_, CommitBatch());
    auto done = [this, audience = std::exchange(audience_, Audience())](Result<void> result,
                                                                        CommitBatch batch) mutable {
        finish(std::move(result), std::move(batch), std::move(audience));
    };
    ports_.store.commit(reactor_, std::move(leaving), std::move(done));
}

void CommitQueue::finish(Result<void> result, CommitBatch batch, Audience audience) {
    --under_way_;
    unanswered_bytes_ -= audience.bytes;
    if (result) {
        tell_durable(batch);
        answer(std::move(audience.waiters), batch);
    } else {
        const Error error = result.error();
        fail_batch(error, std::move(batch), audience);
        for (Waiter& waiter : audience.waiters)
            if (waiter.resume) waiter.resume(std::unexpected(error));
    }
    for (Done& done : audience.watchers) done(result);
    if (is_idle() || is_failing()) settled_.notify();
}

// What the store refused is not there: nobody may send it.
void CommitQueue::tell_durable(CommitBatch& batch) {
    if (batch.refusals.empty()) return on_durable_(batch.events, batch.updates);
    std::vector<std::shared_ptr<Event>> stored;
    auto refusal = batch.refusals.begin();
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        if (refusal != batch.refusals.end() && refusal->index == i)
            ++refusal;
        else
            stored.push_back(batch.events[i]);
    }
    on_durable_(stored, batch.updates);
}

void CommitQueue::answer(std::vector<Waiter> waiters, const CommitBatch& batch) {
    if (waiters.empty()) return;
    const Timestamp now = ports_.clock.now();
    auto refusal = batch.refusals.begin();
    for (std::size_t i = 0; i < waiters.size(); ++i) {
        const bool is_refused = refusal != batch.refusals.end() && refusal->index == i;
        if (!waiters[i].resume) {  // refused: it is there since a commit that was in doubt
            if (is_refused) ++refusal;
            continue;
        }
        const Duration took = now - waiters[i].since;
        metrics_.accept_latency.record(
            static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
        if (!is_refused) {
            waiters[i].resume(Accepted{batch.events[i]->id, false});
            continue;
        }
        const Refusal& refused = *refusal++;
        if (refused.reason == Refusal::Reason::repeated)
            waiters[i].resume(Accepted{refused.existing, true});
        else
            waiters[i].resume(
                fail(ErrorCode::exists, "the application has an event with this uid already"));
    }
}

void CommitQueue::fail_batch(const Error& error, CommitBatch batch, const Audience& audience) {
    metrics_.commit_failures.add();
    ports_.telemetry.on_notice(Severity::error, "store", error.message);
    const bool in_doubt = error.code == ErrorCode::commit_unknown;
    for (DeliveryUpdate& update : batch.updates) {
        if (update.kind == UpdateKind::step)
            failed_updates_.push_back(std::move(update));
        else if (in_doubt)
            doubtful_.push_back(update.endpoint);
    }
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const std::shared_ptr<Event>& event = batch.events[i];
        if (in_doubt)
            doubtful_.insert(doubtful_.end(), event->targets.begin(), event->targets.end());
        // A copy: the store may have begun to number this one.
        if (!audience.waiters[i].resume)
            failed_news_.push_back(std::make_shared<Event>(unnumbered(*event)));
    }
    if (failing_ || (failed_updates_.empty() && doubtful_.empty())) return;
    failing_ = true;
    repeat_pause_ = kRepeatPauseMin;
    repeat_alarm_->arm(ports_.clock.now() + repeat_pause_);
}

void CommitQueue::repeat_failed() {
    CommitBatch batch;
    batch.updates = std::exchange(failed_updates_, std::vector<DeliveryUpdate>());
    batch.events = std::exchange(failed_news_, std::vector<std::shared_ptr<Event>>());
    Audience audience;
    audience.waiters.resize(batch.events.size());
    ++under_way_;
    auto done = [this, doubtful = std::exchange(doubtful_, std::vector<EndpointId>()),
                 audience = std::move(audience)](Result<void> result,
                                                 CommitBatch committed) mutable {
        if (result) {
            recover(doubtful);
        } else {
            doubtful_.insert(doubtful_.end(), doubtful.begin(), doubtful.end());
            repeat_pause_ = std::min(repeat_pause_ * 2, kRepeatPauseMax);
            repeat_alarm_->arm(ports_.clock.now() + repeat_pause_);
        }
        finish(std::move(result), std::move(committed), std::move(audience));
    };
    ports_.store.commit(reactor_, std::move(batch), std::move(done));
}

void CommitQueue::recover(const std::vector<EndpointId>& doubtful) {
    failing_ =
        !failed_updates_.empty() || !doubtful_.empty();  // another batch may have failed since
    if (failing_) repeat_alarm_->arm(ports_.clock.now());
    ports_.telemetry.on_notice(Severity::info, "store", "commits work again");
    if (on_recovered_) on_recovered_(doubtful);
}

Task<void> CommitQueue::drain() {
    while (!is_idle() && !is_failing()) co_await settled_.wait();
}

}  // namespace posthaste
