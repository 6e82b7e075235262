#pragma once

// Repeatable randomness: SplitMix64 (Steele, Lea, Flood 2014), the same on every build. Each part of a world draws from a
// stream of its own, so that a change in one part does not reshuffle the others.

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "ports/entropy.h"

namespace posthaste::sim {

class Random final : public Entropy {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // A stream of its own for the part `name` of the world `seed`.
    Random(std::uint64_t seed, std::string_view name) : state_(seed * 0xD1342543DE82EF95ULL) {
        for (const char c : name)
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
        next();
    }

    std::uint64_t next() override {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    std::uint64_t between(std::uint64_t least, std::uint64_t most) {
        return least + below(most - least + 1);
    }
    Duration between(Duration least, Duration most) {
        const auto width = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + Duration{static_cast<std::int64_t>(below(width))};
    }
    bool chance(double probability) { return draw() < probability; }

private:
    std::uint64_t state_;
};

}  // namespace posthaste::sim
