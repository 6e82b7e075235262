#include "store/postgres/postgres_writer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

// The queue, and jobs. postgres_writer_commit.cc makes the groups, postgres_writer_lease.cc keeps the database,
// postgres_writer_retention.cc lets old events go.

namespace posthaste {

namespace {

// parked: an index-only walk of parked_by_due, one probe for each endpoint.
constexpr char kReadLanes[] =
    "WITH RECURSIVE lane AS ("
    "(SELECT endpoint, endpoint_lo, due FROM parked ORDER BY endpoint, due LIMIT 1)"
    " UNION ALL SELECT n.endpoint, n.endpoint_lo, n.due FROM lane, LATERAL"
    " (SELECT endpoint, endpoint_lo, due FROM parked p WHERE p.endpoint > lane.endpoint"
    " ORDER BY p.endpoint, p.due LIMIT 1) n) SELECT endpoint, endpoint_lo, due FROM lane";
constexpr char kHasEvent[] = "SELECT lo FROM event WHERE hi = $1";
constexpr char kExpungePayloads[] =
    "UPDATE event SET payload = '', body = NULL, is_expunged = true, is_sealed = false"
    " WHERE hi = ANY($1::bigint[])";
constexpr char kExpungeResponse[] =
    "UPDATE attempt SET response = 'EXPUNGED', sealed_response = NULL, response_headers = NULL"
    " WHERE event = $1 AND endpoint = $2 AND number = $3";
constexpr char kExpireRecords[] = "DELETE FROM record WHERE expires_at <= $1";

std::size_t bytes_of_batch(const CommitBatch& batch) {
    std::size_t bytes = 0;
    for (const auto& event : batch.events) bytes += bytes_of(*event);
    return bytes;
}

}  // namespace

PgWriter::PgWriter(const PostgresOptions& options, Clock& clock, Entropy& entropy,
                   std::vector<ReactorPost> reactors, Sealer& sealer)
    : options_(options),
      clock_(clock),
      entropy_(entropy),
      reactors_(std::move(reactors)),
      sealer_(sealer),
      ciphers_(sealer) {}

// ---- the queue -------------------------------------------------------------------------------------------------------

void PgWriter::start() {
    is_stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void PgWriter::commit(std::size_t reactor, CommitBatch batch, CommitDone done) {
    ASSERT(reactor < reactors_.size());
    Queued queued{reactor, std::move(batch), std::move(done), {}};
    {
        const std::scoped_lock lock(mutex_);
        if (!is_stopping_) {
            queue_.push_back(std::move(queued));
            wake_.notify_one();
            return;
        }
    }
    queued.result = fail(ErrorCode::stopping, "The store is closed.");
    std::vector<Queued> refused;
    refused.push_back(std::move(queued));
    answer(std::move(refused));
}

bool PgWriter::post(Job& job) {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_) return false;
    jobs_.push_back(std::move(job));
    wake_.notify_one();
    return true;
}

void PgWriter::stop() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    give_lease_back();
    connection_.reset();
}

void PgWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        const bool has_work = wake_.wait_for(lock, options_.lease / 3, [this] {
            return !queue_.empty() || !jobs_.empty() || is_stopping_;
        });
        if (!has_work) {
            lock.unlock();
            renew_lease();
            lock.lock();
            continue;
        }
        if (queue_.empty() && jobs_.empty()) return;
        std::vector<Queued> group = take_group();
        std::optional<Job> job;
        if (!jobs_.empty()) {
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        lock.unlock();
        if (!group.empty()) commit_group(group);
        if (job) (*job)(*this);
        job.reset();
        lock.lock();
    }
}

// What waits, up to the limit of one transaction; at least one batch.
std::vector<PgWriter::Queued> PgWriter::take_group() {
    std::vector<Queued> group;
    std::size_t bytes = 0;
    while (!queue_.empty()) {
        bytes += bytes_of_batch(queue_.front().batch);
        if (!group.empty() && bytes > options_.group_bytes_max) break;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return group;
}

// One message per reactor, in the order of its batches.
void PgWriter::answer(std::vector<Queued> group) {
    std::vector<std::vector<Queued>> by_reactor(reactors_.size());
    for (Queued& queued : group) by_reactor[queued.reactor].push_back(std::move(queued));
    for (std::size_t reactor = 0; reactor < by_reactor.size(); ++reactor) {
        if (by_reactor[reactor].empty()) continue;
        reactors_[reactor]([answers = std::move(by_reactor[reactor])]() mutable {
            for (Queued& queued : answers)
                queued.done(std::move(queued.result), std::move(queued.batch));
        });
    }
}

// ---- what everyone may see -------------------------------------------------------------------------------------------

void PgWriter::publish() {
    tail_size_.set(tail_.size());
    partition_count_.set(partitions_.size());
    const std::scoped_lock lock(mutex_);
    tally_ = stored_;
}

Tally PgWriter::tally() const {
    const std::scoped_lock lock(mutex_);
    return tally_;
}

void PgWriter::fill(StoreStats& stats) const {
    stats.commits = commits_.value();
    stats.fsyncs = commits_.value();
    stats.events = events_.value();
    stats.updates = updates_.value();
    stats.tail = tail_size_.value();
    stats.partitions = partition_count_.value();
    const std::scoped_lock lock(mutex_);
    stats.healthy = problem_.empty();
    stats.problem = problem_;
}

// ---- jobs ------------------------------------------------------------------------------------------------------------

Result<Recovery> PgWriter::recover() {
    Recovery recovery;
    if (connection_ && connection_->is_lost()) {
        if (auto done = reconnect(); !done) return std::unexpected(std::move(done).error());
    }
    ASSIGN_OR_RETURN(recovery.deliveries_parked, rebuild_tail(0));
    ASSIGN_OR_RETURN(const auto lanes, connection_->query(kReadLanes));
    for (int row = 0; row < lanes.rows(); ++row)
        recovery.lanes.push_back(
            {EndpointId{lanes.number(row, 0), lanes.number(row, 1)}, lanes.time(row, 2)});
    return recovery;
}

Result<ConfigChange> PgWriter::change_config(ConfigChange change) {
    const Timestamp now = clock_.now();
    const auto issue = [&](auto& object) {
        if (object.id.is_nil() && object.revision == 0)
            object.id = decltype(object.id)(ids_.next(now, entropy_.next()));
    };
    if (auto is_ready = ready(); !is_ready) return std::unexpected(std::move(is_ready).error());
    for (Endpoint& endpoint : change.endpoints) issue(endpoint);
    for (Record& record : change.records) issue(record);
    auto done = transact_by([&] { return write_pg_change(*connection_, sealer_, change); });
    if (!done) return std::unexpected(std::move(done).error());
    return change;
}

Result<void> PgWriter::expire_records(Timestamp now) {
    PgParams params;
    params.add(to_micros(now));
    return transact_by([&] { return connection_->execute(kExpireRecords, params); });
}

Result<void> PgWriter::check_event(EventId event) {
    PgParams params;
    params.add(event.hi);
    ASSIGN_OR_RETURN(const auto row, connection_->query(kHasEvent, params));
    if (row.rows() == 1 && row.number(0, 0) == event.lo) return {};
    return fail(ErrorCode::not_found, "No such event is kept.");
}

Result<void> PgWriter::expunge_payload(EventId event) {
    return transact_by([&]() -> Result<void> {
        if (auto done = check_event(event); !done) return done;
        PgParams params;
        params.add(event_array({&event.hi, 1}));
        return connection_->execute(kExpungePayloads, params);
    });
}

Result<void> PgWriter::expunge_payloads(std::span<const std::uint64_t> events) {
    PgParams params;
    params.add(event_array(events));
    return transact_by([&] { return connection_->execute(kExpungePayloads, params); });
}

Result<void> PgWriter::expunge_response(EventId event, EndpointId endpoint, std::uint32_t number) {
    return transact_by([&]() -> Result<void> {
        if (auto done = check_event(event); !done) return done;
        PgParams params;
        params.add(event.hi).add(endpoint.hi).add(std::int64_t{number});
        ASSIGN_OR_RETURN(const auto changed, connection_->query(kExpungeResponse, params));
        if (changed.affected() == 1) return {};
        return fail(ErrorCode::not_found, "There is no such attempt.");
    });
}

}  // namespace posthaste
