#include "store/sqlite/log_maintenance.h"

#include <algorithm>
#include <future>
#include <memory>

#include "store/sqlite/database.h"

namespace posthaste {

LogMaintenance::LogMaintenance(const SqliteOptions& options, LogPartitions& partitions, SqliteWriter& writer)
    : options_(options), partitions_(partitions), writer_(writer), thread_(partitions, options.vfs) {}

void LogMaintenance::stop() {
    is_stopping_ = true;
    thread_.stop();
}

template <class T>
Result<T> LogMaintenance::on_writer(std::move_only_function<Result<T>(SqliteWriter&)> work) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    SqliteWriter::Job job = [&](SqliteWriter& writer) { promise.set_value(work(writer)); };
    if (!writer_.post(job)) return fail(ErrorCode::stopping, "The store is closing.");
    return answer.get();
}

// ---- checkpoints -----------------------------------------------------------------------------------------------------

void LogMaintenance::checkpoint(LogPartitionPtr partition) {
    ReaderPool::Job job = [this, partition = std::move(partition)](LogReader&) { run_checkpoint(*partition); };
    static_cast<void>(thread_.post(job));
}

// The long part runs here while commits go on; what they add meanwhile is copied by the writer, which lets the log start
// over. Without that, a busy store's log would never be copied completely and would only grow.
void LogMaintenance::run_checkpoint(const LogPartition& partition) {
    if (auto database = SqliteDatabase::open(partition.path, SqliteAccess::write, options_.vfs)) {
        static_cast<void>(database->execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"));
        sqlite3_wal_checkpoint_v2(database->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    }
    SqliteWriter::Job job = [first_hi = partition.first_hi](SqliteWriter& writer) { writer.finish_checkpoint(first_hi); };
    static_cast<void>(writer_.post(job));
}

// ---- indexes ---------------------------------------------------------------------------------------------------------

void LogMaintenance::build_index(LogPartitionPtr partition) {
    ReaderPool::Job job = [this, partition = std::move(partition)](LogReader& reader) {
        // A failure (full disk, stopping) leaves the index in memory; the next start tries again.
        static_cast<void>(run_build_index(reader, partition));
    };
    static_cast<void>(thread_.post(job));
}

void LogMaintenance::resume() {
    const auto partitions = partitions_.all();
    for (const LogPartitionPtr& partition : partitions) {
        const bool is_newest = partition == partitions.back() && partition->stage == LogStage::open;
        if (!is_newest && !partition->is_set_aside && partition->stage != LogStage::indexed) build_index(partition);
    }
}

Result<void> LogMaintenance::write_index(const LogPartitionPtr& partition, LogStage stage,
                                         std::span<const EndpointAttempt> attempts) {
    std::move_only_function<Result<void>(SqliteWriter&)> work = [&](SqliteWriter& writer) {
        return writer.write_index(*partition, stage, attempts);
    };
    return on_writer(std::move(work));
}

Result<void> LogMaintenance::run_build_index(LogReader& reader, const LogPartitionPtr& partition) {
    // From `closed` on, new attempts of this file are written into its index directly, so that what is sorted here and
    // what comes later together are everything.
    if (auto done = write_index(partition, LogStage::closed, {}); !done) return done;
    if (auto done = reader.warm(*partition); !done) return done;
    const std::vector<EndpointAttempt> sorted = partition->attempts.sorted();
    const std::span<const EndpointAttempt> all(sorted);
    for (std::size_t from = 0; from < all.size(); from += options_.index_chunk) {
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        const auto chunk = all.subspan(from, std::min(options_.index_chunk, all.size() - from));
        if (auto done = write_index(partition, LogStage::closed, chunk); !done) return done;
    }
    if (auto done = write_index(partition, LogStage::indexed, {}); !done) return done;
    partition->attempts.clear();
    run_checkpoint(*partition);
    return {};
}

Result<std::uint64_t> LogMaintenance::expire(LogReader&, RetentionPolicy, Timestamp) { return 0; }

}  // namespace posthaste
