// Letting old events go: whole partitions, and what is finished of those that something still waits in.

#include <algorithm>
#include <string>
#include <vector>

#include "store/postgres/postgres_writer.h"

namespace posthaste {

namespace {

constexpr char kLeave[] = "UPDATE log_partition SET is_leaving = true WHERE first_hi = $1";
constexpr char kForget[] = "DELETE FROM log_partition WHERE first_hi = $1";
// parked: a range of its primary key.
constexpr char kHasParked[] = "SELECT EXISTS (SELECT FROM parked WHERE event >= $1 AND event < $2)";
constexpr char kUnparkedEvents[] =
    "SELECT q.event FROM unnest($1::bigint[]) AS q(event)"
    " WHERE NOT EXISTS (SELECT FROM parked p WHERE p.event = q.event)";
constexpr char kReadLeaving[] = "SELECT first_hi FROM log_partition WHERE is_leaving";
// Primary keys.
constexpr const char* kDeleteEvents[] = {
    "DELETE FROM event WHERE hi = ANY($1::bigint[])",
    "DELETE FROM delivery WHERE event = ANY($1::bigint[])",
    "DELETE FROM attempt WHERE event = ANY($1::bigint[])",
};
// A drop waits for whoever reads the table, and everybody else waits for the drop.
constexpr char kLockTimeout[] = "SET LOCAL lock_timeout = '2s'";

}  // namespace

// The counters stay as they are: they count what was, not what is kept.
Result<bool> PgWriter::drop_partition(const PgPartition& partition) {
    if (auto is_ready = ready(); !is_ready) return std::unexpected(std::move(is_ready).error());
    // New events go to it, or something that is not settled yet may be in it.
    const std::uint64_t next_hi = std::max(ids_.last_hi(), hi_at(clock_.now()));
    const bool has_tail = tail_.size() != 0 && tail_.watermark() < partition.end_hi;
    if (next_hi < partition.end_hi || has_tail) return false;
    bool is_in_use = false;
    auto done = transact_by([&]() -> Result<void> {
        PgParams range;
        range.add(partition.first_hi).add(partition.end_hi);
        ASSIGN_OR_RETURN(const auto parked, connection_->query(kHasParked, range));
        is_in_use = parked.boolean(0, 0);
        if (is_in_use) return {};
        PgParams params;
        params.add(partition.first_hi);
        return connection_->execute(kLeave, params);
    });
    if (!done) return std::unexpected(std::move(done).error());
    if (is_in_use) return false;
    partitions_.erase(partition.first_hi);
    publish();
    if (done = finish_drop(partition.first_hi); !done)
        return std::unexpected(std::move(done).error());
    return true;
}

// One table after the other, events first: whoever reads in between finds attempts without events, which are passed over,
// and never events that seem to have lost theirs. A table at a time is also one lock at a time.
Result<void> PgWriter::finish_drop(std::uint64_t first_hi) {
    for (const char* const table : {"event_", "delivery_", "attempt_"}) {
        const std::string sql = "DROP TABLE IF EXISTS " + (table + std::to_string(first_hi));
        auto done = transact_by([&]() -> Result<void> {
            if (auto set = connection_->execute(kLockTimeout); !set) return set;
            return connection_->execute(sql.c_str());
        });
        if (!done) return done;
    }
    PgParams params;
    params.add(first_hi);
    return transact_by([&] { return connection_->execute(kForget, params); });
}

Result<void> PgWriter::finish_drops() {
    if (auto is_ready = ready(); !is_ready) return is_ready;
    ASSIGN_OR_RETURN(const auto leaving, connection_->query(kReadLeaving));
    for (int row = 0; row < leaving.rows(); ++row) {
        if (auto done = finish_drop(leaving.number(row, 0)); !done) return done;
    }
    return {};
}

// A resend may have come in between: what waits again stays.
Result<void> PgWriter::delete_events(std::span<const std::uint64_t> events) {
    PgParams asked;
    asked.add(event_array(events));
    return transact_by([&]() -> Result<void> {
        ASSIGN_OR_RETURN(const auto rows, connection_->query(kUnparkedEvents, asked));
        std::vector<std::uint64_t> settled;
        for (int row = 0; row < rows.rows(); ++row) settled.push_back(rows.number(row, 0));
        PgParams params;
        params.add(event_array(settled));
        for (const char* const sql : kDeleteEvents) {
            if (auto done = connection_->execute(sql, params); !done) return done;
        }
        return {};
    });
}

}  // namespace posthaste
