#pragma once

// The embedded store: configuration in posthaste.db, the log in one SQLite file per period. One writer thread commits in
// groups (sqlite_writer.h), reader threads answer questions (log_reader.h), one maintenance thread checkpoints, builds the
// indexes of closed files and lets old ones go (log_maintenance.h). Durable means synced: WAL, synchronous=FULL.
//
//   <directory>/posthaste.db
//   <directory>/log/20261122T2300-0190a5b27c3d7abc.db

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "store/common/sealed_store.h"
#include "store/common/sealer.h"
#include "store/sqlite/log_maintenance.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/sqlite_options.h"
#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

class SqliteStore final : public SealedStore {
public:
    // Opens or makes the database. `clock` may be asked from any of the store's threads; `entropy` belongs to the writer
    // thread from now on. Blocks for as long as it takes to open the files.
    [[nodiscard]] static Result<std::unique_ptr<SqliteStore>> open(
        SqliteOptions options, Clock& clock, Entropy& entropy, std::vector<ReactorPost> reactors);
    ~SqliteStore() override;
    SqliteStore(const SqliteStore&) = delete;
    SqliteStore& operator=(const SqliteStore&) = delete;

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
    Task<Result<void>> replace_keys(std::shared_ptr<const KeyRing> keys) override;
    Task<Result<ResealReport>> reseal() override;

    // `problem` also tells of damaged files that are set aside while the store is healthy otherwise.
    [[nodiscard]] StoreStats stats() const override;
    void close() override;

private:
    SqliteStore(SqliteOptions options, Clock& clock, Entropy& entropy,
                std::vector<ReactorPost> reactors);

    const SqliteOptions options_;
    LogPartitions partitions_;
    Sealer sealer_;
    SqliteWriter writer_;
    ReaderPool readers_;
    LogMaintenance maintenance_;
    bool is_closed_ = false;
};

}  // namespace posthaste
