#include "api/token.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "base/bytes.h"
#include "base/id.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

constexpr std::array<std::string_view, 7> kNames = {"HS256", "HS384", "HS512", "RS256",
                                                    "RS384", "RS512", "EdDSA"};

}  // namespace

std::string_view to_string(TokenAlgorithm algorithm) {
    return kNames.at(static_cast<std::size_t>(algorithm));
}

std::optional<TokenAlgorithm> parse_token_algorithm(std::string_view text) {
    const auto* const found = std::find(kNames.begin(), kNames.end(), text);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<TokenAlgorithm>(found - kNames.begin());
}

namespace {

namespace json = boost::json;

// A verification key is small; so is a token of ours. Whatever is longer is not worth a hash.
constexpr std::size_t kTokenBytesMax = 8192;
// Times beyond are as good as for ever, and do not overflow.
constexpr double kSecondsMax = 1e11;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* pointer) const {
        Free(pointer);
    }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

const unsigned char* to_uchars(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

enum class Family : std::uint8_t { hmac, rsa, ed25519 };

Family family_of(TokenAlgorithm algorithm) {
    switch (algorithm) {
        case TokenAlgorithm::hs256:
        case TokenAlgorithm::hs384:
        case TokenAlgorithm::hs512: return Family::hmac;
        case TokenAlgorithm::rs256:
        case TokenAlgorithm::rs384:
        case TokenAlgorithm::rs512: return Family::rsa;
        case TokenAlgorithm::eddsa: return Family::ed25519;
    }
    return Family::hmac;
}

// Null for EdDSA, which hashes by itself.
const EVP_MD* digest_of(TokenAlgorithm algorithm) {
    switch (algorithm) {
        case TokenAlgorithm::hs256:
        case TokenAlgorithm::rs256: return EVP_sha256();
        case TokenAlgorithm::hs384:
        case TokenAlgorithm::rs384: return EVP_sha384();
        case TokenAlgorithm::hs512:
        case TokenAlgorithm::rs512: return EVP_sha512();
        case TokenAlgorithm::eddsa: return nullptr;
    }
    return nullptr;
}

std::string hmac(TokenAlgorithm algorithm, std::string_view key, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned length = 0;
    if (HMAC(digest_of(algorithm), key.data(), static_cast<int>(key.size()), to_uchars(message),
             message.size(), mac.data(), &length) == nullptr)
        return {};
    return {reinterpret_cast<const char*>(mac.data()), length};
}

std::string to_base64url(std::string_view bytes) {
    std::string text = to_base64(bytes);
    while (text.ends_with('=')) text.pop_back();
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string standard(text);
    std::replace(standard.begin(), standard.end(), '-', '+');
    std::replace(standard.begin(), standard.end(), '_', '/');
    standard.append((4 - standard.size() % 4) % 4, '=');
    return from_base64(standard);
}

std::optional<json::object> decode_object(std::string_view part) {
    const auto text = from_base64url(part);
    if (!text) return std::nullopt;
    boost::system::error_code error;
    json::value value = json::parse(*text, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.as_object());
}

std::optional<std::string> text_of(const json::object& object, std::string_view name) {
    const json::value* member = object.if_contains(name);
    if (!member || !member->is_string()) return std::nullopt;
    return std::string(member->as_string());
}

// A claim in seconds; fractions count. False when it is there and is no number.
bool read_time(const json::object& claims, std::string_view name, std::optional<Timestamp>& out) {
    const json::value* member = claims.if_contains(name);
    if (!member || member->is_null()) return true;
    double seconds = 0;
    if (member->is_double())
        seconds = member->get_double();
    else if (member->is_int64())
        seconds = static_cast<double>(member->get_int64());
    else if (member->is_uint64())
        seconds = static_cast<double>(member->get_uint64());
    else
        return false;
    if (std::isnan(seconds)) return false;
    seconds = std::clamp(seconds, -kSecondsMax, kSecondsMax);
    out = from_micros(static_cast<std::int64_t>(seconds * 1e6));
    return true;
}

// A claim that is a list of texts. False when it is there and is none.
bool read_texts(const json::object& claims, std::string_view name,
                std::optional<std::vector<std::string>>& out) {
    const json::value* member = claims.if_contains(name);
    if (!member || member->is_null()) return true;
    if (!member->is_array()) return false;
    out.emplace();
    for (const json::value& item : member->get_array()) {
        if (!item.is_string()) return false;
        out->emplace_back(item.get_string());
    }
    return true;
}

bool is_header_ours(const json::object& header, TokenAlgorithm algorithm) {
    if (text_of(header, "alg") != std::string(to_string(algorithm))) return false;
    // Extensions that a verifier must understand; none is known here.
    if (header.if_contains("crit")) return false;
    const json::value* type = header.if_contains("typ");
    return !type || type->is_null() ||
           (type->is_string() && equal_ignoring_case(std::string_view(type->get_string()), "JWT"));
}

std::expected<TokenClaims, TokenFault> read_claims(const json::object& object) {
    TokenClaims claims;
    if (!read_time(object, "iat", claims.issued_at) ||
        !read_time(object, "nbf", claims.not_before) ||
        !read_time(object, "exp", claims.expires_at))
        return std::unexpected(TokenFault::invalid);
    for (const std::string_view name : {"sub", "org"}) {
        const json::value* member = object.if_contains(name);
        if (member && !member->is_null() && !member->is_string())
            return std::unexpected(TokenFault::invalid);
    }
    claims.organization = text_of(object, "org");
    claims.session = text_of(object, "jti");
    claims.portal_session = text_of(object, "sid");
    std::optional<std::vector<std::string>> flags;
    if (!read_texts(object, "feature_flags", flags) ||
        !read_texts(object, "capabilities", claims.capabilities))
        return std::unexpected(TokenFault::invalid);
    if (flags) claims.feature_flags = *std::move(flags);
    claims.subject = text_of(object, "sub").value_or("");
    return claims;
}

// A user's token names a user and a session.
std::optional<TokenFault> fault_of_user(const TokenClaims& claims) {
    const bool is_user =
        parse_uuid(claims.subject) && claims.session && parse_uuid(*claims.session);
    return is_user ? std::nullopt : std::optional(TokenFault::invalid);
}

std::optional<TokenFault> fault_of_names(const TokenClaims& claims, bool has_subject) {
    if (!has_subject) return TokenFault::no_subject;
    if (!claims.organization) {
        if (!claims.subject.starts_with("org_")) return TokenFault::bad_organization;
        return std::nullopt;
    }
    if (!claims.subject.starts_with("app_")) return TokenFault::bad_application;
    if (!claims.organization->starts_with("org_")) return TokenFault::bad_organization;
    return std::nullopt;
}

VerifiedToken with_times(TokenClaims claims) {
    VerifiedToken token;
    token.from = Timestamp::min();
    token.until = Timestamp::max();
    if (claims.issued_at) token.from = std::max(token.from, *claims.issued_at - kTokenTolerance);
    if (claims.not_before) token.from = std::max(token.from, *claims.not_before - kTokenTolerance);
    if (claims.expires_at) token.until = *claims.expires_at + kTokenTolerance;
    token.claims = std::move(claims);
    return token;
}

KeyPtr read_pem(const std::string& pem, bool is_private) {
    const BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (!bio) return nullptr;
    // No key of a server asks for a passphrase at the terminal.
    pem_password_cb* const no_passphrase = [](char*, int, int, void*) { return -1; };
    return KeyPtr{is_private ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                             : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)};
}

void put_time(json::object& object, std::string_view name, std::optional<Timestamp> at) {
    if (at) object[name] = to_seconds(*at);
}

}  // namespace

struct TokenKeys::Impl {
    TokenAlgorithm algorithm = TokenAlgorithm::hs256;
    std::string secret;
    KeyPtr key;  // not HMAC
    TokenSettings::Use use = TokenSettings::Use::organizations;
    bool can_sign = true;

    [[nodiscard]] std::optional<std::string> signature_of(std::string_view message) const {
        if (!key) return hmac(algorithm, secret, message);
        const DigestContextPtr context{EVP_MD_CTX_new()};
        std::size_t length = 0;
        if (!context ||
            EVP_DigestSignInit(context.get(), nullptr, digest_of(algorithm), nullptr, key.get()) !=
                1 ||
            EVP_DigestSign(context.get(), nullptr, &length, to_uchars(message), message.size()) !=
                1)
            return std::nullopt;
        std::string signature(length, '\0');
        if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                           &length, to_uchars(message), message.size()) != 1)
            return std::nullopt;
        signature.resize(length);
        return signature;
    }

    [[nodiscard]] bool is_signed(std::string_view message, std::string_view signature) const {
        if (!key) return equal_constant_time(hmac(algorithm, secret, message), signature);
        const DigestContextPtr context{EVP_MD_CTX_new()};
        return context &&
               EVP_DigestVerifyInit(context.get(), nullptr, digest_of(algorithm), nullptr,
                                    key.get()) == 1 &&
               EVP_DigestVerify(context.get(), to_uchars(signature), signature.size(),
                                to_uchars(message), message.size()) == 1;
    }
};

TokenKeys::TokenKeys(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TokenKeys::~TokenKeys() = default;

Result<std::unique_ptr<const TokenKeys>> TokenKeys::create(const TokenSettings& settings) {
    auto impl = std::make_unique<Impl>();
    impl->algorithm = settings.algorithm;
    impl->secret = settings.secret;
    impl->use = settings.use;
    if (settings.secret.empty())
        return fail(ErrorCode::invalid, "The secret that signs tokens is empty.");
    const Family family = family_of(settings.algorithm);
    if (family != Family::hmac) {
        impl->key = read_pem(settings.secret, true);
        if (!impl->key) {
            impl->can_sign = false;
            impl->key = read_pem(settings.secret, false);
        }
        const int wanted = family == Family::rsa ? EVP_PKEY_RSA : EVP_PKEY_ED25519;
        if (!impl->key || EVP_PKEY_get_base_id(impl->key.get()) != wanted)
            return fail(ErrorCode::invalid, "The key of tokens is not a PEM of the kind that " +
                                                std::string(to_string(settings.algorithm)) +
                                                " asks for.");
    }
    return std::unique_ptr<const TokenKeys>(new TokenKeys(std::move(impl)));
}

Result<std::string> TokenKeys::sign(const TokenClaims& claims) const {
    if (!impl_->can_sign)
        return fail(ErrorCode::invalid,
                    "Tokens can only be verified here: the configured key is a public one.");
    json::object header;
    header["alg"] = to_string(impl_->algorithm);
    header["typ"] = "JWT";
    json::object body;
    put_time(body, "iat", claims.issued_at);
    put_time(body, "exp", claims.expires_at);
    put_time(body, "nbf", claims.not_before);
    body["iss"] = impl_->use == TokenSettings::Use::users ? "posthaste" : "svix-server";
    body["sub"] = claims.subject;
    if (claims.session) body["jti"] = *claims.session;
    if (claims.organization) body["org"] = *claims.organization;
    if (!claims.feature_flags.empty())
        body["feature_flags"] =
            json::array(claims.feature_flags.begin(), claims.feature_flags.end());
    if (claims.capabilities)
        body["capabilities"] =
            json::array(claims.capabilities->begin(), claims.capabilities->end());
    if (claims.portal_session) body["sid"] = *claims.portal_session;
    std::string token =
        to_base64url(json::serialize(header)) + "." + to_base64url(json::serialize(body));
    const auto signature = impl_->signature_of(token);
    if (!signature) return fail(ErrorCode::io, "The token could not be signed.");
    token += '.';
    token += to_base64url(*signature);
    return token;
}

std::expected<VerifiedToken, TokenFault> TokenKeys::verify(std::string_view token,
                                                           Timestamp now) const {
    if (!impl_->key && equal_constant_time(token, impl_->secret))
        return std::unexpected(TokenFault::is_secret);
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    if (token.size() > kTokenBytesMax || first == last || token.find('.', first + 1) != last)
        return std::unexpected(TokenFault::invalid);
    const auto header = decode_object(token.substr(0, first));
    const auto signature = from_base64url(token.substr(last + 1));
    if (!header || !signature || !is_header_ours(*header, impl_->algorithm) ||
        !impl_->is_signed(token.substr(0, last), *signature))
        return std::unexpected(TokenFault::invalid);
    const auto body = decode_object(token.substr(first + 1, last - first - 1));
    if (!body) return std::unexpected(TokenFault::invalid);
    auto claims = read_claims(*body);
    if (!claims) return std::unexpected(claims.error());
    VerifiedToken verified = with_times(std::move(*claims));
    if (now < verified.from || now > verified.until) return std::unexpected(TokenFault::invalid);
    const json::value* subject = body->if_contains("sub");
    const auto fault = impl_->use == TokenSettings::Use::users
                           ? fault_of_user(verified.claims)
                           : fault_of_names(verified.claims, subject && subject->is_string());
    if (fault) return std::unexpected(*fault);
    return verified;
}

}  // namespace posthaste
