#include "engine/live_feed.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/engine.h"

namespace posthaste {

namespace {

constexpr Duration kTick = 1s;

}  // namespace

// ---- who watches

bool LiveAudience::join(std::size_t reactor) {
    if (count_.fetch_add(1, std::memory_order_relaxed) >= kWatchersMax) {
        count_.fetch_sub(1, std::memory_order_relaxed);
        return false;
    }
    by_reactor_[reactor].fetch_add(1, std::memory_order_relaxed);
    return true;
}

void LiveAudience::leave(std::size_t reactor) {
    by_reactor_[reactor].fetch_sub(1, std::memory_order_relaxed);
    count_.fetch_sub(1, std::memory_order_relaxed);
}

// ---- publishing

LiveFeed::LiveFeed(Executor executor, std::size_t reactor, LiveAudience& audience, Ports ports)
    : executor_(executor),
      reactor_(reactor),
      audience_(audience),
      ports_(ports),
      alarm_(ports.alarms.make([this] {
          if (!is_stopped_ && !watchers_.empty()) tasks_.spawn(tick());
      })),
      tasks_(executor) {}

void LiveFeed::publish(const Event& event) {
    LiveItem item;
    item.organization = event.organization;
    item.application = event.application;
    item.event = event.id;
    item.event_type = event.type;
    item.at = event.accepted_at;
    append(std::move(item));
}

void LiveFeed::publish(const Event& event, const Endpoint& endpoint, const AttemptRecord& attempt,
                       DeliveryState state) {
    LiveItem item;
    item.kind = LiveItem::Kind::attempt;
    item.organization = event.organization;
    item.application = event.application;
    item.event = event.id;
    item.event_type = event.type;
    item.at = attempt.started_at;
    item.endpoint = endpoint.id;
    item.number = attempt.number;
    item.outcome = attempt.outcome;
    item.status_code = attempt.status_code;
    item.duration = attempt.timings.total;
    item.state = state;
    append(std::move(item));
}

void LiveFeed::append(LiveItem item) {
    if (batch_.size() == kBatchMax) {
        ++lost_;
        return;
    }
    batch_.push_back(std::move(item));
    if (std::exchange(flush_scheduled_, true)) return;
    asio::post(executor_, [this] { flush(); });
}

void LiveFeed::flush() {
    flush_scheduled_ = false;
    const auto batch = std::make_shared<const std::vector<LiveItem>>(std::exchange(batch_, {}));
    const std::uint64_t lost = std::exchange(lost_, 0);
    for (std::size_t reactor = 0; reactor < audience_.reactors(); ++reactor) {
        if (reactor == reactor_ || !audience_.is_at(reactor)) continue;
        auto deliver = [batch, lost](Engine& there) { there.live()->receive(*batch, lost); };
        ports_.mailboxes.post(reactor, std::move(deliver));
    }
    receive(*batch, lost);
}

// ---- watching

template <class Tell>
void LiveFeed::for_each(Tell tell) {
    const std::vector<LiveWatcher*> all = watchers_;
    for (LiveWatcher* const watcher : all)
        if (std::ranges::find(watchers_, watcher) != watchers_.end()) tell(*watcher);
}

bool LiveFeed::add(LiveWatcher* watcher) {
    if (is_stopped_ || !audience_.join(reactor_)) return false;
    watchers_.push_back(watcher);
    if (watchers_.size() == 1) arm();
    return true;
}

void LiveFeed::remove(LiveWatcher* watcher) {
    if (std::erase(watchers_, watcher) == 0) return;
    audience_.leave(reactor_);
    if (watchers_.empty()) alarm_->cancel();
}

void LiveFeed::receive(std::span<const LiveItem> items, std::uint64_t lost) {
    for_each([&](LiveWatcher& watcher) { watcher.on_items(items, lost); });
}

void LiveFeed::arm() { alarm_->arm(ports_.clock.now() + kTick); }

// A tick in which the store cannot say how things stand is left out, but for the time.
Task<void> LiveFeed::tick() {
    Result<Tally> tally = co_await ports_.store.tally();
    const Timestamp now = ports_.clock.now();
    if (tally) last_tally_ = *tally;
    for_each([&](LiveWatcher& watcher) { watcher.on_tick(now, last_tally_); });
    if (!is_stopped_ && !watchers_.empty()) arm();
}

Task<void> LiveFeed::stop() {
    is_stopped_ = true;
    alarm_->cancel();
    co_await tasks_.join();
}

}  // namespace posthaste
