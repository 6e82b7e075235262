#pragma once

// A Store in memory with the complete semantics of ports/store.h: for tests, the simulator, and servers whose data may die
// with them. What is committed lives in a MemoryDisk, which may outlive the store: a new MemoryStore on the old disk is the
// same database after a crash. Commits are grouped, happen in later turns of the store's executor, and fail when the
// StorePolicy says so. commit() and the reads may be called from any thread; all state is touched on the executor, which
// must be single-threaded. Destroy the store after its executor has stopped running.

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "domain/id_generator.h"
#include "domain/tail_tracker.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "store/memory/memory_disk.h"
#include "store/memory/store_policy.h"

namespace posthaste {

class MemoryStore final : public Store {
public:
    // `posts` has one entry per reactor.
    MemoryStore(Executor executor, Clock& clock, Entropy& entropy, std::vector<ReactorPost> posts);
    MemoryStore(Executor executor, Clock& clock, Entropy& entropy, std::vector<ReactorPost> posts,
                std::shared_ptr<MemoryDisk> disk, std::unique_ptr<StorePolicy> policy);
    ~MemoryStore() override;

    Task<Result<Recovery>> recover() override;
    Task<Result<std::vector<Endpoint>>> load_endpoints() override;
    void commit(std::size_t reactor, CommitBatch batch, CommitDone done) override;
    Task<Result<Endpoint>> put_endpoint(Endpoint endpoint) override;
    Task<Result<ConfigChange>> change_config(ConfigChange change) override;
    Task<Result<std::vector<Record>>> read_records(RecordQuery query) override;
    Task<Result<std::uint64_t>> count_records(RecordQuery query) override;
    Task<Result<std::vector<AuditEntry>>> read_audit(AuditQuery query) override;
    Task<Result<ParkedPage>> load_parked(ParkedQuery query) override;
    Task<Result<EventHistory>> read_event(EventId id) override;
    Task<Result<std::vector<AttemptOfEndpoint>>> attempts_of_endpoint(EndpointId id,
                                                                      std::size_t limit) override;
    Task<Result<Tally>> tally() override;
    Task<Result<EventId>> find_event(ApplicationId application, std::string uid) override;
    Task<Result<EventPage>> list_events(EventQuery query) override;
    Task<Result<DeliveryPage>> list_deliveries(DeliveryQuery query) override;
    Task<Result<AttemptPage>> list_attempts(AttemptQuery query) override;
    Task<Result<AttemptCounts>> count_attempts(EndpointId endpoint, Timestamp since,
                                               Timestamp until) override;
    Task<Result<void>> expunge_payload(EventId id) override;
    Task<Result<void>> expunge_response(EventId event, EndpointId endpoint,
                                        std::uint32_t number) override;
    Task<Result<ScanSlice>> scan(std::uint64_t after_hi, std::size_t limit) override;
    Task<Result<std::uint64_t>> expire(RetentionPolicy policy, Timestamp now) override;
    [[nodiscard]] StoreStats stats() const override;
    void close() override;

private:
    struct Job {
        std::size_t reactor = 0;
        CommitBatch batch;
        CommitDone done;
        Result<void> answer;
    };
    enum class Phase : std::uint8_t { idle, collecting, writing, answering };

    void enqueue(Job job);
    void schedule(StoreStep step, void (MemoryStore::*run)());
    void collect();
    void write();
    void answer();
    void issue_ids();
    void apply_group();
    void resolve_doubt();
    void refuse_group(const Error& error);
    void answer_job(Job job);
    // Stores the events of a batch that are not refused, and notes those that are.
    void add_events(CommitBatch& batch);
    Result<ConfigChange> store_change(ConfigChange change);
    // Carries out a change that is no group commit, if the policy lets it; the answer may hide what happened.
    template <class T, class F>
    Result<T> apply_alone(F apply);
    // Whatever is wrong with a read before it looked.
    [[nodiscard]] Result<void> may_read();
    void refresh_stats();

    // Runs `read` on the store's executor in a later turn and resumes the caller on its own executor.
    template <class T, class F>
    Task<Result<T>> run_read(F read);

    Executor executor_;
    Clock& clock_;
    Entropy& entropy_;
    std::vector<ReactorPost> posts_;
    std::shared_ptr<MemoryDisk> disk_;
    std::unique_ptr<StorePolicy> policy_;

    std::deque<Job> queue_;
    std::vector<Job> group_;
    Phase phase_ = Phase::idle;
    bool closed_ = false;
    IdGenerator ids_;
    TailTracker tail_;
    std::vector<EventId> in_doubt_;  // durable, but their committers were told commit_unknown

    mutable std::mutex stats_mutex_;
    StoreStats stats_;
    // Functions waiting in the executor look here before they touch the store.
    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace posthaste
