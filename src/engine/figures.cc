#include "engine/figures.h"

#include <algorithm>
#include <chrono>

namespace posthaste {

namespace {

Timestamp minute_of(Timestamp at) { return std::chrono::floor<std::chrono::minutes>(at); }

using Buckets = std::array<std::uint64_t, Histogram::kBuckets + 1>;

// The bound below which that share of the values lies.
std::optional<Duration> quantile(const Buckets& buckets, double share) {
    std::uint64_t count = 0;
    for (const std::uint64_t bucket : buckets) count += bucket;
    if (count == 0) return std::nullopt;
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count - 1)) + 1;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
        seen += buckets[i];
        if (seen >= rank) return Duration(static_cast<std::int64_t>(Histogram::upper_bound_us(i)));
    }
    return Duration(static_cast<std::int64_t>(Histogram::upper_bound_us(Histogram::kBuckets - 1)));
}

}  // namespace

Figures::Sums Figures::sums() const {
    Sums sums;
    for (const EngineMetrics* engine : engines_) {
        sums.accepted += engine->deliveries_accepted.value();
        sums.delivered += engine->delivered.value();
        sums.failed_attempts += engine->retried.value() + engine->dead.value();
        sums.dead += engine->dead.value();
        for (std::size_t i = 0; i < sums.latencies.size(); ++i)
            sums.latencies[i] += engine->delivery_latency.bucket(i);
    }
    return sums;
}

MinuteFigures Figures::difference(Timestamp at, const Sums& from, const Sums& to) {
    MinuteFigures minute;
    minute.at = at;
    minute.accepted = to.accepted - from.accepted;
    minute.delivered = to.delivered - from.delivered;
    minute.failed_attempts = to.failed_attempts - from.failed_attempts;
    minute.dead = to.dead - from.dead;
    Buckets latencies{};
    for (std::size_t i = 0; i < latencies.size(); ++i)
        latencies[i] = to.latencies[i] - from.latencies[i];
    minute.p50 = quantile(latencies, 0.5);
    minute.p95 = quantile(latencies, 0.95);
    return minute;
}

// A clock that was set back ends no minute; after a long pause only the minutes that are kept are made.
void Figures::end_minutes(Timestamp now, const Sums& sums) {
    const Timestamp current = minute_of(now);
    if (!minute_) minute_ = minute_of(started_at_);
    if (current <= *minute_) return;
    ended_.push_back(difference(*minute_, before_, sums));
    before_ = sums;
    const Timestamp oldest = current - std::chrono::minutes(kMinutesKept);
    for (Timestamp quiet = std::max(*minute_ + 1min, oldest); quiet < current; quiet += 1min)
        ended_.push_back(difference(quiet, sums, sums));
    minute_ = current;
    while (ended_.size() > kMinutesKept - 1) ended_.pop_front();
}

void Figures::sample(Timestamp now) {
    const std::scoped_lock lock(mutex_);
    const Sums read = sums();  // later than all that were read before, so no difference is negative
    end_minutes(now, read);
}

std::vector<MinuteFigures> Figures::minutes(std::size_t count, Timestamp now) {
    const std::scoped_lock lock(mutex_);
    const Sums read = sums();  // later than all that were read before, so no difference is negative
    end_minutes(now, read);
    std::vector<MinuteFigures> wanted;
    const std::size_t past = std::min(count - std::min<std::size_t>(count, 1), ended_.size());
    wanted.assign(ended_.end() - static_cast<std::ptrdiff_t>(past), ended_.end());
    if (count > 0) wanted.push_back(difference(*minute_, before_, read));
    return wanted;
}

std::uint64_t Figures::in_flight() const {
    std::uint64_t sum = 0;
    for (const EngineMetrics* engine : engines_) sum += engine->in_flight.value();
    return sum;
}

}  // namespace posthaste
