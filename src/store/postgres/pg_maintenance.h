#pragma once

// What must happen some time but must not make a commit wait: retention, and sealing anew after a change of keys. One thread
// of its own, which looks; whatever has to be written goes through the writer, a small piece at a time.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>

#include "base/result.h"
#include "ports/store.h"
#include "store/common/sealed_store.h"
#include "store/postgres/pg_reader_pool.h"
#include "store/postgres/postgres_writer.h"

namespace posthaste {

class PgMaintenance {
public:
    PgMaintenance(const PostgresOptions& options, const Sealer& sealer, PgWriter& writer)
        : writer_(writer), thread_(options, sealer) {}

    void start() { thread_.start(1); }
    // Gives up what it is doing at the next safe point.
    void stop();
    [[nodiscard]] bool post(PgReaderPool::Job& job) { return thread_.post(job); }

    // On the maintenance thread, whose reader it gets.
    [[nodiscard]] Result<std::uint64_t> expire(PgReader& reader, RetentionPolicy policy,
                                               Timestamp now);
    [[nodiscard]] Result<ResealReport> reseal();

    // Of the whole database, as it was last measured. Any thread.
    [[nodiscard]] std::uint64_t bytes_on_disk() const { return bytes_on_disk_; }

private:
    [[nodiscard]] Result<void> expire_payloads(PgReader& reader, Timestamp now);
    // Deletes what is finished of a partition that cannot go. False: there was nothing.
    [[nodiscard]] Result<bool> sweep(PgReader& reader, const PgPartition& partition,
                                     const RetentionPolicy& policy, Timestamp now);
    template <class T>
    [[nodiscard]] Result<T> on_writer(std::move_only_function<Result<T>(PgWriter&)> job);

    PgWriter& writer_;
    PgReaderPool thread_;
    std::atomic<bool> is_stopping_{false};
    std::atomic<std::uint64_t> bytes_on_disk_{0};
    std::map<std::uint64_t, Timestamp> swept_at_;  // by first_hi; maintenance thread
};

}  // namespace posthaste
