#pragma once

// The least HTTP that generator and sink can do with, so that measuring costs little beside what is measured: the framing
// of well-formed messages with Content-Length, and the benchmark's event document. Chunked bodies and any irregularity
// are reported as malformed, never guessed at.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

struct LeanHead {
    enum class Outcome : std::uint8_t { incomplete, malformed, complete };
    Outcome outcome = Outcome::incomplete;
    std::size_t head_bytes = 0;  // up to and including the blank line
    std::size_t body_bytes = 0;
    int status = 0;      // responses
    bool close = false;  // Connection: close
    std::string_view webhook_id;

    [[nodiscard]] std::size_t total() const { return head_bytes + body_bytes; }
};

// Scans the head at the front of `data`. Views point into it.
[[nodiscard]] LeanHead scan_head(std::string_view data);
// A field of that head, by its lower-case name; empty when absent. Slow; for samples.
[[nodiscard]] std::string_view find_field(std::string_view head, std::string_view lower_name);

// The event: {"n":"<16 hex digits>","event":"bench.tick","data":"xxxx…"}, padded to a size, so that the number stands at a
// fixed place and is patched in without formatting.
[[nodiscard]] std::string make_event_body(std::size_t bytes);
inline constexpr std::size_t kEventNumberAt = 6;
inline constexpr std::size_t kEventNumberDigits = 16;
void write_event_number(char* at, std::uint64_t number);
// Empty when `body` is not such an event.
[[nodiscard]] std::optional<std::uint64_t> read_event_number(std::string_view body);

[[nodiscard]] std::uint64_t hash_bytes(std::string_view bytes);

}  // namespace posthaste
