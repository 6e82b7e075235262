// GET /api/v1/openapi.json: the description of what routes.cc serves, for the SDKs' generators; openapi.json beside this file.

#include "api/asset_reply.h"
#include "api/native/handlers.h"

namespace posthaste::native {

Task<HttpResponse> get_openapi(Call call) {
    co_return reply_asset(call.request, "/api/v1/openapi.json");
}

}  // namespace posthaste::native
