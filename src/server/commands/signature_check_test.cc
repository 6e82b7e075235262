#include "server/commands/signature_check.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"

namespace posthaste {
namespace {

// The subscriptions API's documented example and its signature under this secret.
constexpr const char* kBody =
    R"({"event": "user.created", "data": {"id": 123, "name": "John Doe", "email": "john@example.com"}})";
constexpr const char* kHex = "79e538f177cc3504faf4e361fee2bfdd8f963d412c0093ea08e1795a4da3045c";
const Timestamp kNow = from_micros(1'790'000'000'000'000);

SigningKey key_of(std::string_view secret) { return parse_secret(secret).value(); }

HttpMessage request_with(std::vector<MessageField> fields) {
    HttpMessage request;
    request.body = kBody;
    request.body_bytes = request.body.size();
    request.fields = std::move(fields);
    return request;
}

std::vector<MessageField> standard_fields(const SigningKey& key, const std::string& family) {
    const auto signer = Signer::create({key}).value();
    std::string value;
    signer->append_standard(value, "msg_1", to_seconds(kNow), kBody, kNow);
    return {{family + "-id", "msg_1"},
            {family + "-timestamp", std::to_string(to_seconds(kNow))},
            {family + "-signature", value}};
}

TEST(CheckSignatures, AcceptsTheHexHeaders) {
    std::string github("sha256=");
    github += kHex;
    const auto report = check_signatures(request_with({{"x-webhook-signature", kHex},
                                                       {"X-Signature", kHex},
                                                       {"X-Hub-Signature-256", github}}),
                                         key_of("my_secret_key"), kNow);
    EXPECT_EQ(report.verdict, SignatureVerdict::valid);
    EXPECT_EQ(describe(report), "valid (X-Webhook-Signature, X-Signature, X-Hub-Signature-256)");
}

TEST(CheckSignatures, AcceptsStandardWebhooksUnderBothNames) {
    const SigningKey key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    for (const std::string family : {"webhook", "svix"}) {
        const auto report = check_signatures(request_with(standard_fields(key, family)), key, kNow);
        EXPECT_EQ(describe(report), "valid (" + family + "-signature v1)");
    }
}

TEST(CheckSignatures, OneBadSignatureSpoilsTheGoodOnes) {
    const SigningKey key = key_of("my_secret_key");
    auto fields = standard_fields(key, "webhook");
    fields.push_back({"X-Webhook-Signature", std::string(64, '0')});
    const auto report = check_signatures(request_with(fields), key, kNow);
    EXPECT_EQ(report.verdict, SignatureVerdict::invalid);
    EXPECT_EQ(report.valid.size(), 1U);
    EXPECT_EQ(describe(report), "INVALID (X-Webhook-Signature: no_match)");
}

TEST(CheckSignatures, RefusesOldOnesAndOtherKeys) {
    const SigningKey key = key_of("my_secret_key");
    const HttpMessage request = request_with(standard_fields(key, "webhook"));
    EXPECT_EQ(check_signatures(request, key, kNow + 6min).verdict, SignatureVerdict::invalid);
    EXPECT_EQ(check_signatures(request, key_of("other"), kNow).verdict, SignatureVerdict::invalid);
    EXPECT_EQ(check_signatures(request, key, kNow).verdict, SignatureVerdict::valid);
}

TEST(CheckSignatures, NoHeadersAreMissing) {
    const auto report = check_signatures(request_with({{"Host", "h"}}), key_of("k"), kNow);
    EXPECT_EQ(report.verdict, SignatureVerdict::missing);
    EXPECT_EQ(describe(report), "missing");
}

TEST(DeliveryIdentity, PrefersTheStandardHeader) {
    EXPECT_EQ(
        delivery_identity(request_with({{"X-Webhook-Delivery-ID", "c"}, {"Webhook-Id", "a"}})),
        "a");
    EXPECT_EQ(delivery_identity(request_with({{"X-Webhook-Delivery-ID", "c"}})), "c");
    EXPECT_EQ(delivery_identity(request_with({})), "");
}

}  // namespace
}  // namespace posthaste
