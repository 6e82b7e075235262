#pragma once

// What happens, told while it happens to those who watch. Bounded and lossy: who does not keep up misses some of it and is told
// how much; nothing waits for a watcher. While nobody watches anywhere in the process, publishing costs one branch.
//
// One feed per reactor, used on its executor only. What one reactor publishes reaches the watchers of all: it gathers for the
// rest of the loop's turn and is posted as one batch to each reactor that has watchers (LiveAudience knows them).

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/task_group.h"
#include "ports/clock.h"
#include "ports/mailbox.h"
#include "ports/store.h"

namespace posthaste {

// An event was accepted, or an attempt of a delivery was decided on; the decision becomes durable a moment later.
struct LiveItem {
    enum class Kind : std::uint8_t { message, attempt };

    Kind kind = Kind::message;
    OrganizationId organization;
    ApplicationId application;
    EventId event;
    std::string event_type;
    Timestamp at;  // accepted, or when the attempt began
    // Of attempts:
    EndpointId endpoint;
    std::uint32_t number = 0;
    AttemptOutcome outcome = AttemptOutcome::delivered;
    int status_code = 0;
    Duration duration{};
    DeliveryState state = DeliveryState::pending;
};

// Told on the reactor of its feed.
class LiveWatcher {
public:
    virtual ~LiveWatcher() = default;
    // `lost`: items that are not among them, because there were too many at once.
    virtual void on_items(std::span<const LiveItem> items, std::uint64_t lost) = 0;
    // About once a second, with how things stand in the whole server. It may remove itself.
    virtual void on_tick(Timestamp now, const Tally& tally) = 0;
};

// Who watches, over all reactors. Thread-safe.
class LiveAudience {
public:
    static constexpr std::size_t kWatchersMax = 100;

    explicit LiveAudience(std::size_t reactors) : by_reactor_(reactors) {}

    [[nodiscard]] bool is_there() const { return count_.load(std::memory_order_relaxed) != 0; }
    [[nodiscard]] bool is_at(std::size_t reactor) const {
        return by_reactor_[reactor].load(std::memory_order_relaxed) != 0;
    }
    [[nodiscard]] std::size_t reactors() const { return by_reactor_.size(); }
    // False: there are as many as there may be.
    [[nodiscard]] bool join(std::size_t reactor);
    void leave(std::size_t reactor);

private:
    std::atomic<std::size_t> count_{0};
    std::vector<std::atomic<std::size_t>> by_reactor_;
};

class LiveFeed {
public:
    struct Ports {
        Store& store;
        Clock& clock;
        AlarmFactory& alarms;
        Mailboxes& mailboxes;
    };
    // Items of one turn; further ones are lost.
    static constexpr std::size_t kBatchMax = 1024;

    LiveFeed(Executor executor, std::size_t reactor, LiveAudience& audience, Ports ports);
    LiveFeed(const LiveFeed&) = delete;
    LiveFeed& operator=(const LiveFeed&) = delete;

    [[nodiscard]] bool is_watched() const { return audience_.is_there(); }
    // When is_watched().
    void publish(const Event& event);
    void publish(const Event& event, const Endpoint& endpoint, const AttemptRecord& attempt,
                 DeliveryState state);

    // False: there are too many watchers. A watcher must be removed before it ends.
    [[nodiscard]] bool add(LiveWatcher* watcher);
    void remove(LiveWatcher* watcher);
    // From the feed of any reactor, on this one.
    void receive(std::span<const LiveItem> items, std::uint64_t lost);

    // No tick begins any more; returns when none is under way.
    Task<void> stop();

private:
    void append(LiveItem item);
    void flush();
    void arm();
    Task<void> tick();
    // Over watchers that may remove themselves, or others, meanwhile.
    template <class Tell>
    void for_each(Tell tell);

    const Executor executor_;
    const std::size_t reactor_;
    LiveAudience& audience_;
    const Ports ports_;
    std::vector<LiveWatcher*> watchers_;
    std::vector<LiveItem> batch_;
    std::uint64_t lost_ = 0;
    bool flush_scheduled_ = false;
    bool is_stopped_ = false;
    Tally last_tally_;
    std::unique_ptr<Alarm> alarm_;
    TaskGroup tasks_;
};

}  // namespace posthaste
