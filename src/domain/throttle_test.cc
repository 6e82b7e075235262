#include "domain/throttle.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

constexpr Timestamp kNow = from_micros(1'767'323'045'000'000);
constexpr ApplicationId kApplication{1, 7};

PreparedEndpoint endpoint_with(std::optional<std::uint32_t> rate) {
    PreparedEndpoint endpoint;
    endpoint.config.throttle_rate = rate;
    endpoint.gate = std::make_shared<RateGate>();
    return endpoint;
}

PreparedApplication application_with(std::optional<std::uint32_t> rate) {
    PreparedApplication application;
    application.config.id = kApplication;
    application.config.throttle_rate = rate;
    application.gate = std::make_shared<RateGate>();
    return application;
}

TEST(Throttle, WithoutRatesEverythingPassesAtOnce) {
    const PreparedEndpoint endpoint = endpoint_with(std::nullopt);
    const PreparedApplication application = application_with(0);
    for (int i = 0; i < 3; ++i) {
        const ThrottleAnswer answer = pass_throttles(endpoint, &application, kNow);
        EXPECT_TRUE(answer.passes);
        EXPECT_FALSE(answer.endpoint_opens || answer.application_opens);
    }
    EXPECT_TRUE(pass_throttles(endpoint, nullptr, kNow).passes);
}

TEST(Throttle, SaysWhenTheNextMayAsk) {
    const PreparedEndpoint endpoint = endpoint_with(4);
    const PreparedApplication application = application_with(10);
    const ThrottleAnswer first = pass_throttles(endpoint, &application, kNow);
    EXPECT_TRUE(first.passes);
    EXPECT_EQ(first.endpoint_opens, kNow + 250ms);
    EXPECT_EQ(first.application_opens, kNow + 100ms);
}

TEST(Throttle, ARefusalAtTheEndpointTakesNoPassOfTheApplication) {
    const PreparedEndpoint slow = endpoint_with(1);
    const PreparedEndpoint free = endpoint_with(std::nullopt);
    const PreparedApplication application = application_with(10);
    EXPECT_TRUE(pass_throttles(slow, &application, kNow).passes);
    const ThrottleAnswer refused = pass_throttles(slow, &application, kNow + 500ms);
    EXPECT_FALSE(refused.passes);
    EXPECT_EQ(refused.endpoint_opens, kNow + 1s);
    EXPECT_TRUE(pass_throttles(free, &application, kNow + 500ms).passes);
}

TEST(Throttle, ARefusalAtTheApplicationTakesNoPassOfTheEndpoint) {
    const PreparedEndpoint endpoint = endpoint_with(1);
    const PreparedEndpoint other = endpoint_with(std::nullopt);
    const PreparedApplication application = application_with(2);
    EXPECT_TRUE(pass_throttles(other, &application, kNow).passes);
    const ThrottleAnswer refused = pass_throttles(endpoint, &application, kNow + 100ms);
    EXPECT_FALSE(refused.passes);
    EXPECT_EQ(refused.application_opens, kNow + 500ms);
    EXPECT_FALSE(refused.endpoint_opens);
    EXPECT_TRUE(pass_throttles(endpoint, &application, kNow + 500ms).passes);
}

TEST(HeldApplications, AreReleasedInOrderOfTime) {
    const ApplicationId a{1, 1};
    const ApplicationId b{2, 2};
    HeldApplications held;
    EXPECT_TRUE(held.empty());
    held.hold(a, kNow + 300ms);
    held.hold(b, kNow + 200ms);
    held.hold(a, kNow + 100ms);  // again
    EXPECT_EQ(held.next(), kNow + 100ms);
    EXPECT_TRUE(held.release_due(kNow + 99ms).empty());
    EXPECT_EQ(held.release_due(kNow + 200ms), (std::vector<ApplicationId>{a, b}));
    EXPECT_TRUE(held.empty());
}

TEST(HeldApplications, AClockSetBackReleasesThem) {
    HeldApplications held;
    held.hold(kApplication, kNow + 1s);
    EXPECT_EQ(held.release_due(kNow - 1h), (std::vector<ApplicationId>{kApplication}));
}

}  // namespace
}  // namespace posthaste
