#pragma once

// What must happen some time but must not make a commit wait: checkpoints, the index of a file that takes no more events,
// and retention. One thread of its own; whatever has to be written to a live file goes through the writer, a small piece
// at a time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <span>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/common/sealed_store.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/sqlite_options.h"
#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

class LogMaintenance {
public:
    LogMaintenance(const SqliteOptions& options, LogPartitions& partitions, SqliteWriter& writer,
                   const Sealer& sealer);

    void start() { thread_.start(1); }
    // Gives up what it is doing at the next safe point: all of it is found again by resume() after a restart.
    void stop();
    [[nodiscard]] bool post(ReaderPool::Job& job) { return thread_.post(job); }

    // Any thread; these only queue.
    void checkpoint(LogPartitionPtr partition);
    void build_index(LogPartitionPtr partition);
    // Queues the indexes that an earlier run left unfinished.
    void resume();

    // On the maintenance thread, whose reader it gets.
    [[nodiscard]] Result<std::uint64_t> expire(LogReader& reader, RetentionPolicy policy,
                                               Timestamp now);
    // Also there (log_maintenance_keys.cc). Seals with the first key what another one has sealed, a few values between two
    // commits, and rewrites posthaste.db in the end. May be interrupted at any point, and called again.
    [[nodiscard]] Result<ResealReport> reseal(ConfigReader& config);

private:
    void run_checkpoint(const LogPartitionPtr& partition);
    [[nodiscard]] Result<void> run_build_index(LogReader& reader, const LogPartitionPtr& partition);

    [[nodiscard]] Result<bool> expire_file(const LogPartitionPtr& partition, Timestamp dead_limit);
    [[nodiscard]] Result<bool> expire_unless_named(const LogPartitionPtr& partition,
                                                   Timestamp dead_limit);

    // Runs on the writer thread and waits for it.
    template <class T>
    [[nodiscard]] Result<T> on_writer(std::move_only_function<Result<T>(SqliteWriter&)> work);
    [[nodiscard]] Result<void> write_index(const LogPartitionPtr& partition, LogStage stage,
                                           const IndexSlice& slice);
    // `all` in slices; `part` is the member of IndexSlice they go to.
    template <class Entry>
    [[nodiscard]] Result<void> write_slices(const LogPartitionPtr& partition,
                                            std::span<const Entry> all,
                                            std::span<const Entry> IndexSlice::* part);
    [[nodiscard]] Result<void> write_keys(const LogPartitionPtr& partition,
                                          std::vector<EventKey> keys);
    [[nodiscard]] Result<std::uint64_t> reseal_table(ConfigReader& config, SealedTable table,
                                                     SealingKeyId primary);
    [[nodiscard]] Result<void> expire_payloads(LogReader& reader, const LogPartitionPtr& partition,
                                               Timestamp now);

    const SqliteOptions& options_;
    LogPartitions& partitions_;
    SqliteWriter& writer_;
    std::atomic<bool> is_stopping_{false};
    ReaderPool thread_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

template <class T>
Result<T> LogMaintenance::on_writer(std::move_only_function<Result<T>(SqliteWriter&)> work) {
    std::promise<Result<T>> promise;
    auto answer = promise.get_future();
    SqliteWriter::Job job = [&](SqliteWriter& writer) { promise.set_value(work(writer)); };
    if (!writer_.post(job)) return fail(ErrorCode::stopping, "The store is closing.");
    return answer.get();
}

}  // namespace posthaste
