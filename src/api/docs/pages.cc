// The description of all APIs and the two pages that show it: Swagger UI at /docs to try things, ReDoc at /redoc to read. The
// description was merged, and the pages were made (web/docs), when the binary was built; here they only get their headers.

#include <string_view>

#include "api/asset_reply.h"
#include "api/docs/routes.h"
#include "api/reply.h"

namespace posthaste::docs {

namespace {

// ReDoc makes style elements: empty ones, which it fills by script, and one whose text is always the same (that of a scroll bar).
// The policy names these two texts by their hashes. With another release of ReDoc the second may be another; the browser's
// console, and tests/browser, then say which. Its search runs in a worker, which it makes of a text within its own script.
constexpr std::string_view kRedocAlso =
    " 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' "
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='; worker-src blob:";

Task<HttpResponse> get_description(Call call) {
    co_return reply_asset(call.request, "/openapi.json");
}

Task<HttpResponse> get_swagger_ui(Call call) { co_return reply_page(call.request, "/docs.html"); }

Task<HttpResponse> get_redoc(Call call) {
    co_return reply_page(call.request, "/redoc.html", kRedocAlso);
}

// An address that people have. Browsers keep what follows the # across a redirect.
Task<HttpResponse> get_docs_link(Call call) {
    static_cast<void>(call);
    HttpResponse response = reply(307, {}, kText);
    response.headers += "location: /docs\r\n";
    co_return response;
}

Task<HttpResponse> get_asset(Call call) { co_return reply_asset(call.request, call.request.path); }

constexpr ApiRoute kRoutes[] = {
    {Method::get, "/openapi.json", get_description, "openapi", Access::anyone},
    {Method::get, "/docs", get_swagger_ui, "docs", Access::anyone, RouteKind::page},
    {Method::get, "/doc", get_docs_link, "doc", Access::anyone, RouteKind::page},
    {Method::get, "/redoc", get_redoc, "redoc", Access::anyone, RouteKind::page},
    {Method::get, "/assets/{name}", get_asset, "asset", Access::anyone, RouteKind::page},
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::docs
