#pragma once

// Checks an ingested payload and picks what routing needs; the bytes themselves are passed on untouched. simdjson does the
// common case with a parser kept for the life of the reactor; what it refuses (huge numbers, deep nesting, broken text) or
// what would need a large tree goes to the scanner (json_scan.h), whose word is final. One per reactor; not thread-safe.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "api/json_scan.h"

namespace posthaste {

enum class PayloadKind : unsigned char { object, null, other, empty, broken };

// Views point into the body or into the reader, and are valid until the next check().
struct PayloadCheck {
    PayloadKind kind = PayloadKind::broken;
    JsonFault fault;                              // kind == broken
    std::optional<std::string_view> event_type;   // the member "event" when it is a string, decoded
    std::optional<std::string_view> event_other;  // the member "event" when it is not one: its text
};

class PayloadReader {
public:
    PayloadReader();
    ~PayloadReader();
    PayloadReader(const PayloadReader&) = delete;
    PayloadReader& operator=(const PayloadReader&) = delete;

    // REQUIRES: 64 readable bytes follow `body` (ports/http.h).
    [[nodiscard]] PayloadCheck check(std::string_view body);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace posthaste
