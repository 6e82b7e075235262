// The connection, the lease, and what is read again after a failure.

#include <algorithm>
#include <utility>

#include "store/postgres/postgres_writer.h"
#include "store/postgres/schema.h"

namespace posthaste {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPauseMin{100};
constexpr milliseconds kLookEvery{200};
constexpr std::int64_t kTailChunk = 500;

// The owner is dead when its lease has run out, or when the connection it was taken with is gone, which tells at once when
// the process ended. clock_timestamp() is read after a lock was waited for.
constexpr char kTryLease[] =
    "UPDATE writer SET owner = $1, server = $2, epoch = epoch + 1, backend = pg_backend_pid(),"
    " backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),"
    " expires_at = clock_timestamp() + $3 * interval '1 microsecond'"
    " WHERE shard = 0 AND (owner IS NULL OR expires_at < clock_timestamp() OR NOT EXISTS"
    " (SELECT FROM pg_stat_activity a WHERE a.pid = writer.backend"
    " AND (a.backend_start = writer.backend_start OR a.backend_start IS NULL)))";
constexpr char kRetakeLease[] =
    "UPDATE writer SET server = $2, epoch = epoch + 1, backend = pg_backend_pid(),"
    " backend_start = (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),"
    " expires_at = clock_timestamp() + $3 * interval '1 microsecond'"
    " WHERE shard = 0 AND owner = $1";
constexpr char kReadLease[] =
    "SELECT server, (extract(epoch FROM expires_at) * 1000000)::bigint FROM writer"
    " WHERE shard = 0";
constexpr char kGiveBack[] =
    "UPDATE writer SET owner = NULL WHERE shard = 0 AND owner = $1 AND epoch = $2";
// NULL is refused: a transaction of an epoch that is over fails here.
constexpr char kWriteState[] =
    "UPDATE writer SET epoch = CASE WHEN epoch = $1 THEN epoch END, commits = $2, watermark = $3,"
    " newest_id = $4, events = $5, accepted = $6, delivered = $7, dead = $8, cancelled = $9,"
    " parked = $10, expires_at = clock_timestamp() + $11 * interval '1 microsecond'"
    " WHERE shard = 0";
constexpr char kReadState[] =
    "SELECT epoch, commits, watermark, newest_id, events, accepted, delivered, dead, cancelled,"
    " parked FROM writer WHERE shard = 0";
constexpr char kReadPartitions[] =
    "SELECT first_hi, end_hi FROM log_partition WHERE NOT is_leaving ORDER BY first_hi";
// event: primary key.
constexpr char kReadTail[] = "SELECT hi, lo, targets FROM event WHERE hi > $1 ORDER BY hi LIMIT $2";

std::string taken_by(const std::string& server) {
    return "Another posthaste serves this database: " + server +
           ". Stop it first; several servers on one database are not part of this version.";
}

}  // namespace

Result<void> PgWriter::open() {
    owner_ = Id{entropy_.next(), entropy_.next()};
    ASSIGN_OR_RETURN(connection_, PgConnection::open(options_.url));
    if (auto done = migrate_postgres(*connection_); !done) return done;
    if (auto done = take_lease(); !done) return done;
    auto done = load_state();
    if (done) done = transact_by([this] { return check_data_keys(*sealer_.keys()); });
    return done;
}

// Waits for as long as the owner's silence lasts; an owner that renews its lease meanwhile is alive.
Result<void> PgWriter::take_lease() {
    std::optional<std::int64_t> first_expiry;
    for (;;) {
        ASSIGN_OR_RETURN(const bool is_taken, try_lease());
        if (is_taken) return {};
        ASSIGN_OR_RETURN(const auto row, connection_->query(kReadLease));
        const std::int64_t expiry = row.integer(0, 1);
        if (first_expiry && expiry != *first_expiry)
            return fail(ErrorCode::unavailable, taken_by(row.text(0, 0)));
        first_expiry = expiry;
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, kLookEvery);
    }
}

Result<bool> PgWriter::try_lease() {
    PgParams params;
    params.add(owner_).add_text(options_.server_name).add(options_.lease.count());
    ASSIGN_OR_RETURN(const auto taken, connection_->query(kTryLease, params));
    return taken.affected() == 1;
}

// After a lost connection. The epoch moves on, so that whatever the old connection may still be doing has ended or fails.
Result<void> PgWriter::retake_lease() {
    PgParams params;
    params.add(owner_).add_text(options_.server_name).add(options_.lease.count());
    ASSIGN_OR_RETURN(const auto taken, connection_->query(kRetakeLease, params));
    if (taken.affected() == 1) return {};
    ASSIGN_OR_RETURN(const auto row, connection_->query(kReadLease));
    fenced_ = Error{ErrorCode::unavailable,
                    "This server was silent for too long and has lost its database. " +
                        taken_by(row.text(0, 0))};
    return std::unexpected(*fenced_);
}

Result<void> PgWriter::load_state() {
    ASSIGN_OR_RETURN(const auto row, connection_->query(kReadState));
    epoch_ = row.integer(0, 0);
    commits_made_ = row.number(0, 1);
    tail_.reset(row.number(0, 2));
    ids_.raise_floor(row.number(0, 3));
    stored_ = {row.number(0, 4), row.number(0, 5), row.number(0, 6),
               row.number(0, 7), row.number(0, 8), row.number(0, 9)};
    ASSIGN_OR_RETURN(const auto partitions, connection_->query(kReadPartitions));
    partitions_.clear();
    for (int i = 0; i < partitions.rows(); ++i)
        partitions_.emplace(partitions.number(i, 0), partitions.number(i, 1));
    renewed_at_ = steady_clock::now();
    publish();
    return {};
}

void PgWriter::give_lease_back() {
    if (!connection_ || connection_->is_lost() || fenced_) return;
    PgParams params;
    params.add(owner_).add(epoch_);
    static_cast<void>(connection_->execute(kGiveBack, params));
}

// Of an idle server; a busy one's commits do it.
void PgWriter::renew_lease() {
    if (fenced_ || steady_clock::now() - renewed_at_ < options_.lease / 3) return;
    auto done = ready();
    if (done) done = transact({}, stored_);
    const std::scoped_lock lock(mutex_);
    problem_ = done ? std::string() : done.error().message;
}

// ---- after a failure -------------------------------------------------------------------------------------------------

// What a transaction that failed means for the lease.
Error PgWriter::failed(Error error) {
    if (connection_ && connection_->state() == pg_state::kNotNullViolation) {
        fenced_ = Error{ErrorCode::unavailable,
                        "This server has lost its database to another one, and writes no more."};
        return *fenced_;
    }
    return error;
}

Result<void> PgWriter::ready() {
    if (fenced_) return std::unexpected(*fenced_);
    if (!connection_ || connection_->is_lost()) {
        if (auto done = reconnect(); !done) return done;
    }
    if (!needs_rebuild_) return {};
    auto rebuilt = rebuild_tail(durable_hi_);
    if (!rebuilt) return std::unexpected(std::move(rebuilt).error());
    return {};
}

Result<void> PgWriter::reconnect() {
    if (steady_clock::now() < retry_at_) return std::unexpected(unreachable_);
    connection_.reset();
    needs_rebuild_ = true;
    const auto limit = std::chrono::duration_cast<milliseconds>(options_.backoff_max);
    pause_ = std::min(std::max(pause_ * 2, kPauseMin), limit);
    auto connection = PgConnection::open(options_.url);
    Result<void> done;
    if (connection) {
        connection_ = std::move(*connection);
        done = retake_lease();
    } else {
        done = std::unexpected(std::move(connection).error());
    }
    if (done) {
        pause_ = milliseconds{0};
        return {};
    }
    connection_.reset();
    unreachable_ = done.error();
    retry_at_ = steady_clock::now() + pause_;
    return done;
}

// Reads what is stored above the watermark. Pending deliveries of events above `park_above` are parked, due now: nobody holds
// them in memory. Returns how many.
Result<std::uint64_t> PgWriter::rebuild_tail(std::uint64_t park_above) {
    needs_rebuild_ = true;
    if (auto done = load_state(); !done) return std::unexpected(std::move(done).error());
    const std::uint64_t parked_before = stored_.parked;
    std::uint64_t after = tail_.watermark();
    for (bool is_more = true; is_more;) {
        PgParams params;
        params.add(after).add(kTailChunk);
        ASSIGN_OR_RETURN(const auto events, connection_->query(kReadTail, params));
        if (auto done = take_tail(events, park_above); !done)
            return std::unexpected(std::move(done).error());
        is_more = events.rows() == kTailChunk;
        if (is_more) after = events.number(events.rows() - 1, 0);
    }
    durable_hi_ = ids_.last_hi();
    needs_rebuild_ = false;
    return stored_.parked - parked_before;
}

// Rows of kReadTail.
Result<void> PgWriter::take_tail(const PgResult& events, std::uint64_t park_above) {
    std::vector<PgDeliveryKey> keys;
    for (int row = 0; row < events.rows(); ++row) {
        for (const EndpointId& target : read_targets(events.bytes(row, 2)))
            keys.push_back({events.number(row, 0), target.hi});
    }
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
    const Timestamp now = clock_.now();
    PgLogGroup group;
    Tally tally = stored_;
    auto before = deliveries.begin();
    for (int row = 0; row < events.rows(); ++row) {
        const EventId event{events.number(row, 0), events.number(row, 1)};
        std::vector<EndpointId> outstanding;
        for (const EndpointId& target : read_targets(events.bytes(row, 2))) {
            PgDelivery delivery = *before;
            if (delivery.state() == DeliveryState::pending && event.hi <= park_above) {
                outstanding.push_back(target);
            } else if (delivery.state() == DeliveryState::pending) {
                delivery.parked = delivery.recovered(now);
                group.change(event, target, *before, delivery, now);
                ++tally.parked;
            }
            ++before;
        }
        tail_.add(event, std::move(outstanding));
        ids_.raise_floor(event.hi);
    }
    std::vector<PgStatement> statements;
    group.take(statements);
    return transact(std::move(statements), tally);
}

// ---- transactions ----------------------------------------------------------------------------------------------------

PgStatement PgWriter::state_statement(const Tally& tally) const {
    PgParams params;
    params.add(epoch_).add(commits_made_ + 1).add(tail_.watermark()).add(ids_.last_hi());
    params.add(tally.events).add(tally.accepted).add(tally.delivered).add(tally.dead);
    params.add(tally.cancelled).add(tally.parked).add(options_.lease.count());
    return {kWriteState, std::move(params)};
}

Result<void> PgWriter::transact(std::vector<PgStatement> statements, const Tally& tally) {
    statements.insert(statements.begin(), state_statement(tally));
    auto done = connection_->commit(statements);
    if (!done) {
        needs_rebuild_ = true;
        return std::unexpected(failed(std::move(done).error()));
    }
    ++commits_made_;
    stored_ = tally;
    renewed_at_ = steady_clock::now();
    publish();
    return {};
}

}  // namespace posthaste
