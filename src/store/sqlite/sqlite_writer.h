#pragma once

// The one thread that writes. It takes everything that is queued and commits it as one transaction, which is one fsync;
// what arrives meanwhile is the next one. So a lone batch never waits for company, and a busy store writes large groups.
// Between two groups it runs at most one job: an endpoint change, a piece of an index, the end of a checkpoint.
//
// Events go to the newest log file. An update goes to the file of its event, which may be an older one; then the group is
// one transaction per file, and answers wait for all of them.

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
#include <vector>

#include "base/counter.h"
#include "domain/id_generator.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/sqlite/config_file.h"
#include "store/sqlite/log_file.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

struct ResealPlan {
    SealingKeyId primary;
    bool needs_config = false;
    std::vector<LogPartitionPtr> logs;
};

class SqliteWriter {
public:
    using Job = std::move_only_function<void(SqliteWriter&)>;
    // What the writer asks of the maintenance thread. Called on the writer thread; must not block.
    struct Requests {
        std::function<void(LogPartitionPtr)> checkpoint;   // its write-ahead log is long
        std::function<void(LogPartitionPtr)> build_index;  // it takes no more events
    };

    SqliteWriter(const SqliteOptions& options, Clock& clock, Entropy& entropy,
                 std::vector<ReactorPost> reactors, LogPartitions& partitions, Sealer& sealer);
    ~SqliteWriter() { stop(); }

    // ---- any thread ----
    // Opens every file. Before start().
    [[nodiscard]] Result<void> open();
    void start(Requests requests);
    void commit(std::size_t reactor, CommitBatch batch, CommitDone done);
    // False once stopped: the job was not taken and is still the caller's.
    [[nodiscard]] bool post(Job& job);
    // Commits what is queued, runs the jobs, empties the logs. Idempotent.
    void stop();
    [[nodiscard]] Tally tally() const;
    void fill(StoreStats& stats) const;

    // ---- jobs, on the writer thread ----
    [[nodiscard]] Result<Recovery> recover();
    [[nodiscard]] Result<std::vector<Endpoint>> load_endpoints() {
        return config_->load_endpoints();
    }
    [[nodiscard]] Result<Endpoint> put_endpoint(Endpoint endpoint);
    [[nodiscard]] Result<ConfigChange> change_config(ConfigChange change);
    [[nodiscard]] Result<void> expire_records(Timestamp now) {
        return config_->expire_records(now);
    }
    // Adds to a closed file's sorted tables and moves the file to a stage.
    [[nodiscard]] Result<void> write_index(const LogPartition& partition, LogStage stage,
                                           const IndexSlice& slice);
    // Names and expunging (sqlite_writer_names.cc).
    [[nodiscard]] Result<EventId> find_event(ApplicationId application, std::string_view uid);
    [[nodiscard]] Result<void> expunge_payload(EventId event);
    [[nodiscard]] Result<void> expunge_response(EventId event, EndpointId endpoint,
                                                std::uint32_t number);
    // Of events in one file.
    [[nodiscard]] Result<void> expunge_payloads(const LogPartition& partition,
                                                std::span<const std::uint64_t> events);
    void finish_checkpoint(const LogPartition& partition);
    // Keys (sqlite_writer_keys.cc).
    // From now on the ring's first key seals. Refused when something is sealed with a key that is not in the ring.
    [[nodiscard]] Result<void> replace_keys(std::shared_ptr<const KeyRing> keys);
    // What is not sealed with the first key yet, or may have left something readable in posthaste.db.
    [[nodiscard]] Result<ResealPlan> plan_resealing();
    // What the first key has not sealed yet; the rest is left alone. Fails when the first key is not `primary` any more.
    [[nodiscard]] Result<void> reseal_config(SealingKeyId primary, SealedTable table,
                                             std::span<const std::int64_t> rows);
    [[nodiscard]] Result<void> reseal_log(SealingKeyId primary, const LogPartition& partition);
    [[nodiscard]] Result<void> forget_other_keys(SealingKeyId primary);
    // Retention (sqlite_writer_retention.cc).
    // No more events for the newest file if its newest event is from before `limit`.
    void rotate_if_older(Timestamp limit);
    [[nodiscard]] bool takes_events(const LogPartition& partition) const;
    // Has the file an event with a request_key?
    [[nodiscard]] Result<bool> holds_requests(const LogPartition& partition);
    // Grows with every transaction of the file.
    [[nodiscard]] Result<std::int64_t> commits_of(const LogPartition& partition);
    // Forgets the file, its counters kept in the totals, and unlinks it. False if something pends in it.
    [[nodiscard]] Result<bool> drop(const LogPartitionPtr& partition);
    // Puts the rewritten copy at `copy_path` in the place of a file. False if the file saw a commit since the copy was
    // taken, which then has to be taken again.
    [[nodiscard]] Result<bool> replace(const LogPartitionPtr& partition,
                                       const std::string& copy_path,
                                       std::int64_t commits_when_copied);

private:
    struct Queued {
        std::size_t reactor;
        CommitBatch batch;
        CommitDone done;
        Result<void> result;
    };
    struct Entry {
        Entry(LogPartitionPtr partition, const SqliteOptions& options, Sealer& sealer)
            : file(std::move(partition), options, sealer) {}
        LogFile file;
        Tally published;               // part of the sum that tally() shows
        std::uint64_t last_used = 0;   // group number
        std::optional<Error> failure;  // in the current group
        bool is_checkpointing = false;
    };

    // Opening (sqlite_writer_open.cc).
    [[nodiscard]] Result<void> open_logs();
    [[nodiscard]] Result<void> open_log(const std::string& name, std::uint64_t first_hi);
    [[nodiscard]] Result<void> finish_drops();
    [[nodiscard]] Result<void> create_log(Timestamp now);

    void run();
    void commit_group(std::vector<Queued>& group);
    void try_again(Timestamp now);
    void append_events(Queued& queued, Timestamp now);
    void fail_events(Entry& entry, Error error);
    // Names and expunging.
    [[nodiscard]] Result<void> check_primary(SealingKeyId primary) const;
    [[nodiscard]] Result<std::optional<Refusal>> find_taken(const Event& event, Timestamp now);
    [[nodiscard]] Result<std::optional<EventId>> find_name(const EventName& name, Timestamp now);
    [[nodiscard]] Result<Entry*> entry_of(EventId event);
    template <class Change>
    [[nodiscard]] Result<void> change_rows(Entry& entry, Change change);
    void apply_updates(Queued& queued, Timestamp now);
    [[nodiscard]] Result<Entry*> file_for_events(Timestamp now);
    [[nodiscard]] Entry* begun(Entry& entry, Timestamp now);
    void finish_transactions();
    void settle_results(std::vector<Queued>& group);
    [[nodiscard]] Result<void> result_of(const Queued& queued);
    void answer(std::vector<Queued> group);
    void count(std::size_t events, std::size_t updates);
    void tidy_up();
    void close_idle_files();
    void forget(Entry& entry);
    void rotate_if_due(Timestamp now);
    void rotate();
    void publish(Entry& entry);
    // The file an event belongs to, and a given file; null when retention took it or it is set aside.
    [[nodiscard]] Entry* find(std::uint64_t hi);
    [[nodiscard]] Entry* find(const LogPartition& partition);

    // Constant after construction.
    const SqliteOptions& options_;
    Clock& clock_;
    Entropy& entropy_;
    const std::vector<ReactorPost> reactors_;
    LogPartitions& partitions_;
    Sealer& sealer_;
    Requests requests_;

    // Writer thread.
    std::unique_ptr<ConfigFile> config_;
    IdGenerator ids_;
    std::map<std::uint64_t, std::unique_ptr<Entry>> files_;  // by first_hi
    Entry* newest_ = nullptr;              // takes events; null: the next event makes a file
    std::vector<Entry*> touched_;          // in the current group
    std::optional<Error> events_failure_;  // in the current group: no file to take them
    std::uint64_t group_number_ = 0;
    bool is_refusing_ = false;  // the last group met a failure

    // Shared.
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Queued> queue_;
    std::deque<Job> jobs_;
    bool is_idle_ = false;
    bool is_stopping_ = true;
    Tally tally_;
    std::string problem_;  // why commits fail; empty: they do not
    Counter commits_, events_, updates_, tail_;
    std::thread thread_;
};

// One transaction of a job: change(file) -> Result<void>.
template <class Change>
Result<void> SqliteWriter::change_rows(Entry& entry, Change change) {
    LogFile& file = entry.file;
    Result<void> done;
    if (file.is_ambiguous()) done = file.heal();
    if (done) done = file.begin(clock_.now());
    if (!done) return done;
    done = change(file);
    if (done) return file.commit();
    file.rollback();
    return done;
}

// A log file and what SQLite keeps beside it.
void remove_log(const std::string& path);
// Makes a directory's entries durable.
[[nodiscard]] Result<void> sync_directory(const std::string& path);

}  // namespace posthaste
