#include "domain/signing.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace posthaste {
namespace {

constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kSeconds = 1614265330;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kHmacSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kHmacSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr std::string_view kEdSecret =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
constexpr std::string_view kEdSignature =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
const Timestamp kNow = from_micros(kSeconds * 1'000'000);

SigningKey key(std::string_view secret) {
    auto parsed = parse_secret(secret);
    EXPECT_TRUE(parsed) << secret;
    return parsed.value_or(SigningKey{});
}

std::unique_ptr<Signer> signer(std::vector<SigningKey> keys) {
    auto made = Signer::create(std::move(keys));
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
}

std::string standard(const Signer& with, std::string_view body = kBody, Timestamp now = kNow) {
    std::string out;
    with.append_standard(out, kId, kSeconds, body, now);
    return out;
}

std::string hex(const Signer& with, std::string_view body) {
    std::string out;
    with.append_hex(out, body);
    return out;
}

TEST(Signer, matches_the_published_vectors) {
    EXPECT_EQ(standard(*signer({key(kHmacSecret)})), kHmacSignature);
    EXPECT_EQ(standard(*signer({key(kEdSecret)})), kEdSignature);
}

TEST(Signer, an_ed25519_seed_alone_is_enough) {
    SigningKey seed = key(kEdSecret);
    seed.bytes.resize(32);
    EXPECT_EQ(standard(*signer({seed})), kEdSignature);
}

TEST(Signer, repeats_itself_whatever_it_signed_before) {
    const auto with = signer({key(kHmacSecret), key(kEdSecret)});
    const std::string first = standard(*with);
    for (int i = 0; i < 5; ++i) {
        (void)standard(*with, std::string(static_cast<std::size_t>(i) * 1000, 'x'));
        (void)hex(*with, "something else");
        EXPECT_EQ(standard(*with), first);
    }
}

TEST(Signer, signs_with_every_unexpired_key_current_first) {
    SigningKey old_key = key(kEdSecret);
    old_key.expires_at = kNow + 1h;
    SigningKey expired = key("older");
    expired.expires_at = kNow;
    const auto with = signer({key(kHmacSecret), old_key, expired});
    const std::string both = std::string(kHmacSignature) + " " + std::string(kEdSignature);
    EXPECT_EQ(standard(*with), both);
    EXPECT_EQ(standard(*with, kBody, kNow + 1h), kHmacSignature);
    EXPECT_EQ(standard(*with, kBody, kNow - 1us).size(), both.size() + 1 + kHmacSignature.size());
}

TEST(Signer, appends_and_leaves_what_was_there) {
    const auto with = signer({key(kEdSecret)});
    std::string out = "webhook-signature: ";
    with->append_standard(out, kId, kSeconds, kBody, kNow);
    EXPECT_EQ(out, "webhook-signature: " + std::string(kEdSignature));
}

TEST(Signer, does_not_allocate_beyond_out) {
    const auto with = signer({key(kHmacSecret)});
    std::string out;
    out.reserve(64);
    const char* before = out.data();
    with->append_standard(out, kId, kSeconds, std::string(10'000, 'x'), kNow);
    EXPECT_EQ(out.data(), before);
}

TEST(Signer, without_keys_signs_nothing) {
    const auto with = signer({});
    EXPECT_EQ(standard(*with), "");
    EXPECT_EQ(hex(*with, "x"), "");
}

TEST(Signer, plain_hex_vectors) {
    const auto with = signer({key("my_secret_key")});
    EXPECT_EQ(
        hex(*with,
            R"({"event": "user.created", "data": {"id": 123, "name": "John Doe", "email": "john@example.com"}})"),
        "79e538f177cc3504faf4e361fee2bfdd8f963d412c0093ea08e1795a4da3045c");
    EXPECT_EQ(hex(*with, R"({"event": "user.created", "data": {"id": 123, "name": "J\u00f6hn"}})"),
              "f3abff3f083fba7aa9576d2f8d342564dfe6e18b72b47f14ec871da5c4d338f3");
    EXPECT_EQ(hex(*signer({key(kEdSecret)}), "x"), "");
}

TEST(Signer, refuses_a_bad_ed25519_key) {
    SigningKey torn = key(kEdSecret);
    torn.bytes.resize(40);
    EXPECT_FALSE(Signer::create({torn}));
    SigningKey mismatched = key(kEdSecret);
    mismatched.bytes.back() = static_cast<char>(mismatched.bytes.back() ^ 1);
    EXPECT_FALSE(Signer::create({mismatched}));
}

TEST(HmacSha256, rfc_4231_vectors) {
    struct Row {
        std::string key, message, mac;
    };
    const Row rows[] = {
        {std::string(20, '\x0b'), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (const Row& row : rows) EXPECT_EQ(to_hex(hmac_sha256(row.key, row.message)), row.mac);
}

TEST(ParseSecret, knows_three_forms) {
    EXPECT_EQ(key(kHmacSecret).kind, KeyKind::hmac_sha256);
    EXPECT_EQ(key(kHmacSecret).bytes.size(), 24U);
    EXPECT_EQ(key(kEdSecret).kind, KeyKind::ed25519);
    EXPECT_EQ(key(kEdSecret).bytes.size(), 64U);
    EXPECT_EQ(key("my_secret_key").bytes, "my_secret_key");
    EXPECT_EQ(key("my_secret_key").kind, KeyKind::hmac_sha256);
    for (const std::string_view secret :
         {"", "whsec_", "whsec_!!!", "whsec_abc", "whsk_", "whsk_AAAA", "whsk_%%%%"})
        EXPECT_FALSE(parse_secret(secret)) << secret;
}

Verification verify(std::string_view secret, std::string_view signatures,
                    std::string_view timestamp = "1614265330", std::string_view body = kBody,
                    std::string_view id = kId, Timestamp now = kNow) {
    return verify_standard(key(secret), id, timestamp, signatures, body, now);
}

TEST(VerifyStandard, accepts_any_listed_signature) {
    const std::string hmac(kHmacSignature);
    const std::string ed(kEdSignature);
    EXPECT_EQ(verify(kHmacSecret, hmac), Verification::valid);
    EXPECT_EQ(verify(kEdSecret, ed), Verification::valid);
    EXPECT_EQ(verify(kHmacSecret, ed + " " + hmac), Verification::valid);
    EXPECT_EQ(verify(kEdSecret, "v2,AAAA nonsense v1,!!! " + hmac + "  " + ed),
              Verification::valid);
}

TEST(VerifyStandard, refuses_what_does_not_match) {
    const std::string hmac(kHmacSignature);
    const std::string ed(kEdSignature);
    EXPECT_EQ(verify(kHmacSecret, ed), Verification::no_match);
    EXPECT_EQ(verify(kEdSecret, hmac), Verification::no_match);
    EXPECT_EQ(verify("another", hmac), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, "v1a," + hmac.substr(3)), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, hmac.substr(3)), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, "v1,"), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, hmac, "1614265331"), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, hmac, "1614265330", "{}"), Verification::no_match);
    EXPECT_EQ(verify(kHmacSecret, hmac, "1614265330", kBody, "msg_other"), Verification::no_match);
    EXPECT_EQ(verify(kEdSecret, ed, "1614265330", "{}"), Verification::no_match);
    EXPECT_EQ(verify(kEdSecret, "v1a,AAAA"), Verification::no_match);
}

TEST(VerifyStandard, wants_all_headers_and_a_fresh_timestamp) {
    const std::string hmac(kHmacSignature);
    EXPECT_EQ(verify(kHmacSecret, ""), Verification::missing_headers);
    EXPECT_EQ(verify(kHmacSecret, hmac, ""), Verification::missing_headers);
    EXPECT_EQ(verify(kHmacSecret, hmac, "1614265330", kBody, ""), Verification::missing_headers);
    for (const std::string_view timestamp :
         {"x", "1614265330x", " 1614265330", "-1", "1e9", "99999999999999999999"})
        EXPECT_EQ(verify(kHmacSecret, hmac, timestamp), Verification::bad_timestamp) << timestamp;
    EXPECT_EQ(verify(kHmacSecret, hmac, "9223372036854775807"), Verification::too_new);
    EXPECT_EQ(verify(kHmacSecret, hmac, "0"), Verification::too_old);
    const auto at = [&](Duration shift) {
        return verify(kHmacSecret, hmac, "1614265330", kBody, kId, kNow + shift);
    };
    EXPECT_EQ(at(300s), Verification::valid);
    EXPECT_EQ(at(301s), Verification::too_old);
    EXPECT_EQ(at(-300s), Verification::valid);
    EXPECT_EQ(at(-301s), Verification::too_new);
}

TEST(VerifyStandard, agrees_with_the_signer_on_any_body) {
    for (const std::string_view secret : {kHmacSecret, kEdSecret, std::string_view("free text")}) {
        const auto with = signer({key(secret)});
        for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 5000U}) {
            const std::string body(size, '\xff');
            EXPECT_EQ(verify(secret, standard(*with, body), "1614265330", body),
                      Verification::valid);
        }
    }
}

}  // namespace
}  // namespace posthaste
