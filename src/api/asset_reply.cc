#include "api/asset_reply.h"

#include <algorithm>
#include <string>

#include "api/reply.h"
#include "assets/assets.h"
#include "base/bytes.h"

namespace posthaste {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t";
    const std::size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// "q=0", "q=0.0" and so on.
bool is_refusal(std::string_view parameter) {
    const std::string_view weight = trimmed(parameter);
    return weight.size() > 2 && equal_ignoring_case(weight.substr(0, 2), "q=") &&
           weight.substr(2).find_first_not_of("0.") == std::string_view::npos;
}

bool has_contents(const HttpRequest& request, const Asset& asset) {
    const auto known = request.header("if-none-match");
    if (!known) return false;
    const std::string_view tag = asset.etag.substr(asset.etag.find('"'));  // compared as weak ones
    return trimmed(*known) == "*" || known->find(tag) != std::string_view::npos;
}

std::string_view cache_control(const Asset& asset) {
    return asset.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

void add_header(HttpResponse& response, std::string_view name, std::string_view value) {
    response.headers.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
    bool takes_any = false;
    while (!accept_encoding.empty()) {
        const std::size_t length = std::min(accept_encoding.find(','), accept_encoding.size());
        const std::string_view item = accept_encoding.substr(0, length);
        accept_encoding.remove_prefix(std::min(length + 1, accept_encoding.size()));
        const std::size_t end = std::min(item.find(';'), item.size());
        const std::string_view coding = trimmed(item.substr(0, end));
        const bool is_taken = end == item.size() || !is_refusal(item.substr(end + 1));
        if (equal_ignoring_case(coding, "gzip")) return is_taken;
        if (coding == "*") takes_any = is_taken;
    }
    return takes_any;
}

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

}  // namespace posthaste
