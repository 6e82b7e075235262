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
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "domain/model.h"
#include "domain/tail_tracker.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/event_key.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

struct ParkedState;

// Where a delivery stands, from the rows about it.
struct DeliveryRows {
    DeliveryState state = DeliveryState::pending;
    std::int64_t due = 0;  // when parked
    std::uint32_t attempts = 0;
};
// `statement` is log_sql::kDelivery.
[[nodiscard]] int read_delivery(SqliteStatement& statement, std::uint64_t event,
                                std::uint64_t endpoint, DeliveryRows& rows);

// Brings a log file to the current schema; refuses a newer one. Tests make files of an older version.
inline constexpr std::size_t kLogVersion = 6;
[[nodiscard]] Result<void> migrate_log(SqliteDatabase& database, std::size_t version = kLogVersion);

// Between headers and body of an answer that is sealed.
inline constexpr char kEndOfHeaders = '\0';

// The key that a file's payloads are sealed with, from its table data_key.
[[nodiscard]] Result<SealingKey::Bytes> open_data_key(std::string_view sealed,
                                                      const LogPartition& partition,
                                                      const Sealer& sealer);

// A piece of the tables that are filled when a file is closed.
struct IndexSlice {
    std::span<const EndpointAttempt> attempts{};
    std::span<const ApplicationEvent> events{};
    std::span<const EventKey> keys{};
    const KeyFilter* filter = nullptr;  // over all keys, `counts` of them
    KeyCounts counts{};
};

// Whether a closed file's Bloom filter may be kept in memory.
enum class FilterUse : bool { none, keep };

class LogFile {
public:
    LogFile(LogPartitionPtr partition, const SqliteOptions& options, Sealer& sealer);
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
    [[nodiscard]] Result<void> append_index(const IndexSlice& slice);
    // REQUIRES: begun. What is deleted is overwritten. An event that is not there is left alone.
    [[nodiscard]] Result<void> expunge_payload(std::uint64_t event);
    // False: no such attempt.
    [[nodiscard]] Result<bool> expunge_response(EventId event, EndpointId endpoint,
                                                std::uint32_t number);
    // REQUIRES: begun. Seals the key of the file's payloads, if it has one, with the first encryption key.
    [[nodiscard]] Result<void> reseal_data_key();
    // Which key that is sealed with; none: nothing in the file is sealed. As of open() or the last transaction.
    [[nodiscard]] std::optional<SealingKeyId> data_key_id() const { return data_key_id_; }
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

    // Names of events (log_file_names.cc). REQUIRES: !needs_repair(). May connect; needs no transaction, and sees what the
    // running one appended.
    // Makes counts() known; cheap once it is.
    [[nodiscard]] Result<void> load_names();
    [[nodiscard]] const KeyCounts& key_counts() const { return key_counts_; }
    [[nodiscard]] std::size_t filter_bytes() const { return filter_bytes_; }
    // The event with that name, if it is here.
    [[nodiscard]] Result<std::optional<EventId>> find_name(const EventName& name, FilterUse use);
    [[nodiscard]] Result<bool> holds_event(EventId event);

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
    struct Standing;
    [[nodiscard]] Result<std::optional<EndpointId>> target_of(std::uint64_t event,
                                                              std::uint64_t endpoint);
    [[nodiscard]] int insert_plain(const Event& event);
    [[nodiscard]] int insert_full(const Event& event);
    void bind_event(SqliteStatement& insert, const Event& event);
    [[nodiscard]] int write_end();
    [[nodiscard]] int insert_new_keys();
    [[nodiscard]] int park_pending(EventId event, EndpointId endpoint, std::uint32_t attempts,
                                   Timestamp now, std::uint64_t& parked);

    // Updates (log_file_updates.cc).
    [[nodiscard]] int apply_first_attempt(const DeliveryUpdate& update, Timestamp now);
    [[nodiscard]] int apply_step(const DeliveryUpdate& update, Timestamp now);
    [[nodiscard]] int apply_resend(const DeliveryUpdate& update);
    [[nodiscard]] int step_from_parked(const DeliveryUpdate& update, DeliveryState next,
                                       Timestamp now);
    [[nodiscard]] int step_from_tail(const DeliveryUpdate& update, DeliveryState next,
                                     const Standing& event, Timestamp now);
    [[nodiscard]] int arrive(const DeliveryUpdate& update, DeliveryState next, Timestamp now);
    [[nodiscard]] int resend_parked(const DeliveryUpdate& update);
    [[nodiscard]] int resend_to_new_target(const DeliveryUpdate& update);
    [[nodiscard]] int resend_settled(const DeliveryUpdate& update, const DeliveryRows& rows);
    [[nodiscard]] std::uint64_t& settled_count(DeliveryState state);
    [[nodiscard]] int find_event(EventId event, Standing& standing);
    [[nodiscard]] int has_extra_target(std::uint64_t event, EndpointId endpoint, bool& has);
    [[nodiscard]] int count(SqliteStatement& statement, const DeliveryUpdate& update,
                            std::uint32_t& number);
    // The part of it that may have to be sealed.
    void bind_answer(const DeliveryUpdate& update);
    [[nodiscard]] int insert_attempt(const DeliveryUpdate& update, DeliveryState next,
                                     bool& inserted);
    [[nodiscard]] int note_attempt(const DeliveryUpdate& update);
    [[nodiscard]] int delete_attempt(const DeliveryUpdate& update);
    [[nodiscard]] int insert_parked(const DeliveryUpdate& update, const ParkedState& row,
                                    bool& inserted);
    [[nodiscard]] int delete_parked(std::uint64_t endpoint, std::int64_t due, std::uint64_t event,
                                    bool& deleted);
    [[nodiscard]] int insert_index(const EndpointAttempt& attempt);

    // Sealing (log_file_sealing.cc).
    [[nodiscard]] Result<std::string> read_data_key();
    [[nodiscard]] Result<void> write_data_key(const SealingKey::Bytes& key);
    [[nodiscard]] Result<void> check_data_key();
    [[nodiscard]] Result<void> ready_cipher();
    [[nodiscard]] std::string_view seal(std::string& buffer, const SealedPlace& place,
                                        std::string_view text);
    [[nodiscard]] std::string_view sealed_payload(const Event& event);
    [[nodiscard]] std::string_view sealed_body(const Event& event);
    [[nodiscard]] std::string_view sealed_response(const DeliveryUpdate& update);

    // Names (log_file_names.cc).
    [[nodiscard]] int read_keys();
    [[nodiscard]] int read_filter(FilterUse use);
    [[nodiscard]] int read_candidates(std::uint64_t key, FilterUse use);
    [[nodiscard]] int has_name(std::uint64_t hi, const EventName& name, std::optional<EventId>& id);
    void forget_names();

    [[nodiscard]] Result<void> check(int code, std::string_view doing) const;
    void publish();

    const LogPartitionPtr partition_;
    const SqliteOptions& options_;
    Sealer& sealer_;
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
    std::vector<ApplicationEvent> new_events_;
    std::string new_keys_;

    // While the stage is not indexed: all keys, those of the running transaction included. From then on a filter, if there
    // is room for it, over those in event_key_sorted.
    bool are_names_known_ = false;
    KeyTable keys_;
    KeyCounts key_counts_;
    std::size_t filter_bytes_ = 0;
    std::optional<KeyFilter> filter_;
    std::vector<std::uint64_t> candidates_;

    std::uint64_t acknowledged_hi_ = 0;  // newest event of a successful commit
    std::uint64_t bytes_ = 0;            // estimate of the file's size
    std::uint64_t log_pages_ = 0;
    std::int64_t commits_ = 0;
    std::string scratch_;
    std::string channels_;
    std::optional<SealingKeyId> data_key_id_;
    std::unique_ptr<SealingCipher> cipher_;  // null until the connection has sealed something
    std::string sealed_payload_, sealed_body_, sealed_response_;
    std::string tags_;
};

}  // namespace posthaste
