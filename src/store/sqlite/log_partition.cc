#include "store/sqlite/log_partition.h"

#include <algorithm>
#include <charconv>

namespace posthaste {

std::string log_file_name(std::uint64_t first_hi, Timestamp now) {
    const std::string stamp = format_rfc3339(now);  // 2026-11-22T23:01:…
    std::string digits(16, '0');
    for (std::size_t i = 0; i < 16; ++i)
        digits[15 - i] = "0123456789abcdef"[first_hi >> (4 * i) & 15];
    return stamp.substr(0, 4) + stamp.substr(5, 2) + stamp.substr(8, 5) + stamp.substr(14, 2) +
           "-" + digits + ".db";
}

std::optional<std::uint64_t> parse_log_file_name(std::string_view name) {
    constexpr std::string_view kSuffix = ".db";
    constexpr std::size_t kDigits = 16;
    if (!name.ends_with(kSuffix)) return {};
    name.remove_suffix(kSuffix.size());
    const std::size_t dash = name.rfind('-');
    if (dash == std::string_view::npos || name.size() - dash - 1 != kDigits) return {};
    std::uint64_t first_hi = 0;
    const auto [end, code] =
        std::from_chars(name.data() + dash + 1, name.data() + name.size(), first_hi, 16);
    if (code != std::errc{} || end != name.data() + name.size()) return {};
    return first_hi;
}

std::string rewritten_log_file_name(std::string_view name) {
    constexpr std::size_t kTail = 20;  // "-" hexadecimal digits ".db"
    std::string_view head = name.substr(0, name.size() - kTail);
    unsigned rewrites = 0;
    if (const std::size_t mark = head.rfind("-r"); mark != std::string_view::npos) {
        std::from_chars(head.data() + mark + 2, head.data() + head.size(), rewrites);
        head = head.substr(0, mark);
    }
    std::string digits = std::to_string(rewrites + 1);
    digits.insert(0, digits.size() < 4 ? 4 - digits.size() : 0, '0');
    return std::string(head) + "-r" + digits + std::string(name.substr(name.size() - kTail));
}

std::vector<LogPartitionPtr> LogPartitions::all() const {
    const std::scoped_lock lock(mutex_);
    return partitions_;
}

LogPartitionPtr LogPartitions::find(std::uint64_t hi) const {
    const std::scoped_lock lock(mutex_);
    const auto above = std::upper_bound(
        partitions_.begin(), partitions_.end(), hi,
        [](std::uint64_t value, const LogPartitionPtr& p) { return value < p->first_hi; });
    return above == partitions_.begin() ? nullptr : *std::prev(above);
}

void LogPartitions::add(LogPartitionPtr partition) {
    const std::scoped_lock lock(mutex_);
    const auto above = std::upper_bound(
        partitions_.begin(), partitions_.end(), partition->first_hi,
        [](std::uint64_t value, const LogPartitionPtr& p) { return value < p->first_hi; });
    partitions_.insert(above, std::move(partition));
}

void LogPartitions::remove(const LogPartitionPtr& partition) {
    const std::scoped_lock lock(mutex_);
    std::erase(partitions_, partition);
    removals_.fetch_add(1, std::memory_order_release);
}

void LogPartitions::set_aside(LogPartition& partition, const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (partition.is_set_aside.exchange(true)) return;
    if (!problem_.empty()) problem_ += ' ';
    problem_ += "The log file " + partition.path + " is set aside: " + error.message;
}

std::string LogPartitions::problem() const {
    const std::scoped_lock lock(mutex_);
    return problem_;
}

}  // namespace posthaste
