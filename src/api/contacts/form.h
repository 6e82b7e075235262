#pragma once

// Forms as browsers and OAuth2 clients send them: application/x-www-form-urlencoded.

#include <optional>
#include <string>
#include <string_view>

#include "ports/http.h"

namespace posthaste::contacts {

// The body, when the request says it is such a form; otherwise empty, as if no field had come.
[[nodiscard]] std::string_view form_of(const HttpRequest& request);
// The decoded value of a field; the last one counts. None when there is no such field, or it is empty.
[[nodiscard]] std::optional<std::string> form_field(std::string_view form, std::string_view name);

}  // namespace posthaste::contacts
