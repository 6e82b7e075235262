#pragma once

// Randomness from the kernel's generator. Ids and tokens come from here, so it must not be predictable from earlier output;
// one getrandom call fills 4 KiB, which makes a draw as cheap as a load. One instance per thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "ports/entropy.h"

namespace posthaste {

class SystemEntropy final : public Entropy {
public:
    SystemEntropy() = default;
    // Every copy of a buffer would repeat its numbers.
    SystemEntropy(const SystemEntropy&) = delete;
    SystemEntropy& operator=(const SystemEntropy&) = delete;

    std::uint64_t next() override;

private:
    static constexpr std::size_t kWords = 512;

    void refill();

    std::array<std::uint64_t, kWords> words_{};
    std::size_t used_ = kWords;
};

}  // namespace posthaste
