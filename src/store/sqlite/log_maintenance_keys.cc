// Sealing everything anew after a change of keys. Rows are looked for here, on a connection that only reads, and sealed by
// the writer, a few in each transaction, so that commits hardly wait.

#include <limits>

#include "store/sqlite/log_maintenance.h"

namespace posthaste {

namespace {

constexpr std::size_t kRowsAtOnce = 64;

}  // namespace

Result<ResealReport> LogMaintenance::reseal(ConfigReader& config) {
    ResealReport report;
    std::move_only_function<Result<ResealPlan>(SqliteWriter&)> look = [](SqliteWriter& writer) {
        return writer.plan_resealing();
    };
    ASSIGN_OR_RETURN(const ResealPlan plan, on_writer(std::move(look)));
    for (const LogPartitionPtr& partition : plan.logs) {
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        std::move_only_function<Result<void>(SqliteWriter&)> seal = [&](SqliteWriter& writer) {
            return writer.reseal_log(plan.primary, *partition);
        };
        auto done = on_writer(std::move(seal));
        if (!done && done.error().code == ErrorCode::corrupt) {
            partitions_.set_aside(*partition, done.error());
            continue;
        }
        if (!done) return std::unexpected(std::move(done).error());
        ++report.log_files;
    }
    if (!plan.needs_config) return report;
    ASSIGN_OR_RETURN(report.endpoints, reseal_table(config, SealedTable::endpoint, plan.primary));
    ASSIGN_OR_RETURN(report.records, reseal_table(config, SealedTable::record, plan.primary));
    std::move_only_function<Result<void>(SqliteWriter&)> forget = [&](SqliteWriter& writer) {
        return writer.forget_other_keys(plan.primary);
    };
    if (auto done = on_writer(std::move(forget)); !done)
        return std::unexpected(std::move(done).error());
    report.has_rewritten = true;
    return report;
}

Result<std::uint64_t> LogMaintenance::reseal_table(ConfigReader& config, SealedTable table,
                                                   SealingKeyId primary) {
    std::uint64_t sealed = 0;
    std::int64_t last = std::numeric_limits<std::int64_t>::min();
    for (;;) {
        if (is_stopping_) return fail(ErrorCode::stopping, "The store is closing.");
        ASSIGN_OR_RETURN(const auto rows, config.rows_to_reseal(table, last, primary, kRowsAtOnce));
        if (rows.empty()) return sealed;
        std::move_only_function<Result<void>(SqliteWriter&)> seal = [&](SqliteWriter& writer) {
            return writer.reseal_config(primary, table, rows);
        };
        if (auto done = on_writer(std::move(seal)); !done)
            return std::unexpected(std::move(done).error());
        sealed += rows.size();
        last = rows.back();
    }
}

}  // namespace posthaste
