#include "store/postgres/pg_maintenance.h"

#include <future>
#include <utility>
#include <vector>

namespace posthaste {

namespace {

constexpr std::size_t kPayloadsAtOnce = 100;
// What is left in a swept partition waits for something, mostly for long.
constexpr Duration kSweepEvery = 24h;

Error stopping() { return Error{ErrorCode::stopping, "The store is closing."}; }

}  // namespace

void PgMaintenance::stop() {
    is_stopping_ = true;
    thread_.stop();
}

// Runs the job between two commits and waits for it.
template <class T>
Result<T> PgMaintenance::on_writer(std::move_only_function<Result<T>(PgWriter&)> job) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    PgWriter::Job posted = [&promise, job = std::move(job)](PgWriter& writer) mutable {
        promise.set_value(job(writer));
    };
    if (!writer_.post(posted)) return std::unexpected(stopping());
    return answer.get();
}

Result<std::uint64_t> PgMaintenance::expire(PgReader& reader, RetentionPolicy policy,
                                            Timestamp now) {
    std::move_only_function<Result<void>(PgWriter&)> tidy = [now](PgWriter& writer) {
        if (auto done = writer.finish_drops(); !done) return done;
        return writer.expire_records(now);
    };
    if (auto done = on_writer(std::move(tidy)); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = expire_payloads(reader, now); !done)
        return std::unexpected(std::move(done).error());
    ASSIGN_OR_RETURN(const auto partitions, reader.partitions_before(now - policy.finished));
    std::uint64_t changed = 0;
    for (const PgPartition& partition : partitions) {
        if (is_stopping_) return std::unexpected(stopping());
        ASSIGN_OR_RETURN(const bool may_go, reader.may_go(partition, policy, now));
        bool is_dropped = false;
        if (may_go) {
            std::move_only_function<Result<bool>(PgWriter&)> drop = [partition](PgWriter& writer) {
                return writer.drop_partition(partition);
            };
            ASSIGN_OR_RETURN(is_dropped, on_writer(std::move(drop)));
        }
        if (is_dropped) swept_at_.erase(partition.first_hi);
        bool is_swept = false;
        if (!is_dropped) {
            ASSIGN_OR_RETURN(is_swept, sweep(reader, partition, policy, now));
        }
        changed += is_dropped || is_swept ? 1 : 0;
    }
    if (auto bytes = reader.bytes_on_disk()) bytes_on_disk_ = *bytes;
    return changed;
}

Result<void> PgMaintenance::expire_payloads(PgReader& reader, Timestamp now) {
    for (;;) {
        if (is_stopping_) return std::unexpected(stopping());
        ASSIGN_OR_RETURN(const auto events, reader.expired_payloads(now, kPayloadsAtOnce));
        if (events.empty()) return {};
        std::move_only_function<Result<void>(PgWriter&)> expunge = [&events](PgWriter& writer) {
            return writer.expunge_payloads(events);
        };
        if (auto done = on_writer(std::move(expunge)); !done) return done;
    }
}

Result<bool> PgMaintenance::sweep(PgReader& reader, const PgPartition& partition,
                                  const RetentionPolicy& policy, Timestamp now) {
    const auto last = swept_at_.find(partition.first_hi);
    if (last != swept_at_.end() && now - last->second < kSweepEvery) return false;
    bool has_changed = false;
    std::uint64_t after = partition.first_hi - 1;
    do {
        if (is_stopping_) return std::unexpected(stopping());
        ASSIGN_OR_RETURN(const auto events, reader.finished_events(partition, policy, now, after));
        if (events.empty()) continue;
        std::move_only_function<Result<void>(PgWriter&)> remove = [&events](PgWriter& writer) {
            return writer.delete_events(events);
        };
        if (auto done = on_writer(std::move(remove)); !done)
            return std::unexpected(std::move(done).error());
        has_changed = true;
    } while (after != 0);
    swept_at_[partition.first_hi] = now;
    return has_changed;
}

Result<ResealReport> PgMaintenance::reseal() {
    ResealReport report;
    for (bool is_more = true; is_more;) {
        if (is_stopping_) return std::unexpected(stopping());
        std::move_only_function<Result<bool>(PgWriter&)> seal = [&report](PgWriter& writer) {
            return writer.reseal_some(report);
        };
        ASSIGN_OR_RETURN(is_more, on_writer(std::move(seal)));
    }
    return report;
}

}  // namespace posthaste
