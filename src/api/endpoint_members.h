#pragma once

// Members of a JSON body that the endpoints of several APIs have. Each function adds a problem for what is wrong and then
// returns nothing.

#include <optional>
#include <string>

#include "api/json_body.h"

namespace posthaste {

// "target_url": an http or https URL, normalised.
[[nodiscard]] std::optional<std::string> read_target_url(Problems& problems,
                                                         const json::value& value);
// "secret": what deliveries are signed with. Null and an empty text are no secret.
[[nodiscard]] std::optional<std::string> read_secret(Problems& problems, const json::value& value);
// "event_types": a list of names; null: all.
[[nodiscard]] std::optional<std::vector<std::string>> read_event_types(Problems& problems,
                                                                       const json::value& value);

// "event_types" and what stands for it.
void append_event_types(std::string& out,
                        const std::optional<std::vector<std::string>>& event_types);

}  // namespace posthaste
