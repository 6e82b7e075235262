#pragma once

// What of an endpoint is sealed, as one text: its URL, which may carry a password, its secrets, and the headers that are sent
// with every attempt. A list of fields; strings of any bytes go through unchanged. Each is a name and a value as netstrings:
//
//   3:url,15:https://a.test/,6:secret,11:whsec_c2Vj…,10:old_secret,20:1767323045123456 old,6:header,12:X-Key: 12345,

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "domain/model.h"

namespace posthaste {

void append_secret_field(std::string& text, std::string_view name, std::string_view value);

[[nodiscard]] std::string secrets_of(const Endpoint& endpoint);
// Fills url, secret, old_secrets, ingest_key and headers. False: it is no such text.
[[nodiscard]] bool read_secrets(std::string_view text, Endpoint& endpoint);

}  // namespace posthaste
