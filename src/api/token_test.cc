#include "api/token.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/bytes.h"

namespace posthaste {
namespace {

constexpr Timestamp kNow = from_micros(1'767'323'045'000'000);

struct Pems {
    std::string private_key;
    std::string public_key;
};

std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    return text;
}

Pems pems_of(EVP_PKEY* key) {
    BIO* secret = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
    BIO* open = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(open, key);
    Pems pems{text_of(secret), text_of(open)};
    EVP_PKEY_free(key);
    return pems;
}

Pems rsa_pems() { return pems_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})); }
Pems ed25519_pems() { return pems_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }

std::unique_ptr<const TokenKeys> keys_of(TokenAlgorithm algorithm, std::string secret) {
    auto keys = TokenKeys::create({algorithm, std::move(secret)});
    EXPECT_TRUE(keys) << keys.error().message;
    return keys ? std::move(*keys) : nullptr;
}

TokenClaims organization_claims() {
    TokenClaims claims;
    claims.subject = "org_svix_python_tests";
    claims.issued_at = claims.not_before = kNow;
    claims.expires_at = kNow + 1h;
    return claims;
}

// A token of these JSON texts, signed with HS256 under "x".
std::string handmade(const std::string& header, const std::string& body) {
    const auto encode = [](const std::string& text) {
        std::string out = to_base64(text);
        while (out.ends_with('=')) out.pop_back();
        for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
        return out;
    };
    unsigned char mac[32];
    std::size_t length = 0;
    const std::string message = encode(header) + "." + encode(body);
    EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, "x", 1,
              reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac,
              sizeof mac, &length);
    return message + "." + encode(std::string(reinterpret_cast<const char*>(mac), length));
}

TEST(Token, what_is_signed_is_verified_and_nothing_else) {
    const Pems rsa = rsa_pems();
    const Pems ed25519 = ed25519_pems();
    struct Case {
        TokenAlgorithm algorithm;
        std::string secret;
        std::string verifier;
    };
    const Case cases[] = {
        {TokenAlgorithm::hs256, "x", "x"},
        {TokenAlgorithm::hs384, "test value", "test value"},
        {TokenAlgorithm::hs512, "test value", "test value"},
        {TokenAlgorithm::rs256, rsa.private_key, rsa.public_key},
        {TokenAlgorithm::rs384, rsa.private_key, rsa.public_key},
        {TokenAlgorithm::rs512, rsa.private_key, rsa.public_key},
        {TokenAlgorithm::eddsa, ed25519.private_key, ed25519.public_key},
    };
    for (const Case& c : cases) {
        const auto signer = keys_of(c.algorithm, c.secret);
        const auto verifier = keys_of(c.algorithm, c.verifier);
        const std::string token = signer->sign(organization_claims()).value();
        for (const TokenKeys* keys : {signer.get(), verifier.get()}) {
            const auto verified = keys->verify(token, kNow);
            ASSERT_TRUE(verified) << to_string(c.algorithm);
            EXPECT_EQ(verified->claims.subject, "org_svix_python_tests");
            EXPECT_FALSE(verified->claims.organization);
        }
        // Any other character of the signature or the claims breaks it.
        for (const std::size_t at : {token.size() - 10, token.find('.') + 5}) {
            std::string broken = token;
            broken[at] = broken[at] == 'A' ? 'B' : 'A';
            EXPECT_EQ(verifier->verify(broken, kNow).error(), TokenFault::invalid);
        }
        if (c.secret != c.verifier) {
            EXPECT_FALSE(verifier->sign(organization_claims()));
        }
        // The header's algorithm must be the configured one.
        for (const Case& other : cases) {
            if (other.algorithm == c.algorithm) continue;
            EXPECT_FALSE(keys_of(other.algorithm, other.verifier)->verify(token, kNow))
                << to_string(c.algorithm) << " by " << to_string(other.algorithm);
        }
    }
}

// RFC 7515, appendix A.1. It has no subject, which is found out behind the signature only.
TEST(Token, rfc_7515_vector) {
    const std::string key = *from_base64(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
        "Zr1Z9CAow==");
    const std::string token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
        "VlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const auto keys = keys_of(TokenAlgorithm::hs256, key);
    EXPECT_EQ(keys->verify(token, from_micros(1'300'819'380'000'000)).error(),
              TokenFault::no_subject);
    EXPECT_EQ(keys->verify(token, from_micros(1'300'820'281'000'000)).error(), TokenFault::invalid);
}

TEST(Token, claims_and_headers) {
    const std::string hs256 = R"({"alg":"HS256","typ":"JWT"})";
    const std::string fine = R"({"sub":"org_a"})";
    struct Case {
        std::string header;
        std::string body;
        std::optional<TokenFault> fault;
    };
    const auto at = [](std::int64_t offset) { return std::to_string(to_seconds(kNow) + offset); };
    const Case cases[] = {
        {hs256, fine, {}},
        {R"({"alg":"HS256"})", fine, {}},
        {R"({"alg":"HS256","typ":"jwt"})", fine, {}},
        {R"({"alg":"HS256","typ":"JOSE"})", fine, TokenFault::invalid},
        {R"({"alg":"none"})", fine, TokenFault::invalid},
        {R"({"alg":"HS512"})", fine, TokenFault::invalid},
        {R"({"typ":"JWT"})", fine, TokenFault::invalid},
        {R"({"alg":"HS256","crit":["b64"]})", fine, TokenFault::invalid},
        {"[]", fine, TokenFault::invalid},
        {hs256, "[]", TokenFault::invalid},
        {hs256, "{", TokenFault::invalid},
        {hs256, "{}", TokenFault::no_subject},
        {hs256, R"({"sub":7})", TokenFault::invalid},
        {hs256, R"({"sub":"user_a"})", TokenFault::bad_organization},
        {hs256, R"({"sub":"app_a"})", TokenFault::bad_organization},
        {hs256, R"({"sub":"app_a","org":"org_a"})", {}},
        {hs256, R"({"sub":"org_a","org":"org_a"})", TokenFault::bad_application},
        {hs256, R"({"sub":"app_a","org":"a"})", TokenFault::bad_organization},
        {hs256, R"({"sub":"app_a","org":"org_a","feature_flags":["f"]})", {}},
        {hs256, R"({"sub":"app_a","org":"org_a","feature_flags":"f"})", TokenFault::invalid},
        {hs256, R"({"sub":"org_a","iss":"somebody"})", {}},
        // 15 minutes of tolerance on each side.
        {hs256, R"({"sub":"org_a","exp":)" + at(-900) + "}", {}},
        {hs256, R"({"sub":"org_a","exp":)" + at(-901) + "}", TokenFault::invalid},
        {hs256, R"({"sub":"org_a","nbf":)" + at(900) + "}", {}},
        {hs256, R"({"sub":"org_a","nbf":)" + at(901) + "}", TokenFault::invalid},
        {hs256, R"({"sub":"org_a","iat":)" + at(900) + "}", {}},
        {hs256, R"({"sub":"org_a","iat":)" + at(901) + "}", TokenFault::invalid},
        {hs256, R"({"sub":"org_a","exp":1e300})", {}},
        {hs256, R"({"sub":"org_a","exp":)" + at(5) + ".5}", {}},
        {hs256, R"({"sub":"org_a","exp":"soon"})", TokenFault::invalid},
    };
    const auto keys = keys_of(TokenAlgorithm::hs256, "x");
    for (const Case& c : cases) {
        const auto verified = keys->verify(handmade(c.header, c.body), kNow);
        EXPECT_EQ(verified.has_value(), !c.fault) << c.header << c.body;
        if (!verified && c.fault) {
            EXPECT_EQ(verified.error(), *c.fault) << c.header << c.body;
        }
    }
}

TEST(Token, what_is_no_token) {
    const auto keys = keys_of(TokenAlgorithm::hs256, "x");
    EXPECT_EQ(keys->verify("x", kNow).error(), TokenFault::is_secret);
    for (const char* text : {"", ".", "..", "a.b", "a.b.c", "a.b.c.d", "e30.e30.e30", "Zm9v"})
        EXPECT_EQ(keys->verify(text, kNow).error(), TokenFault::invalid) << text;
    EXPECT_EQ(keys->verify(std::string(10'000, '.'), kNow).error(), TokenFault::invalid);
}

TEST(Token, keys_that_do_not_fit) {
    EXPECT_FALSE(TokenKeys::create({TokenAlgorithm::hs256, ""}));
    EXPECT_FALSE(TokenKeys::create({TokenAlgorithm::rs256, "x"}));
    EXPECT_FALSE(TokenKeys::create({TokenAlgorithm::rs256, ed25519_pems().private_key}));
    EXPECT_FALSE(TokenKeys::create({TokenAlgorithm::eddsa, rsa_pems().public_key}));
    EXPECT_EQ(parse_token_algorithm("EdDSA"), TokenAlgorithm::eddsa);
    EXPECT_EQ(parse_token_algorithm("none"), std::nullopt);
}

}  // namespace
}  // namespace posthaste
