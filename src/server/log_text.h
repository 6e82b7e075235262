#pragma once

// How a log line is spelled. Both forms come from the same fields, which are the inside of a JSON object:
//
//   json   {"time":"2026-01-02T03:04:05.123456Z","level":"info","message":"Webhook event published","event_id":"…"}
//   text   2026-01-02 03:04:05 [info     ] Webhook event published        event_id=…

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "ports/telemetry.h"

namespace posthaste {

enum class LogFormat : std::uint8_t { json, text };

// With the line's end. `fields` is not looked at.
[[nodiscard]] std::string json_line(Timestamp now, Severity severity, std::string_view fields);
// The message first, then name=value of all other fields in their order; a value that is not plain is quoted as JSON.
[[nodiscard]] std::string text_line(Timestamp now, Severity severity, std::string_view fields);

}  // namespace posthaste
