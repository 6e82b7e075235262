#include "store/sqlite/log_maintenance.h"

#include <algorithm>
#include <memory>

#include "store/sqlite/database.h"
#include "store/sqlite/log_rewrite.h"

namespace posthaste {

namespace {

constexpr std::int64_t kTakesEvents = -1;
constexpr std::uint64_t kEmptyFileBytes = 48u << 10;  // a log file without rows

}  // namespace

LogMaintenance::LogMaintenance(const SqliteOptions& options, LogPartitions& partitions,
                               SqliteWriter& writer, const Sealer& sealer)
    : options_(options),
      partitions_(partitions),
      writer_(writer),
      thread_(partitions, options, sealer) {}

void LogMaintenance::stop() {
    is_stopping_ = true;
    thread_.stop();
}

// ---- checkpoints -----------------------------------------------------------------------------------------------------

void LogMaintenance::checkpoint(LogPartitionPtr partition) {
    ReaderPool::Job job = [this, partition = std::move(partition)](StoreReader&) {
        run_checkpoint(partition);
    };
    static_cast<void>(thread_.post(job));
}

// The long part runs here while commits go on; what they add meanwhile is copied by the writer, which lets the log start
// over. Without that, a busy store's log would never be copied completely and would only grow.
void LogMaintenance::run_checkpoint(const LogPartitionPtr& partition) {
    if (auto database = SqliteDatabase::open(partition->path, SqliteAccess::write, options_.vfs)) {
        static_cast<void>(
            database->execute("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0"));
        sqlite3_wal_checkpoint_v2(database->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                  nullptr);
    }
    SqliteWriter::Job job = [partition](SqliteWriter& writer) {
        writer.finish_checkpoint(*partition);
    };
    static_cast<void>(writer_.post(job));
}

// ---- indexes ---------------------------------------------------------------------------------------------------------

void LogMaintenance::build_index(LogPartitionPtr partition) {
    ReaderPool::Job job = [this, partition = std::move(partition)](StoreReader& reader) {
        // A failure (full disk, stopping) leaves the index in memory; the next start tries again.
        static_cast<void>(run_build_index(reader.log, partition));
    };
    static_cast<void>(thread_.post(job));
}

void LogMaintenance::resume() {
    const auto partitions = partitions_.all();
    for (const LogPartitionPtr& partition : partitions) {
        const bool is_newest = partition == partitions.back() && partition->stage == LogStage::open;
        if (!is_newest && !partition->is_set_aside && partition->stage != LogStage::indexed)
            build_index(partition);
    }
}

Result<void> LogMaintenance::write_index(const LogPartitionPtr& partition, LogStage stage,
                                         const IndexSlice& slice) {
    std::move_only_function<Result<void>(SqliteWriter&)> work = [&](SqliteWriter& writer) {
        return writer.write_index(*partition, stage, slice);
    };
    return on_writer(std::move(work));
}

template <class Entry>
Result<void> LogMaintenance::write_slices(const LogPartitionPtr& partition,
                                          std::span<const Entry> all,
                                          std::span<const Entry> IndexSlice::* part) {
    for (std::size_t from = 0; from < all.size(); from += options_.index_chunk) {
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        IndexSlice slice;
        slice.*part = all.subspan(from, std::min(options_.index_chunk, all.size() - from));
        if (auto done = write_index(partition, LogStage::closed, slice); !done) return done;
    }
    return {};
}

Result<void> LogMaintenance::run_build_index(LogReader& reader, const LogPartitionPtr& partition) {
    // From `closed` on, new attempts of this file are written into its index directly, so that what is sorted here and
    // what comes later together are everything.
    if (auto done = write_index(partition, LogStage::closed, {}); !done) return done;
    if (auto done = reader.warm(*partition, SubjectKind::endpoint); !done) return done;
    if (auto done = reader.warm(*partition, SubjectKind::application); !done) return done;
    {
        const auto attempts = partition->attempts.sorted();
        for (const EndpointAttempt& attempt : attempts) partition->endpoints.add(attempt.subject);
        auto done = write_slices(partition, std::span(attempts), &IndexSlice::attempts);
        if (!done) return done;
    }
    {
        const auto events = partition->events.sorted();
        for (const ApplicationEvent& event : events) partition->applications.add(event.subject);
        auto done = write_slices(partition, std::span(events), &IndexSlice::events);
        if (!done) return done;
    }
    ASSIGN_OR_RETURN(auto keys, reader.read_keys(*partition));
    if (auto done = write_keys(partition, std::move(keys)); !done) return done;
    partition->endpoints.set_ready();
    partition->applications.set_ready();
    if (auto done = write_index(partition, LogStage::indexed, {}); !done) return done;
    partition->attempts.clear();
    partition->events.clear();
    run_checkpoint(partition);
    return {};
}

Result<void> LogMaintenance::write_keys(const LogPartitionPtr& partition,
                                        std::vector<EventKey> keys) {
    if (keys.empty()) return {};
    // SQLite's integers have a sign; in its order the table grows at its end only.
    std::sort(keys.begin(), keys.end(), [](const EventKey& a, const EventKey& b) {
        const auto left = static_cast<std::int64_t>(a.key);
        const auto right = static_cast<std::int64_t>(b.key);
        return left != right ? left < right : a.event < b.event;
    });
    auto done = write_slices(partition, std::span<const EventKey>(keys), &IndexSlice::keys);
    if (!done) return done;
    KeyFilter filter(keys.size());
    IndexSlice last;
    last.filter = &filter;
    for (const EventKey& key : keys) {
        filter.add(key.key);
        last.counts.add(key.key);
    }
    return write_index(partition, LogStage::closed, last);
}

// ---- retention -------------------------------------------------------------------------------------------------------

Result<std::uint64_t> LogMaintenance::expire(LogReader& reader, RetentionPolicy policy,
                                             Timestamp now) {
    std::move_only_function<Result<void>(SqliteWriter&)> records = [now](SqliteWriter& writer) {
        return writer.expire_records(now);
    };
    if (auto done = on_writer(std::move(records)); !done)
        return std::unexpected(std::move(done).error());
    std::move_only_function<Result<void>(SqliteWriter&)> rotate =
        [limit = now - policy.finished](SqliteWriter& writer) {
            writer.rotate_if_older(limit);
            return Result<void>();
        };
    if (auto done = on_writer(std::move(rotate)); !done)
        return std::unexpected(std::move(done).error());
    std::uint64_t changed = 0;
    for (const LogPartitionPtr& partition : partitions_.all()) {
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        if (auto done = expire_payloads(reader, partition, now); !done)
            return std::unexpected(std::move(done).error());
        const std::uint64_t newest_hi = std::max(partition->newest_hi.load(), partition->first_hi);
        const bool is_young = time_of(newest_hi) > now - policy.finished;
        const bool has_tail = partition->watermark < partition->newest_hi;
        if (is_young || has_tail || partition->is_set_aside) continue;
        const bool may_be_repeated = time_of(newest_hi) + 1ms > now - kRepeatWindow;
        auto done = may_be_repeated ? expire_unless_named(partition, now - policy.dead)
                                    : expire_file(partition, now - policy.dead);
        if (done && *done) ++changed;
        if (!done && done.error().code == ErrorCode::corrupt)
            partitions_.set_aside(*partition, done.error());
        if (!done && done.error().code != ErrorCode::corrupt)
            return std::unexpected(std::move(done).error());
    }
    return changed;
}

Result<void> LogMaintenance::expire_payloads(LogReader& reader, const LogPartitionPtr& partition,
                                             Timestamp now) {
    while (!partition->is_set_aside) {
        auto events = reader.expired_payloads(*partition, now, options_.index_chunk);
        if (!events && events.error().code == ErrorCode::corrupt) return {};
        if (!events) return std::unexpected(std::move(events).error());
        if (events->empty()) return {};
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        std::move_only_function<Result<void>(SqliteWriter&)> work = [&](SqliteWriter& writer) {
            return writer.expunge_payloads(*partition, *events);
        };
        if (auto done = on_writer(std::move(work)); !done) return done;
    }
    return {};
}

// The requests of a file this young may be repeated: then it stays whole, however short a time its events are to be kept.
Result<bool> LogMaintenance::expire_unless_named(const LogPartitionPtr& partition,
                                                 Timestamp dead_limit) {
    std::move_only_function<Result<bool>(SqliteWriter&)> look = [&](SqliteWriter& writer) {
        return writer.holds_requests(*partition);
    };
    ASSIGN_OR_RETURN(const bool is_named, on_writer(std::move(look)));
    if (is_named) return false;
    return expire_file(partition, dead_limit);
}

// True when the file was dropped or replaced.
Result<bool> LogMaintenance::expire_file(const LogPartitionPtr& partition, Timestamp dead_limit) {
    std::move_only_function<Result<std::int64_t>(SqliteWriter&)> look =
        [&](SqliteWriter& writer) -> Result<std::int64_t> {
        if (writer.takes_events(*partition)) return kTakesEvents;
        return writer.commits_of(*partition);
    };
    ASSIGN_OR_RETURN(const auto commits, on_writer(std::move(look)));
    if (commits == kTakesEvents) return false;
    ASSIGN_OR_RETURN(const auto stragglers, find_stragglers(*partition, dead_limit, options_.vfs));
    if (stragglers.events == 0) {
        std::move_only_function<Result<bool>(SqliteWriter&)> drop = [&](SqliteWriter& writer) {
            return writer.drop(partition);
        };
        return on_writer(std::move(drop));
    }
    const bool saves_half = stragglers.bytes + kEmptyFileBytes <= stragglers.file_bytes / 2;
    if (!saves_half || stragglers.file_bytes < options_.rewrite_bytes_min) return false;
    // Its index is still being built from the old file.
    if (partition->stage != LogStage::indexed) return false;

    const std::string copy_path = partition->path + ".tmp";
    remove_log(copy_path);
    auto copied = copy_stragglers(*partition, dead_limit, copy_path, options_.vfs);
    Result<bool> replaced = false;
    if (copied) {
        std::move_only_function<Result<bool>(SqliteWriter&)> replace = [&](SqliteWriter& writer) {
            return writer.replace(partition, copy_path, commits);
        };
        replaced = on_writer(std::move(replace));
    }
    remove_log(copy_path);
    if (!copied) return std::unexpected(std::move(copied).error());
    return replaced;
}

}  // namespace posthaste
