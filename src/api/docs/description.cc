// GET /openapi.json: the description of all routes, merged when the binary was built (tools/assets/merge_openapi.mjs). A test
// compares it with the route table in both directions.

#include "api/asset_reply.h"
#include "api/handlers.h"

namespace posthaste::docs {

Task<HttpResponse> get_description(Call call) {
    co_return reply_asset(call.request, "/openapi.json");
}

}  // namespace posthaste::docs
