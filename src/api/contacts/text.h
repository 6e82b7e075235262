#pragma once

// Text forms of the contacts API.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace posthaste::contacts {

// "2026-01-02T03:04:05.123456+00:00".
[[nodiscard]] std::string format_offset(Timestamp at);

// JSON: a string or null; an array of strings.
void append_text_or_null(std::string& out, const std::optional<std::string>& text);
void append_texts(std::string& out, const std::vector<std::string>& texts);

}  // namespace posthaste::contacts
