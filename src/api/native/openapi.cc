// GET /api/v1/openapi.json: the description of what routes.cc serves, kept beside it as a file and embedded here. A test
// compares the two in both directions.

#include <string>
#include <string_view>

#include "api/native/core.h"
#include "api/native/handlers.h"

namespace posthaste::native {

namespace {

// In pieces, because the standard lets a compiler refuse a literal of more than 65536 bytes.
constexpr std::string_view kPieces[] = {
#include "openapi.json.inc"
};

const std::string& document() {
    static const std::string text = [] {
        std::string joined;
        for (const std::string_view piece : kPieces) joined += piece;
        return joined;
    }();
    return text;
}

}  // namespace

Task<HttpResponse> get_openapi(Call call) {
    static_cast<void>(call);
    co_return reply(200, document());
}

}  // namespace posthaste::native
