#include "api/authenticator.h"

#include "base/bytes.h"
#include "domain/account_rules.h"
#include "domain/digest.h"
#include "domain/signing.h"

namespace posthaste {

namespace {

constexpr std::size_t kKnownTokensMax = 4096;

struct Credentials {
    std::string_view text;
    bool is_cookie = false;
};

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// The value of one cookie of a Cookie header (RFC 6265 §4.2.1); empty when it is not there.
std::string_view cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(';'), header.size());
        const std::string_view pair = trimmed(header.substr(0, end));
        if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
            return pair.substr(name.size() + 1);
        header.remove_prefix(std::min(end + 1, header.size()));
    }
    return {};
}

// Empty when there are none, or they are of another scheme.
Credentials credentials_of(const HttpRequest& request) {
    constexpr std::string_view kScheme = "bearer ";
    if (const auto header = request.header("authorization")) {
        if (header->size() <= kScheme.size() ||
            !equal_ignoring_case(header->substr(0, kScheme.size()), kScheme))
            return {};
        return {trimmed(header->substr(kScheme.size())), false};
    }
    if (const auto header = request.header("cookie"))
        return {cookie_value(*header, kSessionCookie), true};
    return {};
}

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

Permissions permissions_of(const TokenClaims& claims) {
    if (!claims.capabilities) return Permissions::of(Role::admin);
    std::vector<Capability> known;
    for (const std::string& name : *claims.capabilities)
        if (const auto capability = parse_capability(name)) known.push_back(*capability);
    return Permissions::of(known);
}

// One that speaks for an organization or an application.
std::shared_ptr<Principal> principal_of_claims(const TokenClaims& claims) {
    auto principal = std::make_shared<Principal>();
    principal->is_application = claims.organization.has_value();
    principal->organization_name =
        principal->is_application ? *claims.organization : claims.subject;
    principal->organization = organization_id(principal->organization_name);
    if (principal->is_application) {
        if (const auto id = parse_base62("app", claims.subject))
            principal->application = ApplicationId(*id);
    }
    principal->subject = claims.subject;
    principal->feature_flags = claims.feature_flags;
    principal->permissions = permissions_of(claims);
    principal->actor = claims.subject;
    return principal;
}

TokenMarks marks_of(std::string_view token, const TokenClaims& claims) {
    return {digest_id(token), claims.issued_at, claims.portal_session};
}

template <class Holder>
std::shared_ptr<Principal> principal_of(const Holder& holder) {
    auto principal = std::make_shared<Principal>();
    principal->organization = holder.organization;
    principal->organization_name = to_base62("org", holder.organization);
    principal->is_application = holder.application.has_value();
    principal->application = holder.application;
    return principal;
}

// The user of a verified token, as the directory knows them now.
std::expected<PrincipalPtr, TokenFault> principal_of_user(const TokenClaims& claims, Timestamp now,
                                                          const Directory& directory) {
    const UserPtr user = directory.find(UserId(*parse_uuid(claims.subject)));
    if (!user) return std::unexpected(TokenFault::user_gone);
    if (!user->is_active) return std::unexpected(TokenFault::user_inactive);
    const SessionPtr session = directory.find(SessionId(*parse_uuid(*claims.session)));
    if (!session || session->user != user->id || session->expires_at <= now ||
        session->password_mark != password_mark(user->password_hash))
        return std::unexpected(TokenFault::invalid);
    auto principal = principal_of(*user);
    principal->subject = to_uuid(user->id);
    principal->permissions = Permissions::of(user->role);
    principal->user = user;
    principal->session = session;
    principal->actor = to_base62("user", user->id);
    principal->actor_name = user->email;
    return principal;
}

std::expected<PrincipalPtr, TokenFault> principal_of_key(std::string_view text, Timestamp now,
                                                         const Directory& directory) {
    const ApiKeyPtr key = directory.find_key(api_key_hash(text));
    if (!key || (key->expires_at && *key->expires_at <= now))
        return std::unexpected(TokenFault::invalid);
    auto principal = principal_of(*key);
    principal->subject = to_base62("key", key->id);
    principal->permissions = Permissions::of(key->scope);
    principal->key = key;
    principal->actor = principal->subject;
    principal->actor_name = key->name;
    return principal;
}

// Sessions and keys are good until, and not at, the time they expire.
Timestamp last_before(Timestamp end) { return end - std::chrono::microseconds(1); }

std::unique_ptr<const TokenKeys> keys_of(const TokenSettings& settings) {
    auto keys = TokenKeys::create(settings);
    return keys ? std::move(*keys) : nullptr;
}

}  // namespace

std::string api_key_hash(std::string_view key) { return sha256(key); }

OrganizationId organization_id(std::string_view name) {
    if (const auto id = parse_base62("org", name); id && !id->is_nil()) return OrganizationId(*id);
    return OrganizationId(digest_id(name));
}

Authenticator::Authenticator(const TokenSettings& tokens, const TokenSettings& user_tokens,
                             KeyUses* key_uses)
    : keys_(keys_of(tokens)),
      user_keys_(keys_of(user_tokens)),
      csrf_key_(hmac_sha256(user_tokens.secret, "posthaste cross-site request forgery")),
      key_uses_(key_uses) {}
Authenticator::~Authenticator() = default;

std::expected<PrincipalPtr, TokenFault> Authenticator::authenticate(const HttpRequest& request,
                                                                    Timestamp now,
                                                                    DirectoryService& directory) {
    const Credentials credentials = credentials_of(request);
    if (credentials.text.empty()) return std::unexpected(TokenFault::missing);
    auto principal = identify(credentials.text, now, directory);
    if (!principal || !credentials.is_cookie || is_safe(request.method)) return principal;
    const auto csrf = request.header("x-csrf-token");
    if (!(*principal)->session || !csrf ||
        !equal_constant_time(*csrf, csrf_token((*principal)->session->id)))
        return std::unexpected(TokenFault::no_csrf_token);
    return principal;
}

std::expected<PrincipalPtr, TokenFault> Authenticator::identify(std::string_view token,
                                                                Timestamp now,
                                                                DirectoryService& directory) {
    auto known = known_.find(token);
    if (known != known_.end() && now >= known->second.from && now <= known->second.until &&
        (known->second.is_lasting || known->second.directory_version == directory.version())) {
        note_use(known->second, now);
        return known->second.principal;
    }
    if (known != known_.end()) known_.erase(known);
    auto verified = verify(token, now, directory);
    if (!verified) return std::unexpected(verified.error());
    // Whoever uses more tokens than this at once pays for their signatures.
    if (known_.size() >= kKnownTokensMax) known_.clear();
    known = known_.emplace(token, std::move(*verified)).first;
    note_use(known->second, now);
    return known->second.principal;
}

void Authenticator::note_use(Known& known, Timestamp now) {
    if (!known.principal->key || !key_uses_ || now - known.use_noted_at < kKeyUseKept) return;
    known.use_noted_at = now;
    key_uses_->note(known.principal->key->id);
}

std::expected<Authenticator::Known, TokenFault> Authenticator::verify(
    std::string_view token, Timestamp now, DirectoryService& directory) const {
    Known known;
    known.directory_version = directory.version();
    known.from = Timestamp::min();
    known.until = Timestamp::max();
    if (token.starts_with(kApiKeyPrefix)) {
        ASSIGN_OR_RETURN(known.principal, principal_of_key(token, now, *directory.current()));
        if (known.principal->key->expires_at)
            known.until = last_before(*known.principal->key->expires_at);
        known.use_noted_at = known.principal->key->last_used_at.value_or(Timestamp());
        return known;
    }
    auto verified = keys_ ? keys_->verify(token, now) : std::unexpected(TokenFault::invalid);
    if (verified) return known_by(*verified, token, now, directory);
    const auto of_user =
        user_keys_ ? user_keys_->verify(token, now) : std::unexpected(TokenFault::invalid);
    if (!of_user) return std::unexpected(verified.error());
    ASSIGN_OR_RETURN(known.principal,
                     principal_of_user(of_user->claims, now, *directory.current()));
    known.until = last_before(known.principal->session->expires_at);
    return known;
}

// An organization's token says it all. Those of an application can be taken back.
std::expected<Authenticator::Known, TokenFault> Authenticator::known_by(
    const VerifiedToken& verified, std::string_view token, Timestamp now,
    DirectoryService& directory) {
    Known known;
    known.directory_version = directory.version();
    known.from = verified.from;
    known.until = verified.until;
    auto principal = principal_of_claims(verified.claims);
    known.is_lasting = !principal->is_application;
    if (principal->is_application) {
        principal->token = marks_of(token, verified.claims);
        principal->token_expires_at = verified.claims.expires_at;
        const PreparedApplicationPtr application =
            principal->application ? directory.current()->find(*principal->application) : nullptr;
        if (application) {
            const auto end = recalled_at(application->config.token_recalls, *principal->token);
            if (end && *end <= now) return std::unexpected(TokenFault::invalid);
            if (end) known.until = std::min(known.until, last_before(*end));
        }
    }
    known.principal = std::move(principal);
    return known;
}

Result<std::string> Authenticator::sign(const TokenClaims& claims) const {
    if (!keys_) return fail(ErrorCode::invalid, "No key for tokens is configured.");
    return keys_->sign(claims);
}

Result<std::string> Authenticator::sign(const Session& session) const {
    if (!user_keys_) return fail(ErrorCode::invalid, "No key for logins is configured.");
    TokenClaims claims;
    claims.subject = to_uuid(session.user);
    claims.session = to_uuid(session.id);
    claims.expires_at = session.expires_at;
    return user_keys_->sign(claims);
}

std::string Authenticator::csrf_token(SessionId session) const {
    return to_hex(std::string_view(hmac_sha256(csrf_key_, to_uuid(session))).substr(0, 16));
}

}  // namespace posthaste
