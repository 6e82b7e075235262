#pragma once

// The one place that writes text into JSON. Reading JSON is left to libraries.

#include <string>
#include <string_view>

namespace posthaste {

// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
// The same in ASCII only, character for character as Python's json.dumps writes it: what is not printable ASCII becomes
// \uXXXX in lower-case hex, beyond U+FFFF a pair of surrogates.
void append_ascii_json_string(std::string& out, std::string_view text);

}  // namespace posthaste
