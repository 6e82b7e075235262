// Changing the encryption key. A key is noted in posthaste.db before it seals anything, and the note goes when nothing that it
// has sealed is left: whatever the moment of a crash, the notes and the log files' data keys name every key that is needed.

#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

Result<void> SqliteWriter::replace_keys(std::shared_ptr<const KeyRing> keys) {
    for (const auto& [first_hi, entry] : files_) {
        const LogPartition& partition = *entry->file.partition();
        const auto id = entry->file.data_key_id();
        if (!partition.is_set_aside && id && !keys->has(*id))
            return std::unexpected(missing_key(*id, "The log file " + partition.path));
    }
    if (auto done = config_->take_keys(*keys); !done) return done;
    sealer_.replace(std::move(keys));
    return {};
}

Result<ResealPlan> SqliteWriter::plan_resealing() {
    ResealPlan plan;
    plan.primary = sealer_.keys()->primary();
    ASSIGN_OR_RETURN(const auto noted, config_->noted_keys());
    plan.needs_config = noted.size() != 1;
    for (const auto& [first_hi, entry] : files_) {
        const auto id = entry->file.data_key_id();
        if (!entry->file.partition()->is_set_aside && id && *id != plan.primary)
            plan.logs.push_back(entry->file.partition());
    }
    return plan;
}

Result<void> SqliteWriter::check_primary(SealingKeyId primary) const {
    if (sealer_.keys()->primary() == primary) return {};
    return fail(ErrorCode::conflict, "The encryption key was changed again meanwhile.");
}

Result<void> SqliteWriter::reseal_config(SealingKeyId primary, SealedTable table,
                                         std::span<const std::int64_t> rows) {
    if (auto done = check_primary(primary); !done) return done;
    return config_->reseal(table, rows);
}

Result<void> SqliteWriter::reseal_log(SealingKeyId primary, const LogPartition& partition) {
    if (auto done = check_primary(primary); !done) return done;
    // Retention may have taken it since.
    Entry* const entry = find(partition);
    if (entry == nullptr) return {};
    auto done = change_rows(*entry, [](LogFile& file) { return file.reseal_data_key(); });
    if (done) requests_.checkpoint(entry->file.partition());
    close_idle_files();
    return done;
}

Result<void> SqliteWriter::forget_other_keys(SealingKeyId primary) {
    if (auto done = check_primary(primary); !done) return done;
    return config_->forget_other_keys(primary);
}

}  // namespace posthaste
