#pragma once

// Changes inputs a little, always the same way for the same number: what libFuzzer does with feedback, done blindly, so that
// every compiler can run it for a second. Seeds of one target are also mixed with each other.

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste::fuzz {

class Mutator {
public:
    // REQUIRES: seeds is not empty.
    Mutator(std::vector<std::string> seeds, unsigned number)
        : seeds_(std::move(seeds)), engine_(number) {}

    // One of the seeds after one to four changes.
    [[nodiscard]] std::string next();

private:
    [[nodiscard]] std::size_t below(std::size_t end) { return end == 0 ? 0 : engine_() % end; }
    [[nodiscard]] std::string_view piece_of(std::string_view text);
    void change(std::string& text);

    const std::vector<std::string> seeds_;
    std::mt19937 engine_;  // its numbers are the same everywhere, unlike a distribution's
};

}  // namespace posthaste::fuzz
