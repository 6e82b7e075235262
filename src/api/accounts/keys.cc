// The API keys of the caller's organization. A key is told once, when it is made.

#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "api/authenticator.h"
#include "domain/access.h"
#include "engine/random_text.h"

namespace posthaste::accounts {

using namespace native;

namespace {

// What a directory holds in memory.
constexpr std::size_t kKeysMax = 10'000;
constexpr std::size_t kHintLength = 9;  // "phk_" and five characters: 30 of 256 bits
constexpr TextRule kNameRule{.min = 1, .max = 200};

void append_key(std::string& out, const ApiKey& key, std::string_view text = {}) {
    ObjectWriter writer(out);
    writer.text("id", to_base62("key", key.id));
    writer.text("name", key.name);
    writer.text("scope", to_string(key.scope));
    if (key.application)
        writer.text("applicationId", to_base62("app", *key.application));
    else
        writer.null("applicationId");
    writer.text("hint", key.hint);
    if (key.created_by)
        writer.text("createdBy", to_base62("user", *key.created_by));
    else
        writer.null("createdBy");
    writer.time("createdAt", key.created_at);
    if (key.expires_at)
        writer.time("expiresAt", *key.expires_at);
    else
        writer.null("expiresAt");
    if (key.last_used_at)
        writer.time("lastUsedAt", *key.last_used_at);
    else
        writer.null("lastUsedAt");
    if (!text.empty()) writer.text("key", text);
    writer.close();
}

HttpResponse reply_key(int status, const ApiKey& key, std::string_view text = {}) {
    std::string body;
    append_key(body, key, text);
    HttpResponse response = reply(status, std::move(body));
    if (!text.empty()) response.headers += "cache-control: no-store\r\n";
    return response;
}

KeyScope read_scope(BodyReader& body) {
    const std::string text = body.text({"scope", Presence::required}).value_or("");
    const auto scope = parse_key_scope(text);
    if (!scope && !text.empty()) body.add_issue("scope", "A scope is ingest, read or full.");
    return scope.value_or(KeyScope::ingest);
}

Member<Timestamp> read_expiry(BodyReader& body, Presence presence, Timestamp now) {
    auto expiry = body.time({"expiresAt", presence});
    if (expiry && *expiry.value <= now) body.add_issue("expiresAt", "That time has passed.");
    return expiry;
}

struct EnteredKey {
    Scope scope;
    ApiKeyPtr key;
};

std::expected<EnteredKey, HttpResponse> enter_key(const Call& call) {
    Entered scope = enter(call, Level::organization);
    if (!scope) return std::unexpected(scope.error());
    const auto id = parse_base62("key", percent_decode(call.params[0]));
    ApiKeyPtr key = id ? scope->directory->find(ApiKeyId(*id)) : nullptr;
    if (!key || key->organization != scope->principal->organization)
        return std::unexpected(entity_not_found());
    return EnteredKey{*std::move(scope), std::move(key)};
}

}  // namespace

Task<HttpResponse> list_keys(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("key", Order::ascending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    auto page = scope->directory->api_keys(scope->principal->organization, paging.bounds());
    const bool done = paging.cut(page);
    ListWriter list;
    for (const ApiKeyPtr& key : page) append_key(list.item(to_base62("key", key->id)), *key);
    co_return list.finish(done);
}

Task<HttpResponse> create_key(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    const PrincipalPtr principal = scope->principal;
    BodyReader body(call.request.body);
    ApiKey key;
    key.organization = principal->organization;
    key.created_at = call.context->clock.now();
    key.name = body.text({"name", Presence::required}, kNameRule).value_or("");
    key.scope = read_scope(body);
    key.application = read_application_id(body, *scope).value;
    key.expires_at = read_expiry(body, Presence::optional, key.created_at).value;
    if (principal->user) key.created_by = principal->user->id;
    if (!body.ok()) co_return body.reply();
    if (!principal->permissions.cover(Permissions::of(key.scope))) co_return insufficient_access();
    if (scope->directory->api_keys(key.organization, {}).size() >= kKeysMax)
        co_return fault(409, "too_many", "An organization has at most 10000 API keys.");

    std::string text = random_text(kApiKeyPrefix, call.context->entropy);
    const WipedOnExit wiped(text);
    key.hash = api_key_hash(text);
    key.hint = text.substr(0, kHintLength);
    if (Result<void> ensured = co_await ensure_organization(call, principal); !ensured)
        co_return fault(ensured.error(), *call.context);
    const Result<ApiKey> created = co_await call.context->engine.directory().create(
        std::move(key), author_of(call, *principal));
    if (!created) co_return fault(created.error(), *call.context);
    co_return reply_key(201, *created, text);
}

Task<HttpResponse> get_key(Call call) {
    const auto entered = enter_key(call);
    if (!entered) co_return entered.error();
    co_return reply_key(200, *entered->key);
}

Task<HttpResponse> patch_key(Call call) {
    const auto entered = enter_key(call);
    if (!entered) co_return entered.error();
    BodyReader body(call.request.body);
    const auto name = body.text({"name", Presence::patch}, kNameRule);
    const auto expiry = read_expiry(body, Presence::clearable, call.context->clock.now());
    if (!body.ok()) co_return body.reply();
    DirectoryService::Change<ApiKey> change = [&](ApiKey& key) -> Result<void> {
        if (name) key.name = *name.value;
        if (expiry.is_given) key.expires_at = expiry.value;
        return {};
    };
    const Result<ApiKey> changed = co_await call.context->engine.directory().change(
        entered->key->id, std::move(change), author_of(call, *entered->scope.principal));
    if (!changed) co_return fault(changed.error(), *call.context);
    co_return reply_key(200, *changed);
}

Task<HttpResponse> delete_key(Call call) {
    const auto entered = enter_key(call);
    if (!entered) co_return entered.error();
    const Result<void> removed = co_await call.context->engine.directory().remove(
        entered->key->id, author_of(call, *entered->scope.principal));
    if (!removed) co_return fault(removed.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::accounts
