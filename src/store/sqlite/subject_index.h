#pragma once

// What belongs to a subject, in order, for one log file, in memory: the attempts of an endpoint by start (24 bytes each), the
// events of an application by id (8 bytes each). The writer adds what it has committed; readers ask. After a restart an index
// is cold: it holds only what was added since, until a reader has read the file (merge) and declared it warm. Thread-safe.

#include <algorithm>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace posthaste {

// Ordered by start, then key: the order in which pages show them, backwards.
struct AttemptKey {
    std::int64_t started_at = 0;
    std::uint64_t event = 0;
    std::uint32_t number = 0;
    bool is_delivered = false;  // told by the other three, so that it never decides an order

    friend auto operator<=>(const AttemptKey&, const AttemptKey&) = default;
};

template <class Key>
struct SubjectEntry {
    std::uint64_t subject = 0;  // upper half of its id
    Key key{};

    friend auto operator<=>(const SubjectEntry&, const SubjectEntry&) = default;
};
using EndpointAttempt = SubjectEntry<AttemptKey>;
using ApplicationEvent = SubjectEntry<std::uint64_t>;

enum class ReadingOrder : bool { oldest_first, newest_first };

// Both bounds belong to the range.
template <class Key>
struct KeyRange {
    Key from{};
    Key to{};
    ReadingOrder order = ReadingOrder::newest_first;
    std::size_t limit = 0;
};

template <class Key>
class SubjectIndex {
public:
    using Entry = SubjectEntry<Key>;

    // Adding what is there already changes nothing.
    void add(std::span<const Entry> entries) {
        const std::scoped_lock lock(mutex_);
        for (const Entry& entry : entries) {
            std::vector<Key>& keys = subjects_[entry.subject];
            if (keys.empty() || keys.back() < entry.key) {
                keys.push_back(entry.key);
                continue;
            }
            // Entries come almost in order: this is near the end.
            const auto at = std::lower_bound(keys.begin(), keys.end(), entry.key);
            if (at == keys.end() || *at != entry.key) keys.insert(at, entry.key);
        }
    }
    // Of one subject, in the order asked for.
    [[nodiscard]] std::vector<Key> read(std::uint64_t subject, const KeyRange<Key>& range) const {
        const std::scoped_lock lock(mutex_);
        const auto [from, to] = find(subject, range);
        const std::size_t count = std::min(range.limit, static_cast<std::size_t>(to - from));
        const auto taken = static_cast<std::ptrdiff_t>(count);
        if (range.order == ReadingOrder::oldest_first) return {from, from + taken};
        return {std::make_reverse_iterator(to), std::make_reverse_iterator(to - taken)};
    }
    // Calls `see(key)` for each, under the lock.
    template <class See>
    void for_each(std::uint64_t subject, const KeyRange<Key>& range, See see) const {
        const std::scoped_lock lock(mutex_);
        const auto [from, to] = find(subject, range);
        std::for_each(from, to, see);
    }
    // Everything, sorted.
    [[nodiscard]] std::vector<Entry> sorted() const {
        std::vector<Entry> all;
        {
            const std::scoped_lock lock(mutex_);
            for (const auto& [subject, keys] : subjects_) {
                for (const Key& key : keys) all.push_back({subject, key});
            }
        }
        std::sort(all.begin(), all.end());
        return all;
    }
    void clear() {
        const std::scoped_lock lock(mutex_);
        subjects_ = {};
    }

    [[nodiscard]] bool is_warm() const { return warm_at_ == epoch_; }
    // What was read from the file is complete if the index was not declared cold since `epoch` was asked for.
    [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
    void set_warm(std::uint64_t epoch) { warm_at_ = epoch; }
    // The file may hold what was not added here.
    void set_cold() { ++epoch_; }

private:
    using Place = typename std::vector<Key>::const_iterator;
    [[nodiscard]] std::pair<Place, Place> find(std::uint64_t subject,
                                               const KeyRange<Key>& range) const {
        const auto found = subjects_.find(subject);
        if (found == subjects_.end() || range.to < range.from) return {};
        const std::vector<Key>& keys = found->second;
        return {std::lower_bound(keys.begin(), keys.end(), range.from),
                std::upper_bound(keys.begin(), keys.end(), range.to)};
    }

    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::vector<Key>> subjects_;
    std::atomic<std::uint64_t> epoch_{1};
    std::atomic<std::uint64_t> warm_at_{0};
};

using EndpointIndex = SubjectIndex<AttemptKey>;
using EventIndex = SubjectIndex<std::uint64_t>;

}  // namespace posthaste
