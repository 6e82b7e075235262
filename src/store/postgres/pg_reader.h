#pragma once

// Questions to the database, answered on a reader thread by a connection of its own that never writes. Each answer sees every
// commit that completed before the question was asked. One reader belongs to one thread.
//
// Tables are read in the order event, delivery, attempt: partitions are made in that order, and so nobody waits in a circle.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/postgres/config_rows.h"
#include "store/postgres/log_rows.h"
#include "store/postgres/partition_ciphers.h"
#include "store/postgres/pg_connection.h"
#include "store/postgres/postgres_options.h"

namespace posthaste {

class PgReader {
public:
    PgReader(const PostgresOptions& options, const Sealer& sealer)
        : options_(options), sealer_(sealer), ciphers_(sealer) {}

    [[nodiscard]] Result<std::vector<Endpoint>> load_endpoints();
    [[nodiscard]] Result<std::vector<Record>> read_records(const RecordQuery& query);
    [[nodiscard]] Result<std::uint64_t> count_records(const RecordQuery& query);
    [[nodiscard]] Result<std::vector<AuditEntry>> read_audit(const AuditQuery& query);

    [[nodiscard]] Result<ParkedPage> load_parked(const ParkedQuery& query);
    [[nodiscard]] Result<EventHistory> read_event(EventId id);
    [[nodiscard]] Result<EventId> find_event(ApplicationId application, std::string_view uid);
    [[nodiscard]] Result<ScanSlice> scan(std::uint64_t after_hi, std::size_t limit);
    // Lists (pg_reader_lists.cc).
    [[nodiscard]] Result<std::vector<AttemptOfEndpoint>> attempts_of_endpoint(EndpointId id,
                                                                              std::size_t limit);
    [[nodiscard]] Result<EventPage> list_events(const EventQuery& query);
    [[nodiscard]] Result<AttemptPage> list_attempts(const AttemptQuery& query);
    // (pg_reader_deliveries.cc)
    [[nodiscard]] Result<DeliveryPage> list_deliveries(const DeliveryQuery& query);
    [[nodiscard]] Result<AttemptCounts> count_attempts(EndpointId endpoint, Timestamp since,
                                                       Timestamp until);

    // For retention (pg_reader_retention.cc).
    // By id, but those whose newest event is at least as young as `limit`.
    [[nodiscard]] Result<std::vector<PgPartition>> partitions_before(Timestamp limit);
    // Does nothing in it pend, and has nothing in it to be kept any longer?
    [[nodiscard]] Result<bool> may_go(const PgPartition& partition, const RetentionPolicy& policy,
                                      Timestamp now);
    // Events behind `after` that may go although their partition may not. `after` moves on; 0: the end was reached.
    [[nodiscard]] Result<std::vector<std::uint64_t>> finished_events(const PgPartition& partition,
                                                                     const RetentionPolicy& policy,
                                                                     Timestamp now,
                                                                     std::uint64_t& after);
    // Events whose payload should be gone.
    [[nodiscard]] Result<std::vector<std::uint64_t>> expired_payloads(Timestamp now,
                                                                      std::size_t limit);
    [[nodiscard]] Result<std::uint64_t> bytes_on_disk();

private:
    class Snapshot;
    using EventMap = std::map<std::uint64_t, std::shared_ptr<Event>>;
    enum class Content : bool { skip, read };

    // Runs `ask` with a connection that works; a question that found the old one gone is asked once more.
    template <class T, class Ask>
    [[nodiscard]] Result<T> with_connection(Ask ask);
    [[nodiscard]] Result<void> connect();
    [[nodiscard]] Result<EventMap> fetch_events(std::span<const std::uint64_t> events,
                                                Content content);
    [[nodiscard]] Result<void> read_content(const PgResult& rows, int row, Event& event);
    [[nodiscard]] Result<void> read_response(const PgResult& rows, int row, AttemptRecord& attempt);

    [[nodiscard]] Result<ParkedPage> load_parked_now(const ParkedQuery& query);
    [[nodiscard]] Result<EventHistory> read_event_now(EventId id);
    [[nodiscard]] Result<ScanSlice> scan_now(std::uint64_t after_hi, std::size_t limit);
    [[nodiscard]] Result<EventPage> list_events_now(const EventQuery& query);
    [[nodiscard]] Result<AttemptPage> list_attempts_now(const AttemptQuery& query);

    // Rows of `attempt` of one endpoint, in their order.
    [[nodiscard]] Result<std::vector<AttemptEntry>> read_attempts(const PgResult& rows,
                                                                  EndpointId endpoint,
                                                                  bool with_response);
    struct DeliveryWalk;
    using DeliveryMap = std::map<EventId, std::map<EndpointId, PgDelivery>>;
    [[nodiscard]] Result<DeliveryMap> read_deliveries_of(
        const std::vector<std::shared_ptr<Event>>& events);
    [[nodiscard]] Result<DeliveryPage> list_deliveries_now(const DeliveryQuery& query);
    // Adds what the query asks for of these events; false when the page ends within them.
    [[nodiscard]] Result<bool> take_deliveries(const std::vector<std::shared_ptr<Event>>& events,
                                               DeliveryWalk& walk);
    struct EventChunk;
    [[nodiscard]] Result<EventChunk> read_chunk(const EventQuery& query, std::uint64_t from,
                                                std::uint64_t to, std::size_t limit);
    using EventEntries = std::vector<std::optional<EventEntry>>;
    [[nodiscard]] Result<EventEntries> entries_of(const EventQuery& query, const EventChunk& chunk);
    [[nodiscard]] Result<void> choose_deliveries(const EventQuery& query, EventEntries& entries);

    const PostgresOptions& options_;
    const Sealer& sealer_;
    PartitionCiphers ciphers_;
    std::optional<PgConnection> connection_;
};

template <class T, class Ask>
Result<T> PgReader::with_connection(Ask ask) {
    const bool is_new = !connection_;
    if (auto done = connect(); !done) return std::unexpected(std::move(done).error());
    Result<T> answer = ask();
    if (answer || is_new || !connection_->is_lost()) return answer;
    if (auto done = connect(); !done) return std::unexpected(std::move(done).error());
    return ask();
}

}  // namespace posthaste
