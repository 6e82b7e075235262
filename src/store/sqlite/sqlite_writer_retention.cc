#include <filesystem>

#include "base/assert.h"
#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

void SqliteWriter::rotate_if_older(Timestamp limit) {
    if (newest_ == nullptr) return;
    const std::uint64_t newest_hi = newest_->file.partition()->newest_hi;
    if (newest_hi != 0 && time_of(newest_hi) < limit) rotate();
}

bool SqliteWriter::takes_events(const LogPartition& partition) const {
    return newest_ != nullptr && newest_->file.partition().get() == &partition;
}

Result<bool> SqliteWriter::holds_requests(const LogPartition& partition) {
    Entry* const entry = find(partition);
    if (entry == nullptr) return false;
    if (auto done = entry->file.load_names(); !done)
        return std::unexpected(std::move(done).error());
    return entry->file.key_counts().requests > 0;
}

Result<std::int64_t> SqliteWriter::commits_of(const LogPartition& partition) {
    Entry* const entry = find(partition);
    if (entry == nullptr)
        return fail(ErrorCode::not_found, "The log file " + partition.path + " is gone.");
    return entry->file.commits();
}

// The order matters: once the counters are in the totals the file must not count any more, whatever happens; so its name is
// noted in the same transaction, and an interrupted drop is finished at the next start.
Result<bool> SqliteWriter::drop(const LogPartitionPtr& partition) {
    Entry* const entry = find(*partition);
    if (entry == nullptr || entry == newest_ || entry->file.is_ambiguous()) return false;
    if (entry->file.tally().parked != 0 || entry->file.has_unsettled_tail()) return false;
    if (auto done = config_->fold(partition->name, entry->file.tally(), ids_.last_hi()); !done) {
        return std::unexpected(std::move(done).error());
    }
    partitions_.remove(partition);
    files_.erase(partition->first_hi);
    remove_log(partition->path);
    if (auto done = sync_directory(options_.directory + "/log"); !done)
        return std::unexpected(std::move(done).error());
    if (auto done = config_->forget_folded(partition->name); !done)
        return std::unexpected(std::move(done).error());
    return true;
}

// The copy gets its final name before the old file goes. A crash between the two leaves both, and the greater name counts.
Result<bool> SqliteWriter::replace(const LogPartitionPtr& partition, const std::string& copy_path,
                                   std::int64_t commits_when_copied) {
    Entry* const entry = find(*partition);
    if (entry == nullptr || entry == newest_ || entry->file.is_ambiguous()) return false;
    if (entry->file.commits() != commits_when_copied || entry->file.has_unsettled_tail())
        return false;

    const std::string name = rewritten_log_file_name(partition->name);
    auto copy = std::make_shared<LogPartition>(name, options_.directory + "/log/" + name,
                                               partition->first_hi);
    std::error_code error;
    std::filesystem::rename(copy_path, copy->path, error);
    if (error)
        return fail(ErrorCode::io, "Cannot rename " + copy_path + ": " + error.message() + ".");
    auto replacement = std::make_unique<Entry>(copy, options_, sealer_);
    auto done = replacement->file.open(SqliteAccess::write);
    if (done) done = sync_directory(options_.directory + "/log");
    if (!done) {
        replacement.reset();
        remove_log(copy->path);
        return std::unexpected(std::move(done).error());
    }
    ASSERT(replacement->file.tally().accepted == entry->file.tally().accepted);
    replacement->published = entry->published;
    replacement->file.close();
    files_[partition->first_hi] = std::move(replacement);
    partitions_.remove(partition);
    partitions_.add(std::move(copy));
    remove_log(partition->path);
    static_cast<void>(sync_directory(options_.directory + "/log"));
    return true;
}

}  // namespace posthaste
