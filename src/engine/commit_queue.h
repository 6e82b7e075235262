#pragma once

// Group commit, seen from one reactor. Everything added in one turn of the loop goes to the store as one batch; the store
// joins whatever batches wait when its previous commit ends. There is no timer: a lone event never waits for company.
//
// Updates are never dropped: when a commit fails they are kept and repeated with growing pauses until the store serves again
// (attempts already happened; forgetting them would repeat them), and with them the events that tell of them. Other events
// are not repeated: their producers are told.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/signal.h"

namespace posthaste {

class CommitQueue {
public:
    // Called in the order of commits. `updates` and `events` are durable.
    using OnDurable = std::function<void(std::vector<std::shared_ptr<Event>>& events,
                                         std::vector<DeliveryUpdate>& updates)>;

    CommitQueue(Executor executor, std::size_t reactor, Engine::Ports ports,
                const EngineLimits& limits, EngineMetrics& metrics, OnDurable on_durable);

    // Engine::accept, without a coroutine frame of its own.
    Task<Result<Accepted>> add(std::shared_ptr<Event> event);
    void add(DeliveryUpdate update);
    // In one commit with the event that tells of it, which needs a uid; null: there is none. Both are repeated after a failure.
    void add(DeliveryUpdate update, std::shared_ptr<Event> news);
    // Calls `done` when this and everything added before it is durable, or with the failure. A manual attempt that was asked
    // for is not repeated after a failure: who asked is told.
    using Done = std::move_only_function<void(Result<void>)>;
    void add(DeliveryUpdate update, Done done);
    // The same without an update of its own.
    void when_durable(Done done);
    // From now on events are refused with `stopping`; updates are still taken.
    void refuse_events() { refusing_events_ = true; }
    [[nodiscard]] bool is_refusing() const { return refusing_events_; }

    // Commits fail at present: no new attempt should start, its outcome could not be kept.
    [[nodiscard]] bool is_failing() const { return failing_; }
    [[nodiscard]] bool is_idle() const {
        return batch_.empty() && audience_.watchers.empty() && !failing_ && under_way_ == 0;
    }
    // Returns when everything added is durable, or commits fail.
    Task<void> drain();
    // Called when commits work again. `doubtful`: endpoints of events whose commit was ambiguous; the
    // store may hold parked rows for them that nobody knows of.
    using OnRecovered = std::function<void(const std::vector<EndpointId>& doubtful)>;
    void on_recovered(OnRecovered callback) { on_recovered_ = std::move(callback); }

private:
    struct Waiter {
        std::move_only_function<void(Result<Accepted>)> resume;  // null: nobody waits
        Timestamp since;
    };

    // Whom to tell about one batch.
    struct Audience {
        std::vector<Waiter> waiters;  // of its events, by position
        std::vector<Done> watchers;
        std::size_t bytes = 0;  // of its events' payloads
    };

    void schedule_flush();
    void flush();
    void finish(Result<void> result, CommitBatch batch, Audience audience);
    void tell_durable(CommitBatch& batch);
    void answer(std::vector<Waiter> waiters, const CommitBatch& batch);
    void fail_batch(const Error& error, CommitBatch batch, const Audience& audience);
    void repeat_failed();
    void recover(const std::vector<EndpointId>& doubtful);

    Executor executor_;
    std::size_t reactor_;
    Engine::Ports ports_;
    std::size_t unanswered_bytes_max_;
    EngineMetrics& metrics_;
    OnDurable on_durable_;
    OnRecovered on_recovered_;

    CommitBatch batch_;
    Audience audience_;  // of batch_
    std::size_t unanswered_bytes_ = 0;
    std::size_t under_way_ = 0;
    bool flush_scheduled_ = false;
    bool refusing_events_ = false;

    // What to repeat once the store serves again; the alarm is armed or a repetition is under way
    // exactly while `failing_`.
    bool failing_ = false;
    std::vector<DeliveryUpdate> failed_updates_;
    std::vector<std::shared_ptr<Event>> failed_news_;
    std::vector<EndpointId> doubtful_;
    Duration repeat_pause_{};
    std::unique_ptr<Alarm> repeat_alarm_;
    Signal settled_;
};

}  // namespace posthaste
