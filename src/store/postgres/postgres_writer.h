#pragma once

// The one thread that writes. It takes everything that is queued and commits it as one transaction in one round trip; what
// arrives meanwhile is the next one. Between two groups it runs at most one job: a change of configuration, a piece of
// retention. What it reads before a transaction cannot change under it, because nobody else writes: the database is leased.
//
//   open ──▶ lease taken ──▶ writes ──failure──▶ what is stored is read again, then writes on
//                              │  ▲──────────────────┘ (connecting again if need be, with pauses)
//                              └──▶ lost to another server: writes nothing any more
//
// The lease is the row of `writer`: whoever takes it moves its epoch on, and each transaction first sees that the epoch is its
// own. So a server that was believed dead cannot write, however late it wakes.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/counter.h"
#include "domain/id_generator.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "store/common/sealed_store.h"
#include "store/common/sealer.h"
#include "store/postgres/config_rows.h"
#include "store/postgres/log_group.h"
#include "store/postgres/log_rows.h"
#include "store/postgres/log_tail.h"
#include "store/postgres/partition_ciphers.h"
#include "store/postgres/pg_connection.h"
#include "store/postgres/postgres_options.h"

namespace posthaste {

class PgWriter {
public:
    using Job = std::move_only_function<void(PgWriter&)>;

    PgWriter(const PostgresOptions& options, Clock& clock, Entropy& entropy,
             std::vector<ReactorPost> reactors, Sealer& sealer);
    ~PgWriter() { stop(); }

    // ---- any thread ----
    // Connects, brings the schema forward, takes the lease. Before start(). Waits for the lease of a server that died.
    [[nodiscard]] Result<void> open();
    void start();
    void commit(std::size_t reactor, CommitBatch batch, CommitDone done);
    // False once stopped: the job was not taken and is still the caller's.
    [[nodiscard]] bool post(Job& job);
    // Commits what is queued, runs the jobs, gives the lease back. Idempotent.
    void stop();
    [[nodiscard]] Tally tally() const;
    void fill(StoreStats& stats) const;

    // ---- jobs, on the writer thread ----
    [[nodiscard]] Result<Recovery> recover();
    [[nodiscard]] Result<ConfigChange> change_config(ConfigChange change);
    [[nodiscard]] Result<void> expunge_payloads(std::span<const std::uint64_t> events);
    [[nodiscard]] Result<void> expunge_payload(EventId event);
    [[nodiscard]] Result<void> expunge_response(EventId event, EndpointId endpoint,
                                                std::uint32_t number);
    // Keys (postgres_writer_keys.cc).
    [[nodiscard]] Result<void> replace_keys(std::shared_ptr<const KeyRing> keys);
    // Seals a few values with the first key; false: there are none left.
    [[nodiscard]] Result<bool> reseal_some(ResealReport& report);
    // Retention (postgres_writer_retention.cc).
    [[nodiscard]] Result<void> expire_records(Timestamp now);
    // False: something in it is needed still.
    [[nodiscard]] Result<bool> drop_partition(const PgPartition& partition);
    // Those that were interrupted.
    [[nodiscard]] Result<void> finish_drops();
    // Deletes these events with all that belongs to them. REQUIRES: nothing of them pends.
    [[nodiscard]] Result<void> delete_events(std::span<const std::uint64_t> events);

private:
    struct Queued {
        std::size_t reactor;
        CommitBatch batch;
        CommitDone done;
        Result<void> result;
    };
    using SteadyTime = std::chrono::steady_clock::time_point;
    struct Group;  // what is made of the batches of one commit

    // The lease and the connection (postgres_writer_lease.cc).
    [[nodiscard]] Result<void> ready();
    [[nodiscard]] Result<void> reconnect();
    [[nodiscard]] Result<void> take_lease();
    [[nodiscard]] Result<bool> try_lease();
    [[nodiscard]] Result<void> retake_lease();
    [[nodiscard]] Result<void> load_state();
    [[nodiscard]] Result<void> check_data_keys(const KeyRing& keys);
    [[nodiscard]] Result<std::uint64_t> reseal_data_keys();
    [[nodiscard]] Result<void> finish_drop(std::uint64_t first_hi);
    void give_lease_back();
    void renew_lease();
    [[nodiscard]] Error failed(Error error);
    [[nodiscard]] PgStatement state_statement(const Tally& tally) const;
    // One transaction of the epoch: the state and these statements.
    [[nodiscard]] Result<void> transact(std::vector<PgStatement> statements, const Tally& tally);
    // The same for statements that depend on each other: change() -> Result<void>.
    template <class Change>
    [[nodiscard]] Result<void> transact_by(Change change);
    [[nodiscard]] Result<std::uint64_t> rebuild_tail(std::uint64_t park_above);
    [[nodiscard]] Result<void> take_tail(const PgResult& events, std::uint64_t park_above);

    // Groups (postgres_writer_commit.cc).
    void run();
    [[nodiscard]] std::vector<Queued> take_group();
    void commit_group(std::vector<Queued>& group);
    [[nodiscard]] Result<void> write_group(std::vector<Queued>& queued);
    [[nodiscard]] Result<void> admit(std::vector<Queued>& queued, Group& group);
    [[nodiscard]] Result<void> find_names(std::vector<Queued>& queued, Group& group);
    [[nodiscard]] Result<void> update(std::vector<Queued>& queued, Group& group);
    [[nodiscard]] Result<void> load_deliveries(Group& group);
    [[nodiscard]] Result<void> apply(const DeliveryUpdate& update, Group& group);
    [[nodiscard]] Result<PgPayloadSealer> sealer_of(std::uint64_t event);
    [[nodiscard]] Result<void> make_partition(std::uint64_t hi);
    [[nodiscard]] bool has_partition(std::uint64_t hi) const;
    void answer(std::vector<Queued> group);
    void publish();
    [[nodiscard]] Result<void> check_event(EventId event);

    // Constant after construction.
    const PostgresOptions& options_;
    Clock& clock_;
    Entropy& entropy_;
    const std::vector<ReactorPost> reactors_;
    Sealer& sealer_;

    // Writer thread.
    std::optional<PgConnection> connection_;
    Id owner_;  // names this opening in the lease
    std::int64_t epoch_ = 0;
    std::uint64_t commits_made_ = 0;
    Tally stored_;                  // as the last commit left it
    std::uint64_t durable_hi_ = 0;  // events above it that are found stored were in doubt
    bool needs_rebuild_ = false;    // a transaction failed: memory and tables may differ
    std::optional<Error> fenced_;   // another server has the database
    Error unreachable_;             // why connecting failed last
    SteadyTime retry_at_;           // no attempt to connect before
    std::chrono::milliseconds pause_{0};
    SteadyTime renewed_at_;
    IdGenerator ids_;
    PgTail tail_;
    std::map<std::uint64_t, std::uint64_t> partitions_;  // first_hi -> end_hi
    PartitionCiphers ciphers_;

    // Shared.
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Queued> queue_;
    std::deque<Job> jobs_;
    bool is_stopping_ = true;
    Tally tally_;
    std::string problem_;  // why commits fail; empty: they do not
    Counter commits_, events_, updates_, tail_size_, partition_count_;
    std::thread thread_;
};

template <class Change>
Result<void> PgWriter::transact_by(Change change) {
    if (auto is_ready = ready(); !is_ready) return is_ready;
    auto done = connection_->execute("BEGIN");
    if (done) {
        const PgStatement state = state_statement(stored_);
        done = connection_->execute(state.sql, state.params);
        if (done) done = change();
        done = connection_->end(std::move(done));
    }
    if (done) {
        ++commits_made_;
        return {};
    }
    if (done.error().code == ErrorCode::commit_unknown) needs_rebuild_ = true;
    return std::unexpected(failed(std::move(done).error()));
}

}  // namespace posthaste
