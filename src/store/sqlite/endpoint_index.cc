#include "store/sqlite/endpoint_index.h"

#include <algorithm>

namespace posthaste {

void EndpointIndex::add(const std::vector<EndpointAttempt>& attempts) {
    const std::scoped_lock lock(mutex_);
    for (const EndpointAttempt& attempt : attempts) {
        std::vector<AttemptKey>& keys = attempts_[attempt.endpoint];
        if (keys.empty() || keys.back() < attempt.key) {
            keys.push_back(attempt.key);
            continue;
        }
        // Attempts finish almost in the order they started in: this is near the end.
        const auto at = std::lower_bound(keys.begin(), keys.end(), attempt.key);
        if (at == keys.end() || *at != attempt.key) keys.insert(at, attempt.key);
    }
}

std::vector<AttemptKey> EndpointIndex::newest(std::uint64_t endpoint, std::size_t limit) const {
    const std::scoped_lock lock(mutex_);
    const auto found = attempts_.find(endpoint);
    if (found == attempts_.end()) return {};
    const std::vector<AttemptKey>& keys = found->second;
    const auto count = static_cast<std::ptrdiff_t>(std::min(limit, keys.size()));
    return {keys.rbegin(), keys.rbegin() + count};
}

std::vector<EndpointAttempt> EndpointIndex::sorted() const {
    std::vector<EndpointAttempt> all;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [endpoint, keys] : attempts_) {
            for (const AttemptKey& key : keys) all.push_back({endpoint, key});
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

void EndpointIndex::clear() {
    const std::scoped_lock lock(mutex_);
    attempts_ = {};
}

}  // namespace posthaste
