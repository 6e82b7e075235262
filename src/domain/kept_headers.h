#pragma once

// The headers of a receiver's answer, as they are kept with the attempt: one text of lines,
//
//   Content-Type: text/plain\n
//   Set-Cookie: ***\n
//   +2\n                          two more did not fit
//
// in the order in which they came, repeated ones too. It is valid UTF-8 without ASCII control characters other than the
// line ends, whatever the receiver sent, and at most kKeptHeadersBytesMax long, not counting the line of those left out.
// Credentials (domain/sensitive_header.h) are masked as they are added, so that none reaches a disk.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace posthaste {

inline constexpr std::size_t kKeptHeadersBytesMax = 4096;

// Writes that text, as an answer is read.
class KeptHeaders {
public:
    // A header that does not fit into what is left is left out whole; a later one may fit again.
    // REQUIRES: `name` is a token (RFC 9110 §5.6.2).
    void add(std::string_view name, std::string_view value);
    // The text; empty when no header was added.
    [[nodiscard]] std::string take() &&;

private:
    std::string text_;
    std::size_t left_out_ = 0;
};

struct KeptHeader {
    std::string_view name;
    std::string_view value;
};

struct KeptHeaderList {
    std::vector<KeptHeader> headers;  // views of the text
    std::size_t left_out = 0;
};

[[nodiscard]] KeptHeaderList read_kept_headers(std::string_view text);

}  // namespace posthaste
