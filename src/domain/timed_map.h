#pragma once

// A map of bounded size: when one more comes, the entry with the earliest time goes. Pure; not thread-safe.

#include <cstddef>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/assert.h"
#include "base/id.h"
#include "base/time.h"

namespace posthaste {

template <class Value>
class TimedMap {
public:
    struct Entry {
        Timestamp at;
        Value value;
    };

    explicit TimedMap(std::size_t size_max) : size_max_(size_max) { ASSERT(size_max > 0); }

    // Null when there is none; valid until the next change.
    [[nodiscard]] const Entry* find(Id key) const {
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : &found->second;
    }

    // Adds or replaces.
    void put(Id key, Timestamp at, Value value) {
        if (find(key)) erase(key);
        if (entries_.size() == size_max_) erase(Id(by_time_.begin()->second));
        entries_.emplace(key, Entry{at, std::move(value)});
        by_time_.emplace(at, key);
    }

    void erase(Id key) {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return;
        by_time_.erase({found->second.at, key});
        entries_.erase(found);
    }

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    std::size_t size_max_;
    std::unordered_map<Id, Entry, IdHash> entries_;
    std::set<std::pair<Timestamp, Id>> by_time_;
};

}  // namespace posthaste
