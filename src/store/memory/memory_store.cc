#include "store/memory/memory_store.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/assert.h"
#include "ports/suspend.h"

namespace posthaste {

namespace {

Error closed_error() { return Error{ErrorCode::stopping, "The store is closed."}; }
Error unavailable_error() {
    return Error{ErrorCode::unavailable, "The store cannot serve now; try again later."};
}
Error unknown_error() {
    return Error{ErrorCode::commit_unknown,
                 "The store failed while committing; the commit may or may not have happened."};
}

}  // namespace

void PromptPolicy::schedule(StoreStep, std::move_only_function<void()> run) {
    asio::post(executor_, std::move(run));
}

MemoryStore::MemoryStore(Executor executor, Clock& clock, Entropy& entropy,
                         std::vector<ReactorPost> posts)
    : MemoryStore(executor, clock, entropy, std::move(posts), std::make_shared<MemoryDisk>(),
                  std::make_unique<PromptPolicy>(executor)) {}

MemoryStore::MemoryStore(Executor executor, Clock& clock, Entropy& entropy,
                         std::vector<ReactorPost> posts, std::shared_ptr<MemoryDisk> disk,
                         std::unique_ptr<StorePolicy> policy)
    : executor_(std::move(executor)),
      clock_(clock),
      entropy_(entropy),
      posts_(std::move(posts)),
      disk_(std::move(disk)),
      policy_(std::move(policy)),
      ids_(disk_->last_hi()),
      tail_(disk_->watermark()) {}

MemoryStore::~MemoryStore() = default;

// --- group commit -----------------------------------------------------------------------------------------------------

void MemoryStore::commit(std::size_t reactor, CommitBatch batch, CommitDone done) {
    ASSERT(reactor < posts_.size());
    Job job{reactor, std::move(batch), std::move(done), {}};
    asio::post(executor_,
               [this, weak = std::weak_ptr<int>(alive_), job = std::move(job)]() mutable {
                   if (weak.lock()) enqueue(std::move(job));
               });
}

void MemoryStore::enqueue(Job job) {
    if (closed_) {
        job.answer = std::unexpected(closed_error());
        answer_job(std::move(job));
        return;
    }
    queue_.push_back(std::move(job));
    if (phase_ != Phase::idle) return;
    phase_ = Phase::collecting;
    schedule(StoreStep::collect, &MemoryStore::collect);
}

void MemoryStore::schedule(StoreStep step, void (MemoryStore::*run)()) {
    policy_->schedule(step, [this, run, weak = std::weak_ptr<int>(alive_)] {
        if (weak.lock()) (this->*run)();
    });
}

void MemoryStore::collect() {
    if (phase_ != Phase::collecting) return;  // close() was faster
    group_.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
    queue_.clear();
    // Ids are issued by the one writer, group after group, and no group starts before the previous one is durable or has
    // failed. So id order is commit order, and nothing can be committed below the watermark.
    issue_ids();
    phase_ = Phase::writing;
    schedule(StoreStep::write, &MemoryStore::write);
}

void MemoryStore::issue_ids() {
    const Timestamp now = clock_.now();
    for (Job& job : group_) {
        job.batch.refusals.clear();
        for (auto& event : job.batch.events) {
            event->id = EventId{ids_.next(now, entropy_.next())};
            event->accepted_at = now;
        }
    }
}

void MemoryStore::write() {
    if (phase_ != Phase::writing) return;
    const CommitFate fate = policy_->next_commit();
    if (fate == CommitFate::applied) resolve_doubt();
    if (fate == CommitFate::applied || fate == CommitFate::unknown_applied) apply_group();
    if (fate == CommitFate::unknown_applied) {
        for (Job& job : group_) {
            for (const auto& event : job.batch.events) {
                if (!event->id.is_nil()) in_doubt_.push_back(event->id);
            }
            job.batch.refusals.clear();
        }
    }
    if (fate == CommitFate::refused) refuse_group(unavailable_error());
    if (fate == CommitFate::unknown_applied || fate == CommitFate::unknown_lost)
        refuse_group(unknown_error());
    phase_ = Phase::answering;
    schedule(StoreStep::answer, &MemoryStore::answer);
}

void MemoryStore::resolve_doubt() {
    for (const EventId event : std::exchange(in_doubt_, {})) {
        for (std::uint64_t n = disk_->park_event(event, clock_.now()); n > 0; --n)
            tail_.release(event);
    }
}

void MemoryStore::apply_group() {
    const Timestamp now = clock_.now();
    std::uint64_t events = 0;
    std::uint64_t updates = 0;
    for (Job& job : group_) {
        add_events(job.batch);
        for (const DeliveryUpdate& update : job.batch.updates) {
            if (disk_->apply(update, now) == MemoryDisk::Effect::left_tail)
                tail_.release(update.event);
        }
        events += job.batch.events.size() - job.batch.refusals.size();
        updates += job.batch.updates.size();
    }
    disk_->set_watermark(tail_.watermark());
    const std::lock_guard lock(stats_mutex_);
    stats_.commits += 1;
    stats_.events += events;
    stats_.updates += updates;
}

void MemoryStore::add_events(CommitBatch& batch) {
    for (std::size_t index = 0; index < batch.events.size(); ++index) {
        Event& event = *batch.events[index];
        if (std::optional<Refusal> refusal = disk_->refuses(event)) {
            refusal->index = index;
            batch.refusals.push_back(*refusal);
            event.id = EventId{};
            event.accepted_at = Timestamp{};
            continue;
        }
        disk_->add_event(event);
        tail_.add(event.id, static_cast<std::uint32_t>(event.targets.size()));
    }
}

void MemoryStore::refuse_group(const Error& error) {
    for (Job& job : group_) {
        job.answer = std::unexpected(error);
        // After an ambiguous failure the ids stay: they are what to look for when the store is well again.
        if (error.code == ErrorCode::commit_unknown) continue;
        for (auto& event : job.batch.events) {
            event->id = EventId{};
            event->accepted_at = Timestamp{};
        }
    }
}

void MemoryStore::answer() {
    if (phase_ != Phase::answering) return;
    refresh_stats();
    for (Job& job : group_) answer_job(std::move(job));
    group_.clear();
    phase_ = Phase::idle;
    if (queue_.empty()) return;
    phase_ = Phase::collecting;
    schedule(StoreStep::collect, &MemoryStore::collect);
}

void MemoryStore::answer_job(Job job) {
    const ReactorPost& post = posts_[job.reactor];
    post([job = std::move(job)]() mutable {
        job.done(std::move(job.answer), std::move(job.batch));
    });
}

void MemoryStore::close() {
    closed_ = true;
    // The executor no longer runs: the steps that wait there are carried out here, and find nothing to do should they run.
    while (phase_ != Phase::idle) {
        if (phase_ == Phase::collecting) collect();
        if (phase_ == Phase::writing) write();
        if (phase_ == Phase::answering) answer();
    }
}

void MemoryStore::refresh_stats() {
    const std::lock_guard lock(stats_mutex_);
    stats_.tail = tail_.size();
}

StoreStats MemoryStore::stats() const {
    const std::lock_guard lock(stats_mutex_);
    return stats_;
}

// --- reads and configuration ------------------------------------------------------------------------------------------

template <class T, class F>
Task<Result<T>> MemoryStore::run_read(F read) {
    const Executor caller = co_await asio::this_coro::executor;
    auto start = [this, &read, &caller](std::move_only_function<void(Result<T>)> resume) {
        auto guard = asio::make_work_guard(caller);
        policy_->schedule(
            StoreStep::read, [weak = std::weak_ptr<int>(alive_), read = std::move(read),
                              guard = std::move(guard), resume = std::move(resume)]() mutable {
                if (!weak.lock()) return;
                Result<T> result = read();
                auto answer = [resume = std::move(resume), result = std::move(result)]() mutable {
                    resume(std::move(result));
                };
                asio::post(guard.get_executor(), std::move(answer));
            });
    };
    co_return co_await suspend<Result<T>>(std::move(start));
}

Task<Result<Recovery>> MemoryStore::recover() {
    return run_read<Recovery>([this]() -> Result<Recovery> {
        if (closed_) return std::unexpected(closed_error());
        Recovery recovery;
        recovery.deliveries_parked = disk_->park_tail(clock_.now());
        recovery.lanes = disk_->lanes();
        tail_ = TailTracker(disk_->watermark());
        return recovery;
    });
}

Task<Result<std::vector<Endpoint>>> MemoryStore::load_endpoints() {
    return run_read<std::vector<Endpoint>>(
        [this]() -> Result<std::vector<Endpoint>> { return disk_->config().endpoints(); });
}

Task<Result<Endpoint>> MemoryStore::put_endpoint(Endpoint endpoint) {
    return run_read<Endpoint>([this, endpoint = std::move(endpoint)]() mutable -> Result<Endpoint> {
        ConfigChange change;
        change.endpoints.push_back(std::move(endpoint));
        ASSIGN_OR_RETURN(change, store_change(std::move(change)));
        return std::move(change.endpoints.front());
    });
}

Task<Result<ConfigChange>> MemoryStore::change_config(ConfigChange change) {
    return run_read<ConfigChange>(
        [this, change = std::move(change)]() mutable { return store_change(std::move(change)); });
}

template <class T, class F>
Result<T> MemoryStore::apply_alone(F apply) {
    if (closed_) return std::unexpected(closed_error());
    const CommitFate fate = policy_->next_commit();
    if (fate == CommitFate::refused) return std::unexpected(unavailable_error());
    if (fate == CommitFate::unknown_lost) return std::unexpected(unknown_error());
    Result<T> applied = apply();
    if (fate == CommitFate::unknown_applied) return std::unexpected(unknown_error());
    return applied;
}

Result<ConfigChange> MemoryStore::store_change(ConfigChange change) {
    return apply_alone<ConfigChange>([&] {
        const auto issue = [&](Id& id, std::uint64_t revision) {
            if (revision != 0 || !id.is_nil()) return;
            id = ids_.next(clock_.now(), entropy_.next());
            disk_->raise_last_hi(id.hi);
        };
        for (Endpoint& endpoint : change.endpoints) issue(endpoint.id, endpoint.revision);
        for (Record& record : change.records) issue(record.id, record.revision);
        return disk_->config().change(std::move(change));
    });
}

Task<Result<void>> MemoryStore::expunge_payload(EventId id) {
    return run_read<void>(
        [this, id] { return apply_alone<void>([&] { return disk_->expunge_payload(id); }); });
}

Task<Result<void>> MemoryStore::expunge_response(EventId event, EndpointId endpoint,
                                                 std::uint32_t number) {
    return run_read<void>([this, event, endpoint, number] {
        return apply_alone<void>([&] { return disk_->expunge_response(event, endpoint, number); });
    });
}

Result<void> MemoryStore::may_read() {
    if (!policy_->next_read_works()) return std::unexpected(unavailable_error());
    return {};
}

Task<Result<std::vector<Record>>> MemoryStore::read_records(RecordQuery query) {
    using Records = std::vector<Record>;
    return run_read<Records>([this, query = std::move(query)]() -> Result<Records> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->config().read(query);
    });
}

Task<Result<std::uint64_t>> MemoryStore::count_records(RecordQuery query) {
    return run_read<std::uint64_t>([this, query = std::move(query)]() -> Result<std::uint64_t> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->config().count(query);
    });
}

Task<Result<std::vector<AuditEntry>>> MemoryStore::read_audit(AuditQuery query) {
    using Entries = std::vector<AuditEntry>;
    return run_read<Entries>([this, query = std::move(query)]() -> Result<Entries> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->config().read_audit(query);
    });
}

Task<Result<EventId>> MemoryStore::find_event(ApplicationId application, std::string uid) {
    return run_read<EventId>([this, application, uid = std::move(uid)]() -> Result<EventId> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->find_event(application, uid);
    });
}

Task<Result<EventPage>> MemoryStore::list_events(EventQuery query) {
    return run_read<EventPage>([this, query = std::move(query)]() -> Result<EventPage> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->list_events(query);
    });
}

Task<Result<DeliveryPage>> MemoryStore::list_deliveries(DeliveryQuery query) {
    return run_read<DeliveryPage>([this, query = std::move(query)]() -> Result<DeliveryPage> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->list_deliveries(query);
    });
}

Task<Result<AttemptPage>> MemoryStore::list_attempts(AttemptQuery query) {
    return run_read<AttemptPage>([this, query = std::move(query)]() -> Result<AttemptPage> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->list_attempts(query);
    });
}

Task<Result<AttemptCounts>> MemoryStore::count_attempts(EndpointId endpoint, Timestamp since,
                                                        Timestamp until) {
    return run_read<AttemptCounts>([this, endpoint, since, until]() -> Result<AttemptCounts> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->count_attempts(endpoint, since, until);
    });
}

Task<Result<ParkedPage>> MemoryStore::load_parked(ParkedQuery query) {
    return run_read<ParkedPage>([this, query = std::move(query)]() -> Result<ParkedPage> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->load_parked(query);
    });
}

Task<Result<EventHistory>> MemoryStore::read_event(EventId id) {
    return run_read<EventHistory>([this, id]() -> Result<EventHistory> {
        if (auto may = may_read(); !may) return std::unexpected(may.error());
        return disk_->read_event(id);
    });
}

Task<Result<std::vector<AttemptOfEndpoint>>> MemoryStore::attempts_of_endpoint(EndpointId id,
                                                                               std::size_t limit) {
    using Attempts = std::vector<AttemptOfEndpoint>;
    return run_read<Attempts>(
        [this, id, limit]() -> Result<Attempts> { return disk_->attempts_of_endpoint(id, limit); });
}

Task<Result<Tally>> MemoryStore::tally() {
    return run_read<Tally>([this]() -> Result<Tally> { return disk_->tally(); });
}

Task<Result<ScanSlice>> MemoryStore::scan(std::uint64_t after_hi, std::size_t limit) {
    return run_read<ScanSlice>(
        [this, after_hi, limit]() -> Result<ScanSlice> { return disk_->scan(after_hi, limit); });
}

Task<Result<std::uint64_t>> MemoryStore::expire(RetentionPolicy policy, Timestamp now) {
    return run_read<std::uint64_t>(
        [this, policy, now]() -> Result<std::uint64_t> { return disk_->expire(policy, now); });
}

}  // namespace posthaste
