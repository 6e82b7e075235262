#pragma once

// Decodes the chunked transfer coding (RFC 9112 §7.1) from input split anywhere. Strict: lines end in CRLF, a size is at
// most 16 hex digits, extensions and trailers are skipped but bounded. Holds no bytes itself; data comes out as views into
// the input.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace posthaste {

class ChunkDecoder {
public:
    enum class Event {
        data,       // `data()` holds the next piece of the body
        need_more,  // all input consumed
        done,       // the coding has ended; what is left of the input is the next message's
        malformed,
        too_large,  // extensions or trailers beyond their bounds
    };

    // Moves `input` behind what was consumed. Call until it returns something else than `data`.
    Event next(std::string_view& input);
    [[nodiscard]] std::string_view data() const { return data_; }

private:
    enum class State : std::uint8_t {
        size_first,  // the first digit of a size
        size,        // further digits, then ';', blanks or CR
        extension,   // skipped up to CR
        size_lf,     // LF behind the size line
        body,        // left_ bytes of data
        body_cr,     // CRLF behind the data
        body_lf,
        line_first,  // the first byte of a trailer line, or the CR that ends the message
        trailer,     // skipped up to CR
        trailer_lf,
        end_lf,
        done,
    };

    static constexpr std::size_t kExtensionBytesMax = 256;   // per chunk
    static constexpr std::size_t kExtensionTotalMax = 8192;  // per message
    static constexpr std::size_t kTrailerBytesMax = 8192;

    [[nodiscard]] Event step(char c);
    [[nodiscard]] Event step_size(char c);
    [[nodiscard]] Event step_trailer(char c);

    State state_ = State::size_first;
    std::uint8_t digits_ = 0;
    std::size_t extension_bytes_ = 0;
    std::size_t extension_total_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::uint64_t left_ = 0;
    std::string_view data_;
};

}  // namespace posthaste
