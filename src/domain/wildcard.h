#pragma once

// Patterns of $like: * stands for any text, ? for one character (a code point), \ takes the meaning from * ? and \. Compiled
// once; matching takes time linear in the text whatever the pattern is, and allocates nothing. Immutable.

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

class Wildcard {
public:
    // The error says, in a sentence, what is wrong. REQUIRES: valid UTF-8.
    [[nodiscard]] static std::expected<Wildcard, std::string> compile(std::string_view pattern);
    // Does the whole text fit? REQUIRES: valid UTF-8 (with other bytes the answer is of no use, but nothing else happens).
    [[nodiscard]] bool matches(std::string_view text) const;

private:
    // What stands between two stars. A '?' is a unit whose byte is zero and whose bit in `any` is set.
    struct Piece {
        std::string units;
        std::vector<bool> any;
        bool has_any = false;
        // Bit i: unit i may be a byte with this low, this high half. Searching runs all positions at once, one bit each.
        std::array<std::uint64_t, 16> low{};
        std::array<std::uint64_t, 16> high{};
        std::uint64_t any_bits = 0;

        void prepare();
    };
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

    [[nodiscard]] static std::size_t match_begin(const Piece& piece, std::string_view text);
    [[nodiscard]] static std::size_t match_end(const Piece& piece, std::string_view text);
    [[nodiscard]] static std::size_t search(const Piece& piece, std::string_view text);

    std::vector<Piece> pieces_;  // at least one; with a star between each two
};

}  // namespace posthaste
