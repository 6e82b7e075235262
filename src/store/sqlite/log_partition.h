#pragma once

// What all threads know of the log files: their names, ranges and stages. A file holds the events from its first_hi, which
// is in its name, up to the next file's, so that the file of an event is known without opening any, even beside a damaged
// one. The writer thread changes the list; everyone reads it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/sqlite/subject_filter.h"
#include "store/sqlite/subject_index.h"

namespace posthaste {

// Stored by number in meta.stage.
enum class LogStage : std::uint8_t { open = 0, closed = 1, indexed = 2 };

struct LogPartition {
    LogPartition(std::string file_name, std::string file_path, std::uint64_t first)
        : name(std::move(file_name)), path(std::move(file_path)), first_hi(first) {}

    const std::string name;
    const std::string path;
    const std::uint64_t first_hi;
    std::atomic<std::uint64_t> newest_hi{0};
    std::atomic<std::uint64_t> watermark{0};
    std::atomic<std::uint64_t> parked{0};
    std::atomic<LogStage> stage{LogStage::open};
    std::atomic<bool> is_set_aside{false};  // damaged: nobody reads or writes it
    // Until stage is indexed.
    EndpointIndex attempts;
    EventIndex events;
    // From when it is.
    SubjectFilter endpoints;
    SubjectFilter applications;
};
using LogPartitionPtr = std::shared_ptr<LogPartition>;

// When the event with this id was accepted, to the millisecond.
[[nodiscard]] inline Timestamp time_of(std::uint64_t hi) {
    return from_micros(static_cast<std::int64_t>(hi >> 16) * 1000);
}

// "20261122T2300-0190a5b27c3d7abc.db": the hour is for people, the hexadecimal part is first_hi.
[[nodiscard]] std::string log_file_name(std::uint64_t first_hi, Timestamp now);
[[nodiscard]] std::optional<std::uint64_t> parse_log_file_name(std::string_view name);
// The name of a rewritten copy: the same first_hi, and greater in text order than the name of what it replaces
// ("…T2300-0190….db" -> "…T2300-r0001-0190….db" -> "…T2300-r0002-0190….db").
[[nodiscard]] std::string rewritten_log_file_name(std::string_view name);

class LogPartitions {
public:
    // Oldest first.
    [[nodiscard]] std::vector<LogPartitionPtr> all() const;
    // The file whose range holds this event; null: older than all of them.
    [[nodiscard]] LogPartitionPtr find(std::uint64_t hi) const;
    void add(LogPartitionPtr partition);
    void remove(const LogPartitionPtr& partition);
    // Grows with every removal: connections to removed files should be closed.
    [[nodiscard]] std::uint64_t removals() const {
        return removals_.load(std::memory_order_acquire);
    }

    // Marks a damaged file. Its reads answer `corrupt`; the rest goes on.
    void set_aside(LogPartition& partition, const Error& error);
    [[nodiscard]] std::string problem() const;  // a sentence for each file set aside

private:
    mutable std::mutex mutex_;
    std::vector<LogPartitionPtr> partitions_;  // by first_hi
    std::string problem_;
    std::atomic<std::uint64_t> removals_{0};
};

}  // namespace posthaste
