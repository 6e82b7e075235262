#include "engine/attempt.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace posthaste {
namespace {

constexpr std::string_view kPayload =
    R"({"event": "user.created", "data": {"id": 123, "name": "John Doe", "email": "john@example.com"}})";

Event sample_event() {
    Event event;
    event.id = EventId{0x0190a5b27c3d7abcULL, 0x8def0123456789abULL};
    event.accepted_at = from_micros(1'700'000'000'000'000);
    event.payload = kPayload;
    return event;
}

PreparedEndpointPtr sample_endpoint(std::optional<std::string> secret, Profile profile) {
    auto prepared = std::make_shared<PreparedEndpoint>();
    prepared->config.id = EndpointId{0x0190a5b27c3d7001ULL, 0x8000000000000001ULL};
    prepared->config.profile = profile;
    prepared->config.secret = std::move(secret);
    prepared->config.retry = subscriptions_retry_policy();
    return prepared;
}

std::string value_of(const std::string& headers, std::string_view name) {
    const std::string start = std::string(name) + ": ";
    const std::size_t at = headers.find(start);
    if (at == std::string::npos) return "";
    return headers.substr(at + start.size(), headers.find("\r\n", at) - at - start.size());
}

TEST(AttemptHeaders, SubscriptionsCarryBothSignaturesAndIds) {
    const Event event = sample_event();
    const Route route = make_route(sample_endpoint("my_secret_key", Profile::subscriptions));
    const Timestamp now = from_micros(1'700'000'001'000'000);
    const std::string headers = attempt_headers(event, route, now);
    // The published vector of the subscriptions API for this payload and secret.
    EXPECT_EQ(value_of(headers, "X-Webhook-Signature"),
              "79e538f177cc3504faf4e361fee2bfdd8f963d412c0093ea08e1795a4da3045c");
    EXPECT_EQ(value_of(headers, "X-Webhook-Delivery-ID"), to_uuid(event.id));
    EXPECT_EQ(value_of(headers, "X-Webhook-Subscription-ID"),
              "0190a5b2-7c3d-7001-8000-000000000001");
    EXPECT_EQ(value_of(headers, "webhook-id"), to_base62("msg", event.id));
    EXPECT_EQ(value_of(headers, "webhook-timestamp"), "1700000001");
    EXPECT_EQ(
        verify_standard(*parse_secret("my_secret_key"), value_of(headers, "webhook-id"),
                        "1700000001", value_of(headers, "webhook-signature"), event.payload, now),
        Verification::valid);
}

// S0-02: the orders API's vector, for an order that its producer wrote in canonical form.
TEST(AttemptHeaders, OrdersCarryTheEventsNameAndAHexSignature) {
    Event event = sample_event();
    event.type = "order_creation";
    event.payload = R"({"amount":49.9,"order_id":123,"user_id":7})";
    const Route route = make_route(sample_endpoint("supersecret123", Profile::orders));
    const Timestamp now = from_micros(1'700'000'001'000'000);
    const std::string headers = attempt_headers(event, route, now);
    EXPECT_EQ(value_of(headers, "X-Event-Name"), "order_creation");
    EXPECT_EQ(value_of(headers, "X-Signature"),
              "1b672b787a3640e4ca14337cfebfc9c00e6ac16d85b3ede929d8566b89b58306");
    EXPECT_EQ(
        verify_standard(*parse_secret("supersecret123"), value_of(headers, "webhook-id"),
                        "1700000001", value_of(headers, "webhook-signature"), event.payload, now),
        Verification::valid);
    EXPECT_EQ(headers.find("X-Webhook"), std::string::npos);

    const std::string bare =
        attempt_headers(event, make_route(sample_endpoint(std::nullopt, Profile::orders)), now);
    EXPECT_EQ(value_of(bare, "X-Event-Name"), "order_creation");
    EXPECT_EQ(bare.find("ignature"), std::string::npos);
}

TEST(AttemptHeaders, AnEventsNameCannotAddHeaders) {
    Event event = sample_event();
    event.type = "a\r\nX-Forged: \xc3\xb6";
    const std::string headers = attempt_headers(
        event, make_route(sample_endpoint(std::nullopt, Profile::orders)), Timestamp{});
    EXPECT_EQ(value_of(headers, "X-Event-Name"), "a??X-Forged: ??");
}

TEST(AttemptHeaders, AnAsymmetricKeyLeavesTheHexSignatureAway) {
    const std::string key = "whsk_" + to_base64(std::string(32, 'k'));
    for (const Profile profile : {Profile::subscriptions, Profile::orders}) {
        const std::string headers =
            attempt_headers(sample_event(), make_route(sample_endpoint(key, profile)), Timestamp{});
        EXPECT_NE(value_of(headers, "webhook-signature"), "");
        EXPECT_EQ(headers.find("X-Signature"), std::string::npos);
        EXPECT_EQ(headers.find("X-Webhook-Signature"), std::string::npos);
    }
}

TEST(AttemptHeaders, NothingIsSignedWithoutASecret) {
    const std::string headers = attempt_headers(
        sample_event(), make_route(sample_endpoint(std::nullopt, Profile::subscriptions)),
        Timestamp{});
    EXPECT_EQ(headers.find("ignature"), std::string::npos);
    EXPECT_NE(value_of(headers, "webhook-id"), "")
        << "receivers still need it to recognise duplicates";
}

TEST(AttemptHeaders, NativeEndpointsGetStandardHeadersOnly) {
    const std::string headers = attempt_headers(
        sample_event(),
        make_route(sample_endpoint("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Profile::native)),
        Timestamp{});
    EXPECT_NE(value_of(headers, "webhook-signature"), "");
    EXPECT_EQ(headers.find("X-Webhook"), std::string::npos);
}

TEST(AttemptHeaders, NamesFollowTheSettingForNativeEndpointsOnly) {
    const Route native = make_route(sample_endpoint("my_secret_key", Profile::native));
    const Route other = make_route(sample_endpoint("my_secret_key", Profile::subscriptions));
    const struct {
        HeaderNames names;
        bool webhook;
        bool svix;
    } cases[] = {{HeaderNames::webhook, true, false},
                 {HeaderNames::svix, false, true},
                 {HeaderNames::both, true, true}};
    for (const auto& row : cases) {
        const std::string headers = attempt_headers(sample_event(), native, Timestamp{}, row.names);
        for (const char* name : {"id", "timestamp", "signature"}) {
            EXPECT_EQ(!value_of(headers, std::string("webhook-") + name).empty(), row.webhook);
            EXPECT_EQ(!value_of(headers, std::string("svix-") + name).empty(), row.svix);
        }
        EXPECT_EQ(attempt_headers(sample_event(), other, Timestamp{}, row.names),
                  attempt_headers(sample_event(), other, Timestamp{}, HeaderNames::webhook));
    }
    const std::string both = attempt_headers(sample_event(), native, Timestamp{});
    EXPECT_EQ(value_of(both, "svix-signature"), value_of(both, "webhook-signature"));
}

TEST(AttemptHeaders, ContactsWebhooksAreToldTheSendersName) {
    auto prepared =
        std::make_shared<PreparedEndpoint>(*sample_endpoint(std::nullopt, Profile::contacts));
    std::string headers = attempt_headers(sample_event(), make_route(prepared), Timestamp{});
    EXPECT_EQ(value_of(headers, "User-Agent"), "Whookfirm-Webhooks/1.0");
    prepared = std::make_shared<PreparedEndpoint>(*prepared);
    prepared->config.headers = {{"user-agent", "own"}};
    headers = attempt_headers(sample_event(), make_route(prepared), Timestamp{});
    EXPECT_EQ(headers.find("Whookfirm"), std::string::npos);
    EXPECT_EQ(value_of(headers, "user-agent"), "own");
}

TEST(AttemptHeaders, ConfiguredHeadersGoOutAsGiven) {
    auto prepared =
        std::make_shared<PreparedEndpoint>(*sample_endpoint(std::nullopt, Profile::native));
    prepared->config.headers = {{"X-Tenant", "a b"}, {"authorization", "Bearer t"}};
    const std::string headers = attempt_headers(sample_event(), make_route(prepared), Timestamp{});
    EXPECT_TRUE(headers.ends_with("X-Tenant: a b\r\nauthorization: Bearer t\r\n")) << headers;
}

TEST(AttemptHeaders, WhatIsSentIsWhatIsSigned) {
    Event event = sample_event();
    event.body = "raw text";
    const Timestamp now = from_micros(1'700'000'001'000'000);
    const std::string headers =
        attempt_headers(event, make_route(sample_endpoint("my_secret_key", Profile::native)), now);
    const auto verdict = [&](std::string_view body) {
        return verify_standard(*parse_secret("my_secret_key"), value_of(headers, "webhook-id"),
                               "1700000001", value_of(headers, "webhook-signature"), body, now);
    };
    EXPECT_EQ(verdict("raw text"), Verification::valid);
    EXPECT_EQ(verdict(event.payload), Verification::no_match);
}

TEST(AttemptHeaders, OldSecretsSignUntilTheyExpire) {
    auto prepared =
        std::make_shared<PreparedEndpoint>(*sample_endpoint("new_secret", Profile::native));
    const Timestamp now = from_micros(1'700'000'001'000'000);
    prepared->config.old_secrets = {{"old_secret", now + 1h}, {"older_secret", now - 1s}};
    const std::string headers = attempt_headers(sample_event(), make_route(prepared), now);
    const std::string signatures = value_of(headers, "webhook-signature");
    const auto verdict = [&](std::string_view secret) {
        return verify_standard(*parse_secret(secret), value_of(headers, "webhook-id"), "1700000001",
                               signatures, kPayload, now);
    };
    EXPECT_EQ(verdict("new_secret"), Verification::valid);
    EXPECT_EQ(verdict("old_secret"), Verification::valid);
    EXPECT_EQ(verdict("older_secret"), Verification::no_match);
}

struct SettleCase {
    const char* name;
    AttemptOutcome outcome;
    int status;
    std::uint32_t attempts_before;
    bool deleted;
    DeliveryState next;
};

class SettleAttempt : public ::testing::TestWithParam<SettleCase> {};

TEST_P(SettleAttempt, DecidesTheNextState) {
    const SettleCase& row = GetParam();
    const auto event = std::make_shared<Event>(sample_event());
    const QueuedDelivery delivery{event, std::nullopt, row.attempts_before, {}};
    Endpoint endpoint = sample_endpoint(std::nullopt, Profile::subscriptions)->config;
    endpoint.is_deleted = row.deleted;
    TransportResult result;
    result.outcome = row.outcome;
    result.status = row.status;
    result.body = "answer";
    result.headers = "Server: s\n";
    if (row.status == 0) result.error = "no answer";
    const Timestamp started = event->accepted_at + 3s;
    const DeliveryUpdate update = settle_attempt(delivery, endpoint, std::move(result), started,
                                                 started + 1s, 0.5, Sabotage{});
    EXPECT_EQ(update.next, row.next);
    ASSERT_TRUE(update.attempt);
    EXPECT_EQ(update.attempt->number, row.attempts_before + 1);
    EXPECT_EQ(update.attempt->status_code, row.status);
    EXPECT_EQ(update.attempt->response, row.status == 0 ? "no answer" : "answer");
    EXPECT_EQ(update.attempt->response_headers.value_or("none"),
              row.status == 0 ? "none" : "Server: s\n");
    EXPECT_EQ(update.attempt->queue_lag, 3s);
    if (update.next == DeliveryState::parked) {
        EXPECT_GE(update.due, started + 1s + 10s);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SettleAttempt,
    ::testing::Values(
        SettleCase{"delivered", AttemptOutcome::delivered, 204, 0, false, DeliveryState::delivered},
        SettleCase{"first_failure", AttemptOutcome::rejected, 500, 0, false, DeliveryState::parked},
        SettleCase{"redirect_is_failure", AttemptOutcome::rejected, 302, 0, false,
                   DeliveryState::parked},
        SettleCase{"network_errors_retry", AttemptOutcome::connect_failed, 0, 0, false,
                   DeliveryState::parked},
        SettleCase{"blocked_retries", AttemptOutcome::blocked, 0, 3, false, DeliveryState::parked},
        SettleCase{"last_attempt", AttemptOutcome::timed_out, 0, 4, false, DeliveryState::dead},
        SettleCase{"deleted_meanwhile", AttemptOutcome::rejected, 500, 0, true,
                   DeliveryState::cancelled},
        SettleCase{"delivered_though_deleted", AttemptOutcome::delivered, 200, 0, true,
                   DeliveryState::delivered}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(SettleManualAttempt, IsRecordedAsSuchAndCountedApart) {
    const auto event = std::make_shared<Event>(sample_event());
    const Endpoint endpoint = sample_endpoint(std::nullopt, Profile::native)->config;
    const Timestamp started = event->accepted_at + 1h;
    const Timestamp resume = event->accepted_at + 2h;
    const ManualState asked{1, AttemptTrigger::manual, resume};
    const QueuedDelivery delivery{event, started, 3, asked};
    TransportResult refused;
    refused.outcome = AttemptOutcome::rejected;
    refused.status = 500;
    const DeliveryUpdate update =
        settle_attempt(delivery, endpoint, refused, started, started + 1s, 0.5, Sabotage{});
    EXPECT_EQ(update.next, DeliveryState::parked);
    EXPECT_EQ(update.due, resume);
    EXPECT_EQ(update.attempts_made, 4U);
    EXPECT_EQ(update.manual, (ManualState{2, AttemptTrigger::scheduled, std::nullopt}));
    EXPECT_EQ(update.attempt->trigger, AttemptTrigger::manual);

    // The next one is the schedule's third.
    const QueuedDelivery resumed{event, resume, 4, update.manual};
    const DeliveryUpdate then =
        settle_attempt(resumed, endpoint, refused, resume, resume, 0.0, Sabotage{});
    EXPECT_EQ(then.next, DeliveryState::parked);
    EXPECT_EQ(then.due, resume + 60s);
    EXPECT_EQ(then.manual.manual_made, 2U);
    EXPECT_EQ(then.attempt->trigger, AttemptTrigger::scheduled);
}

}  // namespace
}  // namespace posthaste
