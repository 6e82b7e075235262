#pragma once

// The writer thread's hold on one log file: its connection, its counters, and which of its events still have deliveries in
// the tail. Changes are made in transactions of many: begin, append and apply, commit. Counters and watermark are part of
// the transaction, so that what the file says is always true.
//
// After a failure the connection is dropped and everything is read again before the next use: memory never runs ahead of
// the file. Writer thread only, except for what LogPartition publishes.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "domain/model.h"
#include "domain/tail_tracker.h"
#include "ports/store.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

// Where a delivery stands, from the rows about it.
struct DeliveryRows {
    DeliveryState state = DeliveryState::pending;
    std::int64_t due = 0;  // when parked
    std::uint32_t attempts = 0;
};
// `statement` is log_sql::kDelivery.
[[nodiscard]] int read_delivery(SqliteStatement& statement, std::uint64_t event,
                                std::uint64_t endpoint, DeliveryRows& rows);

// Brings a log file to the current schema; refuses a newer one.
[[nodiscard]] Result<void> migrate_log(SqliteDatabase& database);

class LogFile {
public:
    LogFile(LogPartitionPtr partition, const SqliteOptions& options);
    ~LogFile();
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    // Opens (making the file if `create`), migrates and reads the counters.
    [[nodiscard]] Result<void> open(SqliteAccess access);
    // Parks what the file's tail holds of events above `acknowledged_hi`, due now; the rest becomes the tail in memory.
    // One transaction. Returns the number parked.
    [[nodiscard]] Result<std::uint64_t> rebuild_tail(std::uint64_t acknowledged_hi, Timestamp now);
    // The earliest parked row of each endpoint.
    [[nodiscard]] Result<void> collect_lanes(std::vector<ParkedLane>& lanes);

    // Makes the file ready for a transaction and starts it, unless one is running.
    [[nodiscard]] Result<void> begin(Timestamp now);
    // REQUIRES: begun, event.id above all others.
    [[nodiscard]] Result<void> append(const Event& event);
    [[nodiscard]] Result<void> apply(const DeliveryUpdate& update, Timestamp now);
    [[nodiscard]] Result<void> append_index(std::span<const EndpointAttempt> attempts);
    // On failure nothing is in the file, except for commit_unknown.
    [[nodiscard]] Result<void> commit();
    void rollback();
    // For the next commit; REQUIRES: begun.
    void set_stage(LogStage stage) { stage_ = stage; }

    // A commit left open whether it happened: heal() must come before the next begin(). It copies the write-ahead log into
    // the file and empties it: what the log's readers could see is written and synced once more, because a failed fsync
    // may have dropped it from the cache, and what they could not see is gone for good.
    [[nodiscard]] bool is_ambiguous() const { return is_ambiguous_; }
    [[nodiscard]] Result<void> heal();
    [[nodiscard]] bool needs_repair() const { return is_stale_; }

    // Copies the write-ahead log into the file without blocking anyone; the log restarts when all of it was copied.
    void checkpoint();
    // The same, waiting for readers, and empties the log.
    [[nodiscard]] Result<void> truncate_log();
    void close();

    [[nodiscard]] bool has_unsettled_tail() const { return tracker_.watermark() < newest_hi_; }
    [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
    [[nodiscard]] bool has_begun() const { return has_begun_; }
    [[nodiscard]] const Tally& tally() const { return tally_; }
    [[nodiscard]] std::size_t tail() const { return tracker_.size(); }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t log_pages() const { return log_pages_; }
    [[nodiscard]] std::int64_t commits() const { return commits_; }
    [[nodiscard]] const LogPartitionPtr& partition() const { return partition_; }

private:
    struct Connection;
    [[nodiscard]] Result<void> connect(SqliteAccess access);
    [[nodiscard]] Result<void> read_meta();
    [[nodiscard]] int rebuild_events(std::uint64_t acknowledged_hi, Timestamp now,
                                     std::uint64_t& parked);
    [[nodiscard]] int find_event(EventId event, bool& found);
    [[nodiscard]] int apply_move(const DeliveryUpdate& update, Timestamp now);
    [[nodiscard]] int leave_origin(const DeliveryUpdate& update, bool& moves);
    [[nodiscard]] int insert_attempt(const DeliveryUpdate& update, bool& inserted);
    [[nodiscard]] int insert_parked(std::uint64_t endpoint, std::int64_t due, std::uint64_t event,
                                    std::uint32_t attempts, bool& inserted);
    [[nodiscard]] int delete_parked(std::uint64_t endpoint, std::int64_t due, std::uint64_t event,
                                    bool& deleted);
    [[nodiscard]] int insert_index(const EndpointAttempt& attempt);
    [[nodiscard]] Result<void> check(int code, std::string_view doing) const;
    void publish();

    const LogPartitionPtr partition_;
    const SqliteOptions& options_;
    std::unique_ptr<Connection> connection_;
    bool has_begun_ = false;
    bool is_stale_ = true;
    bool is_ambiguous_ = false;

    // As of the running transaction; read again after a failure.
    Tally tally_;
    TailTracker tracker_;
    LogStage stage_ = LogStage::open;
    std::uint64_t newest_hi_ = 0;
    std::vector<EndpointAttempt> new_attempts_;

    std::uint64_t acknowledged_hi_ = 0;  // newest event of a successful commit
    std::uint64_t bytes_ = 0;            // estimate of the file's size
    std::uint64_t log_pages_ = 0;
    std::int64_t commits_ = 0;
    std::string scratch_;
};

}  // namespace posthaste
