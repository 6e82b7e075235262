#include "ports/http.h"

#include "base/bytes.h"

namespace posthaste {

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::delete_: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "other";
    }
    return "other";
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
    for (const HeaderView& field : headers)
        if (equal_ignoring_case(field.name, name)) return field.value;
    return std::nullopt;
}

}  // namespace posthaste
