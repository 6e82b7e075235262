// Read, replace and change the headers of an endpoint.

#include "api/native/endpoint_headers.h"

#include <algorithm>
#include <array>

#include "api/native/core.h"
#include "api/native/endpoints.h"
#include "api/native/handlers.h"
#include "base/bytes.h"
#include "domain/sensitive_header.h"

namespace posthaste::native {

namespace {

// Those that HTTP itself or the delivery sets.
constexpr std::array kReserved = std::to_array<std::string_view>({"user-agent",
                                                                  "keep-alive",
                                                                  "proxy-authenticate",
                                                                  "proxy-authorization",
                                                                  "te",
                                                                  "trailers",
                                                                  "transfer-encoding",
                                                                  "upgrade",
                                                                  "age",
                                                                  "cache-control",
                                                                  "clear-site-data",
                                                                  "expires",
                                                                  "pragma",
                                                                  "warning",
                                                                  "content-length",
                                                                  "content-type",
                                                                  "content-encoding",
                                                                  "content-language",
                                                                  "content-location",
                                                                  "host",
                                                                  "connection",
                                                                  "webhook-id",
                                                                  "webhook-timestamp",
                                                                  "webhook-signature"});

constexpr std::array kReservedPrefixes = std::to_array<std::string_view>(
    {"x-amz-", "x-amzn-", "x-google", "x-goog-", "x-gfe", "x-azure-", "x-fd-", "x-svix-", "svix-"});

bool is_token_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

bool is_value_character(char c) { return (c >= 0x20 && c < 0x7F) || c == '\t'; }

bool is_reserved(std::string_view name) {
    const auto equals = [name](std::string_view other) { return equal_ignoring_case(name, other); };
    const auto begins = [name](std::string_view prefix) {
        return equal_ignoring_case(name.substr(0, prefix.size()), prefix);
    };
    return std::any_of(kReserved.begin(), kReserved.end(), equals) ||
           std::any_of(kReservedPrefixes.begin(), kReservedPrefixes.end(), begins);
}

void check_headers(BodyReader& body, const BodyReader::NullableMap& headers) {
    for (const auto& [name, value] : headers) {
        if (!value) continue;
        if (const auto fault = fault_of_header(name, *value)) body.add_issue("headers", *fault);
    }
}

Task<HttpResponse> store_headers(
    Call call, Scope scope,
    std::function<void(std::vector<std::pair<std::string, std::string>>&)> edit) {
    const Timestamp now = call.context->clock.now();
    std::function<Result<void>(Endpoint&)> change = [&](Endpoint& endpoint) {
        edit(endpoint.headers);
        endpoint.updated_at = now;
        return Result<void>();
    };
    const Result<Endpoint> changed = co_await call.context->engine.directory().change(
        scope.endpoint->config.id, std::move(change), author_of(call, *scope.principal));
    if (!changed) co_return fault(changed.error(), *call.context);
    co_return no_content();
}

}  // namespace

std::optional<std::string> fault_of_header(std::string_view name, std::string_view value) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token_character))
        return "\"" + std::string(name) + "\" is not a valid name of a header.";
    if (is_reserved(name)) return "The header \"" + std::string(name) + "\" cannot be set.";
    if (value.size() > kHeaderValueBytesMax)
        return "The value of \"" + std::string(name) + "\" is longer than 4096 bytes.";
    if (!std::all_of(value.begin(), value.end(), is_value_character))
        return "The value of \"" + std::string(name) + "\" may hold visible ASCII only.";
    return std::nullopt;
}

HttpResponse answer_headers(const Scope& scope) {
    Metadata shown;
    std::vector<std::string> sensitive;
    for (const auto& [name, value] : scope.endpoint->config.headers) {
        if (is_sensitive_header(name))
            sensitive.push_back(name);
        else
            shown.emplace(name, value);
    }
    std::string body;
    ObjectWriter writer(body);
    writer.map("headers", shown);
    writer.texts("sensitive", sensitive);
    writer.close();
    return reply(200, std::move(body));
}

Task<HttpResponse> get_endpoint_headers(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return answer_headers(*scope);
}

Task<HttpResponse> answer_header_replacement(Call call, Scope scope) {
    BodyReader body(call.request.body);
    const auto given = body.map({"headers", Presence::required});
    const Metadata headers = given.value_or({});
    for (const auto& [name, value] : headers)
        if (const auto fault = fault_of_header(name, value)) body.add_issue("headers", *fault);
    if (!body.ok()) co_return body.reply();
    std::function<void(std::vector<std::pair<std::string, std::string>>&)> edit =
        [headers](auto& kept) { kept.assign(headers.begin(), headers.end()); };
    co_return co_await store_headers(call, scope, std::move(edit));
}

Task<HttpResponse> put_endpoint_headers(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    co_return co_await answer_header_replacement(call, *scope);
}

Task<HttpResponse> patch_endpoint_headers(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const auto given = body.nullable_map({"headers", Presence::required});
    BodyReader::NullableMap changes = given.value_or({});
    check_headers(body, changes);
    // The same as null in `headers`; what is set there stays.
    const auto deleted = body.set({"deleteHeaders", Presence::optional, "delete_headers"}, {});
    for (const std::string& name : deleted.value_or({})) changes.try_emplace(name, std::nullopt);
    if (!body.ok()) co_return body.reply();
    std::function<void(std::vector<std::pair<std::string, std::string>>&)> edit =
        [changes](auto& kept) {
            for (const auto& [name, value] : changes) {
                const auto found = std::find_if(kept.begin(), kept.end(),
                                                [&](const auto& one) { return one.first == name; });
                if (value && found != kept.end())
                    found->second = *value;
                else if (value)
                    kept.emplace_back(name, *value);
                else if (found != kept.end())
                    kept.erase(found);
            }
        };
    co_return co_await store_headers(call, *scope, std::move(edit));
}

}  // namespace posthaste::native
