// What retention asks: which partitions may go, and which events of the others.

#include <utility>

#include "store/postgres/pg_reader.h"

namespace posthaste {

namespace {

constexpr std::int64_t kEventsAtOnce = 500;

constexpr char kPartitions[] =
    "SELECT p.first_hi, p.end_hi FROM log_partition p WHERE NOT p.is_leaving"
    " ORDER BY p.first_hi";
// event: the end of its primary key.
constexpr char kNewestEvent[] = "SELECT max(hi) FROM event WHERE hi >= $1 AND hi < $2";
// parked: a range of its primary key; the rest reads the partition's tables.
constexpr char kIsNeeded[] =
    "SELECT EXISTS (SELECT FROM parked WHERE event >= $1 AND event < $2)"
    " OR EXISTS (SELECT FROM delivery WHERE event >= $1 AND event < $2"
    " AND (at > $3 OR state = 3 AND at > $4))"
    " OR EXISTS (SELECT FROM attempt WHERE event >= $1 AND event < $2 AND started_at > $3)"
    " OR EXISTS (SELECT FROM event WHERE hi >= $1 AND hi < $2 AND request_key IS NOT NULL"
    " AND accepted_at > $5)";
// Primary keys.
constexpr char kFinished[] =
    "SELECT e.hi, e.targets, NOT EXISTS (SELECT FROM parked p WHERE p.event = e.hi)"
    " AND NOT EXISTS (SELECT FROM delivery d WHERE d.event = e.hi"
    " AND (d.at > $3 OR d.state = 3 AND d.at > $4))"
    " AND NOT EXISTS (SELECT FROM attempt a WHERE a.event = e.hi AND a.started_at > $3)"
    " AND e.accepted_at <= $3 AND (e.request_key IS NULL OR e.accepted_at <= $5)"
    " FROM event e WHERE e.hi > $1 AND e.hi < $2"
    " AND e.hi <= (SELECT watermark FROM writer WHERE shard = 0) ORDER BY e.hi LIMIT $6";
// event_by_payload_end.
constexpr char kExpiredPayloads[] =
    "SELECT hi FROM event WHERE payload_expires_at <= $1 AND payload_expires_at IS NOT NULL"
    " AND NOT is_expunged ORDER BY payload_expires_at LIMIT $2";
constexpr char kSize[] = "SELECT pg_database_size(current_database())";

// The times that decide, as parameters $3, $4 and $5.
void add_limits(PgParams& params, const RetentionPolicy& policy, Timestamp now) {
    params.add(to_micros(now - policy.finished)).add(to_micros(now - policy.dead));
    params.add(to_micros(now - kRepeatWindow));
}

}  // namespace

Result<std::vector<PgPartition>> PgReader::partitions_before(Timestamp limit) {
    return with_connection<std::vector<PgPartition>>([&]() -> Result<std::vector<PgPartition>> {
        ASSIGN_OR_RETURN(const auto rows, connection_->query(kPartitions));
        std::vector<PgPartition> partitions;
        for (int row = 0; row < rows.rows(); ++row) {
            const PgPartition partition{rows.number(row, 0), rows.number(row, 1)};
            PgParams range;
            range.add(partition.first_hi).add(partition.end_hi);
            ASSIGN_OR_RETURN(const auto newest, connection_->query(kNewestEvent, range));
            const std::uint64_t newest_hi =
                newest.is_null(0, 0) ? partition.end_hi : newest.number(0, 0);
            if (newest_hi < hi_at(limit)) partitions.push_back(partition);
        }
        return partitions;
    });
}

Result<bool> PgReader::may_go(const PgPartition& partition, const RetentionPolicy& policy,
                              Timestamp now) {
    return with_connection<bool>([&]() -> Result<bool> {
        PgParams params;
        params.add(partition.first_hi).add(partition.end_hi);
        add_limits(params, policy, now);
        ASSIGN_OR_RETURN(const auto needed, connection_->query(kIsNeeded, params));
        return !needed.boolean(0, 0);
    });
}

Result<std::vector<std::uint64_t>> PgReader::finished_events(const PgPartition& partition,
                                                             const RetentionPolicy& policy,
                                                             Timestamp now, std::uint64_t& after) {
    using Events = std::vector<std::uint64_t>;
    return with_connection<Events>([&]() -> Result<Events> {
        PgParams params;
        params.add(after).add(partition.end_hi);
        add_limits(params, policy, now);
        params.add(kEventsAtOnce);
        ASSIGN_OR_RETURN(const auto rows, connection_->query(kFinished, params));
        std::vector<PgDeliveryKey> keys;
        for (int row = 0; row < rows.rows(); ++row) {
            if (!rows.boolean(row, 2)) continue;
            for (const EndpointId& target : read_targets(rows.bytes(row, 1)))
                keys.push_back({rows.number(row, 0), target.hi});
        }
        // What is lost waits for the repair scan.
        ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
        Events finished;
        auto delivery = deliveries.begin();
        for (int row = 0; row < rows.rows(); ++row) {
            if (!rows.boolean(row, 2)) continue;
            bool is_settled_whole = true;
            for (std::size_t n = read_targets(rows.bytes(row, 1)).size(); n > 0; --n)
                is_settled_whole = is_settled((delivery++)->state()) && is_settled_whole;
            if (is_settled_whole) finished.push_back(rows.number(row, 0));
        }
        after = rows.rows() == kEventsAtOnce ? rows.number(rows.rows() - 1, 0) : 0;
        return finished;
    });
}

Result<std::vector<std::uint64_t>> PgReader::expired_payloads(Timestamp now, std::size_t limit) {
    using Events = std::vector<std::uint64_t>;
    return with_connection<Events>([&]() -> Result<Events> {
        PgParams params;
        params.add(to_micros(now)).add(static_cast<std::int64_t>(limit));
        ASSIGN_OR_RETURN(const auto rows, connection_->query(kExpiredPayloads, params));
        Events events;
        for (int row = 0; row < rows.rows(); ++row) events.push_back(rows.number(row, 0));
        return events;
    });
}

Result<std::uint64_t> PgReader::bytes_on_disk() {
    return with_connection<std::uint64_t>([&]() -> Result<std::uint64_t> {
        ASSIGN_OR_RETURN(const auto row, connection_->query(kSize));
        return row.number(0, 0);
    });
}

}  // namespace posthaste
