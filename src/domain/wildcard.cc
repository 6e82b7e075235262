#include "domain/wildcard.h"

#include <cstring>
#include <utility>

namespace posthaste {

namespace {

// One bit per unit of a piece that is searched for.
constexpr std::size_t kSearchedUnitsMax = 64;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

void Wildcard::Piece::prepare() {
    for (std::size_t i = 0; i < units.size(); ++i) {
        const std::uint64_t bit = std::uint64_t{1} << i;
        if (any[i]) {
            any_bits |= bit;
            for (std::uint64_t& mask : low) mask |= bit;
            for (std::size_t half = 0; half < 16; ++half)
                if (half < 0x8 || half > 0xB) high[half] |= bit;
        } else {
            const auto byte = static_cast<unsigned char>(units[i]);
            low[byte & 0xFU] |= bit;
            high[byte >> 4U] |= bit;
        }
    }
}

std::expected<Wildcard, std::string> Wildcard::compile(std::string_view pattern) {
    Wildcard wildcard;
    wildcard.pieces_.emplace_back();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        Piece& piece = wildcard.pieces_.back();
        char c = pattern[i];
        if (c == '*') {
            // Stars in a row mean one, and a piece of nothing between two stars would be searched for in vain.
            if (wildcard.pieces_.size() == 1 || !piece.units.empty())
                wildcard.pieces_.emplace_back();
            continue;
        }
        const bool is_any = c == '?';
        if (c == '\\') {
            c = ++i < pattern.size() ? pattern[i] : '\0';
            if (c != '*' && c != '?' && c != '\\')
                return std::unexpected(
                    R"(In a pattern of $like, \ stands before *, ? or another \.)");
        }
        piece.units.push_back(is_any ? '\0' : c);
        piece.any.push_back(is_any);
        piece.has_any = piece.has_any || is_any;
    }
    for (std::size_t i = 1; i + 1 < wildcard.pieces_.size(); ++i) {
        Piece& piece = wildcard.pieces_[i];
        if (!piece.has_any) continue;
        if (piece.units.size() > kSearchedUnitsMax)
            return std::unexpected(
                "Between two * with a ? among it, a pattern of $like has at most 64 bytes.");
        piece.prepare();
    }
    return wildcard;
}

// The length of what the piece matches at the text's beginning.
std::size_t Wildcard::match_begin(const Piece& piece, std::string_view text) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < piece.units.size(); ++i) {
        if (at == text.size()) return kNone;
        if (!piece.any[i]) {
            if (text[at++] != piece.units[i]) return kNone;
            continue;
        }
        ++at;
        while (at < text.size() && is_continuation(text[at])) ++at;
    }
    return at;
}

// The length of what the piece matches at the text's end.
std::size_t Wildcard::match_end(const Piece& piece, std::string_view text) {
    std::size_t at = text.size();
    for (std::size_t i = piece.units.size(); i > 0; --i) {
        if (at == 0) return kNone;
        --at;
        if (!piece.any[i - 1]) {
            if (text[at] != piece.units[i - 1]) return kNone;
            continue;
        }
        while (at > 0 && is_continuation(text[at])) --at;
    }
    return text.size() - at;
}

// Where the match of the piece that ends first ends.
std::size_t Wildcard::search(const Piece& piece, std::string_view text) {
    if (!piece.has_any) {
        const void* const found =
            memmem(text.data(), text.size(), piece.units.data(), piece.units.size());
        if (found == nullptr) return kNone;
        return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) +
               piece.units.size();
    }
    const std::uint64_t last = std::uint64_t{1} << (piece.units.size() - 1);
    std::uint64_t state = 0;  // bit i: the units up to i match a text that ends here
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        std::uint64_t next = ((state << 1U) | 1U) & piece.low[byte & 0xFU] & piece.high[byte >> 4U];
        // A '?' goes on over the rest of its character.
        if (is_continuation(text[at])) next |= state & piece.any_bits;
        state = next;
        if (state & last) return at + 1;
    }
    return kNone;
}

bool Wildcard::matches(std::string_view text) const {
    const std::size_t begin = match_begin(pieces_.front(), text);
    if (begin == kNone) return false;
    if (pieces_.size() == 1) return begin == text.size();
    text.remove_prefix(begin);
    const std::size_t end = match_end(pieces_.back(), text);
    if (end == kNone) return false;
    text.remove_suffix(end);
    for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
        const std::size_t length = search(pieces_[i], text);
        if (length == kNone) return false;
        text.remove_prefix(length);
    }
    return true;
}

}  // namespace posthaste
