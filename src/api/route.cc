#include "api/route.h"

#include "api/text.h"
#include "base/assert.h"

namespace posthaste {

namespace {

std::string_view without_trailing_slash(std::string_view path) {
    if (path.size() > 2 && path.back() == '/') path.remove_suffix(1);
    return path;
}

}  // namespace

std::string MethodSet::to_string() const {
    std::string text;
    for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                                Method::delete_, Method::options}) {
        if (!has(method)) continue;
        if (!text.empty()) text += ", ";
        text += posthaste::to_string(method);
    }
    return text;
}

std::string_view take_segment(std::string_view& rest) {
    rest.remove_prefix(1);
    const std::size_t length = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, length);
    rest.remove_prefix(length);
    return segment;
}

bool match_pattern(std::string_view pattern, std::string_view path, RouteParams& params) {
    path = without_trailing_slash(path);
    std::size_t count = 0;
    while (!pattern.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const std::string_view expected = take_segment(pattern);
        const std::string_view segment = take_segment(path);
        if (expected.starts_with('{')) {
            if (segment.empty()) return false;
            ASSERT(count < params.size());
            params[count++] = segment;
        } else if (!equals_decoded(segment, expected)) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace posthaste
