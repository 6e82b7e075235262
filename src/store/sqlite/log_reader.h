#pragma once

// Questions to the log, answered on a reader thread by connections that never write. Each answer is taken from one
// snapshot of each file, made when the question is asked: it sees every commit that completed before. One reader belongs
// to one thread.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/sqlite/database.h"
#include "store/sqlite/log_partition.h"

namespace posthaste {

class LogReader {
public:
    LogReader(LogPartitions& partitions, std::string vfs);
    ~LogReader();

    [[nodiscard]] Result<ParkedPage> load_parked(const ParkedQuery& query);
    [[nodiscard]] Result<EventHistory> read_event(EventId id);
    [[nodiscard]] Result<std::vector<AttemptOfEndpoint>> attempts_of_endpoint(EndpointId id,
                                                                              std::size_t limit);
    [[nodiscard]] Result<ScanSlice> scan(std::uint64_t after_hi, std::size_t limit);
    // Reads a file's attempts into its index, unless that is complete already.
    [[nodiscard]] Result<void> warm(LogPartition& partition);

private:
    struct File;
    struct Candidate;
    class Snapshot;
    static constexpr std::size_t kFilesMax = 16;  // open at once

    void close_removed();
    [[nodiscard]] Result<File*> open(LogPartition& partition);
    [[nodiscard]] Error failed(LogPartition& partition, int code, std::string_view doing);
    [[nodiscard]] Result<void> collect_parked(const LogPartitionPtr& partition,
                                              const ParkedQuery& query,
                                              std::vector<Candidate>& candidates);
    [[nodiscard]] Result<EventPtr> fetch_event(LogPartition& partition, std::uint64_t hi);
    [[nodiscard]] Result<void> collect_attempts(
        const LogPartitionPtr& partition, EndpointId id, std::size_t limit,
        std::vector<std::pair<AttemptKey, LogPartitionPtr>>& keys);
    [[nodiscard]] Result<void> scan_file(LogPartition& partition, std::uint64_t after_hi,
                                         std::size_t limit, ScanSlice& slice);

    LogPartitions& partitions_;
    const std::string vfs_;
    std::list<File> files_;  // most recently used first
    std::uint64_t removals_ = 0;
};

}  // namespace posthaste
