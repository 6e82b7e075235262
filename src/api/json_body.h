#pragma once

// Reading a request's JSON object for the APIs whose errors are Problems. Each function adds a problem for what is wrong and
// then returns nothing. A JSON value that is asked for is borrowed from the object.

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problems.h"

namespace posthaste {

namespace json = boost::json;

[[nodiscard]] inline std::string_view to_std(const json::string& text) {
    return {text.data(), text.size()};
}

// The body, which must be an object.
[[nodiscard]] std::optional<json::object> read_object(Problems& problems, std::string_view body);

// Where a member is: ["body","name"].
[[nodiscard]] std::string body_location(std::string_view name);
// What of a value goes back to the client as `input`.
[[nodiscard]] std::string echoed(const json::value& value);

// A required member is not in the object.
void add_missing(Problems& problems, std::string_view name, const json::object& object);

// A string, at `location`; one with a NUL inside is refused: it is cut off or refused by too much of the software that may
// store or show it.
[[nodiscard]] std::optional<std::string_view> read_string(Problems& problems,
                                                          const std::string& location,
                                                          const json::value& value);
[[nodiscard]] std::optional<Id> read_uuid(Problems& problems, std::string_view name,
                                          const json::value& value);
// What counts as a truth value is as generous as in the originals: "yes", 1, "off" …
[[nodiscard]] std::optional<bool> read_bool(Problems& problems, std::string_view name,
                                            const json::value& value);
// A list of strings.
[[nodiscard]] std::optional<std::vector<std::string>> read_strings(Problems& problems,
                                                                   std::string_view name,
                                                                   const json::value& value);

}  // namespace posthaste
