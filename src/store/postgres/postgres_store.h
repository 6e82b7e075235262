#pragma once

// The store in a PostgreSQL database, version 15 or later: the same model as the embedded one (docs/storage.md). One writer
// thread commits in groups (postgres_writer.h), reader threads answer questions (pg_reader.h), one maintenance thread lets old
// events go (pg_maintenance.h); each has a connection of its own. Durable means that PostgreSQL says so: synchronous_commit.
//
// One server at a time writes to a database. Another one that is started on it waits until the first is gone, or says who
// has it.

#include <memory>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "store/common/sealed_store.h"
#include "store/common/sealer.h"
#include "store/postgres/pg_maintenance.h"
#include "store/postgres/pg_reader_pool.h"
#include "store/postgres/postgres_options.h"
#include "store/postgres/postgres_writer.h"

namespace posthaste {

class PostgresStore final : public SealedStore {
public:
    // Connects, makes the tables or brings them forward. `clock` may be asked from any of the store's threads; `entropy`
    // belongs to the writer thread from now on. Blocks meanwhile.
    [[nodiscard]] static Result<std::unique_ptr<PostgresStore>> open(
        PostgresOptions options, Clock& clock, Entropy& entropy, std::vector<ReactorPost> reactors);
    ~PostgresStore() override;
    PostgresStore(const PostgresStore&) = delete;
    PostgresStore& operator=(const PostgresStore&) = delete;

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

    [[nodiscard]] StoreStats stats() const override;
    void close() override;

private:
    PostgresStore(PostgresOptions options, Clock& clock, Entropy& entropy,
                  std::vector<ReactorPost> reactors);

    const PostgresOptions options_;
    Sealer sealer_;
    PgWriter writer_;
    PgReaderPool readers_;
    PgMaintenance maintenance_;
    bool is_closed_ = false;
};

}  // namespace posthaste
