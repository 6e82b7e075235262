#pragma once

// What happened in a world, in order. Every line goes into the hash, the last few thousand are kept for reading. Two runs of
// one seed must have equal hashes, whatever the compiler did.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace posthaste::sim {

struct TraceLine {
    Duration at{};          // virtual time since the world began
    int reactor = -1;       // -1: none
    const char* what = "";  // a literal
    EventId event;
    EndpointId endpoint;
    std::int64_t value = 0;  // means what `what` says
};

class Trace {
public:
    void add(const TraceLine& line);
    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] std::uint64_t lines() const { return count_; }
    // The last lines as text, oldest first. `name_of` names endpoints.
    [[nodiscard]] std::string tail(std::size_t lines_max,
                                   const std::function<std::string(EndpointId)>& name_of) const;
    // Also prints every line as it comes.
    void print_all(std::function<std::string(EndpointId)> name_of) {
        printing_ = std::move(name_of);
    }

private:
    static constexpr std::size_t kKept = 4096;
    void mix(std::uint64_t value);

    std::vector<TraceLine> ring_;
    std::uint64_t count_ = 0;
    std::uint64_t hash_ = 0xCBF29CE484222325ULL;
    std::function<std::string(EndpointId)> printing_;
};

}  // namespace posthaste::sim
