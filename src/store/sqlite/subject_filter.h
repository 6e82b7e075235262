#pragma once

// Which endpoints or applications an indexed file may hold anything of, so that
// a page of a list does not open every file there is. Never denies what is
// there once it is ready; with more than some ten thousand subjects it denies
// little. 8 KB a file. Thread-safe, without locks.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace posthaste {

class SubjectFilter {
public:
    void add(std::uint64_t subject) {
        std::atomic<std::uint64_t>& word = words_[place_of(subject) / 64];
        const std::uint64_t bit = std::uint64_t{1} << (place_of(subject) % 64);
        if ((word.load(std::memory_order_relaxed) & bit) == 0) word.fetch_or(bit);
    }
    [[nodiscard]] bool may_hold(std::uint64_t subject) const {
        const std::size_t place = place_of(subject);
        return !is_ready_ || (words_[place / 64] >> (place % 64) & 1) != 0;
    }
    // Everything that is in the file was added, and what comes will be.
    void set_ready() { is_ready_ = true; }
    [[nodiscard]] bool is_ready() const { return is_ready_; }

private:
    static constexpr std::size_t kWords = 1024;
    [[nodiscard]] static std::size_t place_of(std::uint64_t subject) {
        // Ids of one millisecond differ in few bits.
        return static_cast<std::size_t>((subject * 0x9E3779B97F4A7C15ULL) >> 48);
    }

    std::array<std::atomic<std::uint64_t>, kWords> words_{};
    std::atomic<bool> is_ready_{false};
};

}  // namespace posthaste
