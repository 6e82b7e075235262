#include "api/asset_reply.h"

#include <string>

#include "api/accept_encoding.h"
#include "api/reply.h"
#include "assets/assets.h"

namespace posthaste {

namespace {

// Images within styles are data: URLs. Elements' own styles are set by script, property by property, which a policy does not
// concern. Styles come last, because ReDoc needs more of them.
constexpr std::string_view kPolicy =
    "content-security-policy: default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; connect-src 'self'; script-src 'self'; img-src 'self' data:; "
    "style-src 'self'";

bool has_contents(const HttpRequest& request, const Asset& asset) {
    const auto known = request.header("if-none-match");
    if (!known) return false;
    const std::string_view tag = asset.etag.substr(asset.etag.find('"'));  // compared as weak ones
    return *known == "*" || known->find(tag) != std::string_view::npos;
}

std::string_view cache_control(const Asset& asset) {
    return asset.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

void add_header(HttpResponse& response, std::string_view name, std::string_view value) {
    response.headers.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

HttpResponse reply_asset(const HttpRequest& request, std::string_view path) {
    const Asset* const asset = find_asset(path);
    if (asset == nullptr) return reply_detail(404, "Not Found");
    HttpResponse response = reply(200, {}, asset->content_type);
    add_header(response, "etag", asset->etag);
    add_header(response, "cache-control", cache_control(*asset));
    add_header(response, "vary", "Accept-Encoding");
    add_header(response, "x-content-type-options", "nosniff");
    if (has_contents(request, *asset)) {
        response.status = 304;
    } else if (takes_gzip(request.header("accept-encoding").value_or(""))) {
        add_header(response, "content-encoding", "gzip");
        response.body = asset->gzip;
    } else {
        response.body = contents(*asset);
    }
    return response;
}

HttpResponse reply_page(const HttpRequest& request, std::string_view path,
                        std::string_view policy_end) {
    HttpResponse response = reply_asset(request, path);
    response.headers.append(kPolicy).append(policy_end).append("\r\n");
    add_header(response, "referrer-policy", "no-referrer");
    return response;
}

}  // namespace posthaste
