// The dashboard's figures and live stream over the wire. Row S0-11 of the requirements.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "api/authenticator.h"
#include "api/dashboard/live_stream.h"
#include "tests/api/people.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

namespace json = boost::json;

constexpr OrganizationId kNeighbour{0x0190'0000'0009'7000ULL, 0x8000'0000'0000'0009ULL};

struct Told {
    std::string name;
    json::value data;
};

class DashboardLive : public testing::Test {
protected:
    void SetUp() override {
        world.settings.organization =
            organization_id(kDefaultOrganization);  // as the server has it
        world.call(Method::post, "/app", R"({"name":"Shop","uid":"shop"})");
        endpoint = world.call(Method::post, "/app/shop/endpoint", R"({"url":"http://one.test/"})")
                       .text("id");
    }

    std::shared_ptr<HttpStream> watch(const std::string& query = {},
                                      const World::Headers& headers = {}) {
        const Answer answer = world.send(Method::get, "/api/v1/live" + query, "", headers);
        EXPECT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(answer.content_type, "text/event-stream");
        return answer.stream;
    }
    // What it says now; the end of the stream is an event of its own, "end", and a sign of life is ":".
    static std::vector<Told> heard(HttpStream& stream) {
        std::string text;
        const bool goes_on = stream.take(text);
        std::vector<Told> all;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find("\n\n", at);
            const std::string piece = text.substr(at, end - at);
            at = end + 2;
            const std::size_t data = piece.find("\ndata: ");
            if (data == std::string::npos) {
                all.push_back({piece, {}});
                continue;
            }
            all.push_back({piece.substr(7, data - 7), json::parse(piece.substr(data + 7))});
        }
        if (!goes_on) all.push_back({"end", {}});
        return all;
    }
    static std::vector<std::string> names(HttpStream& stream) {
        std::vector<std::string> all;
        for (const Told& told : heard(stream)) all.push_back(told.name);
        return all;
    }
    std::string hand_in(const std::string& app = "shop") {
        const Answer made = world.call(Method::post, "/app/" + app + "/msg",
                                       R"({"eventType":"order.paid","payload":{}})");
        EXPECT_EQ(made.status, 202) << made.body;
        world.settle();
        return made.text("id");
    }

    World world;
    std::string endpoint;
};

using Names = std::vector<std::string>;

TEST_F(DashboardLive, S0_11_tells_of_messages_and_attempts_as_they_happen) {
    const auto stream = watch();
    auto told = heard(*stream);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].name, "hello");
    EXPECT_EQ(told[0].data.at("version").as_string(), world.settings.version);
    bool is_woken = false;
    stream->notify([&] { is_woken = true; });
    world.answers.push_back(answer(500));
    const std::string message = hand_in();
    EXPECT_TRUE(is_woken);
    told = heard(*stream);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].name, "message");
    EXPECT_EQ(told[0].data.at("msgId").as_string(), message);
    EXPECT_EQ(told[0].data.at("eventType").as_string(), "order.paid");
    EXPECT_EQ(told[0].data.at("createdAt").as_string(), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(told[1].name, "attempt");
    EXPECT_EQ(told[1].data.at("msgId").as_string(), message);
    EXPECT_EQ(told[1].data.at("endpointId").as_string(), endpoint);
    EXPECT_EQ(told[1].data.at("number").as_int64(), 1);
    EXPECT_EQ(told[1].data.at("outcome").as_string(), "rejected");
    EXPECT_EQ(told[1].data.at("statusCode").as_int64(), 500);
    EXPECT_EQ(told[1].data.at("status").as_string(), "pending");
    world.advance(10s);
    bool is_delivered = false;
    for (const Told& later : heard(*stream))
        is_delivered |= later.name == "attempt" &&
                        later.data.at("status").as_string() == "delivered" &&
                        later.data.at("number").as_int64() == 2;
    EXPECT_TRUE(is_delivered);
}

TEST_F(DashboardLive, totals_come_once_a_second_when_they_changed) {
    const auto stream = watch();
    static_cast<void>(heard(*stream));
    world.advance(1s);
    EXPECT_EQ(names(*stream), Names{"totals"});
    world.advance(3s);
    EXPECT_EQ(names(*stream), Names{}) << "nothing changed";
    hand_in();
    world.advance(1s);
    const auto told = heard(*stream);
    ASSERT_EQ(told.size(), 3U);
    EXPECT_EQ(told[2].name, "totals");
    EXPECT_EQ(told[2].data.at("accepted").as_int64(), 1);
    EXPECT_EQ(told[2].data.at("delivered").as_int64(), 1);
    EXPECT_EQ(told[2].data.at("pending").as_int64(), 0);
    EXPECT_EQ(told[2].data.at("inFlight").as_int64(), 0);
}

TEST_F(DashboardLive, gives_a_sign_of_life) {
    const auto stream = watch();
    world.advance(1s);
    static_cast<void>(heard(*stream));
    world.advance(14s);
    EXPECT_EQ(names(*stream), Names{});
    world.advance(1s);
    EXPECT_EQ(names(*stream), Names{":"});
}

TEST_F(DashboardLive, is_narrowed_to_an_application_or_an_endpoint) {
    world.call(Method::post, "/app", R"({"name":"Other","uid":"other"})");
    world.call(Method::post, "/app/other/endpoint", R"({"url":"http://two.test/"})");
    const auto all = watch();
    const auto shop = watch("?appId=shop");
    const auto one = watch("?endpointId=" + endpoint);
    for (const auto& stream : {all, shop, one}) static_cast<void>(heard(*stream));
    hand_in("other");
    EXPECT_EQ(names(*all), (Names{"message", "attempt"}));
    EXPECT_EQ(names(*shop), Names{});
    EXPECT_EQ(names(*one), Names{});
    hand_in("shop");
    EXPECT_EQ(names(*all), (Names{"message", "attempt"}));
    EXPECT_EQ(names(*shop), (Names{"message", "attempt"}));
    EXPECT_EQ(names(*one), Names{"attempt"});
    EXPECT_EQ(world.get("/api/v1/live?appId=unknown").status, 404);
    EXPECT_EQ(world.get("/api/v1/live?endpointId=unknown").status, 404);
    EXPECT_EQ(world.get("/api/v1/live?appId=a%20b").status, 422);
}

TEST_F(DashboardLive, a_slow_or_busy_reader_is_told_how_much_it_missed) {
    const auto stream = watch();
    static_cast<void>(heard(*stream));
    constexpr std::size_t kMessages = 80;  // each with an attempt
    for (std::size_t i = 0; i < kMessages; ++i) hand_in();
    world.advance(1s);
    std::size_t items = 0;
    std::int64_t missed = 0;
    for (const Told& told : heard(*stream)) {
        if (told.name == "message" || told.name == "attempt") ++items;
        if (told.name == "missed") missed += told.data.at("count").as_int64();
    }
    EXPECT_EQ(items, dashboard::LiveStream::kItemsPerTick);
    EXPECT_EQ(static_cast<std::size_t>(missed), 2 * kMessages - items);
    // Nobody reads any more: what waits stays small.
    for (int second = 0; second < 30; ++second) {
        for (int i = 0; i < 50; ++i) hand_in();
        world.advance(1s);
    }
    std::string text;
    EXPECT_TRUE(stream->take(text));
    EXPECT_LT(text.size(), dashboard::LiveStream::kBufferMax + 4096);
    world.advance(1s);
    EXPECT_EQ(names(*stream).front(), "missed");
}

TEST_F(DashboardLive, there_are_only_so_many_and_one_that_ends_makes_room) {
    std::vector<std::shared_ptr<HttpStream>> streams;
    for (std::size_t i = 0; i < LiveAudience::kWatchersMax; ++i) streams.push_back(watch());
    EXPECT_EQ(world.get("/api/v1/live").status, 503);
    streams.pop_back();
    streams.push_back(watch());
    EXPECT_EQ(world.get("/api/v1/live").status, 503);
}

TEST_F(DashboardLive, a_stream_ends_with_its_credentials) {
    world.settings.auth = AuthMode::required;
    People people(world);
    people.add("ada@example.com", Role::viewer);
    const World::Headers session = people.session("ada@example.com");
    const auto of_session = watch("", session);
    const auto of_token = watch("", People::bearer(world.token(world.organization)));
    EXPECT_EQ(names(*of_session), Names{"hello"});
    EXPECT_EQ(names(*of_token), Names{"hello"});
    EXPECT_EQ(world.send(Method::post, "/api/v1/account/logout", "", session).status, 204);
    hand_in();
    world.advance(1s);
    EXPECT_EQ(names(*of_session).back(), "end");
    EXPECT_EQ(names(*of_token).back(), "totals");
    const Names before = names(*of_session);
    hand_in();
    EXPECT_EQ(names(*of_session), before) << "nothing follows the end";
}

TEST_F(DashboardLive, each_hears_of_their_own) {
    world.call(Method::post, "/app", R"({"name":"Other","uid":"other"})");
    world.call(Method::post, "/app/other/endpoint", R"({"url":"http://two.test/"})");
    const std::string app = world.call(Method::get, "/app/shop").text("id");
    People people(world);
    const auto limited = watch("", People::bearer(world.token(world.organization, app)));
    const auto neighbour =
        watch("", People::bearer(people.add_key(KeyScope::read, {}, kNeighbour)));
    EXPECT_EQ(world
                  .send(Method::get, "/api/v1/live?appId=other", "",
                        People::bearer(world.token(world.organization, app)))
                  .status,
              404);
    hand_in("other");
    hand_in("shop");
    world.advance(2s);
    EXPECT_EQ(names(*limited), (Names{"hello", "message", "attempt"})) << "and no totals";
    EXPECT_EQ(names(*neighbour), Names{"hello"});
}

TEST_F(DashboardLive, shows_what_the_server_did_by_the_minute) {
    world.answers.push_back(answer(500));
    hand_in();
    world.advance(1min);
    const json::value overview = world.get("/api/v1/overview?minutes=2").json();
    EXPECT_EQ(overview.at("totals").at("accepted").as_int64(), 1);
    EXPECT_EQ(overview.at("totals").at("delivered").as_int64(), 1);
    EXPECT_EQ(overview.at("totals").at("failed").as_int64(), 0);
    const json::array& minutes = overview.at("minutes").as_array();
    ASSERT_EQ(minutes.size(), 2U);
    EXPECT_EQ(minutes[0].at("at").as_string(), "2026-01-02T03:04:00Z");
    EXPECT_EQ(minutes[0].at("accepted").as_int64(), 1);
    EXPECT_EQ(minutes[0].at("delivered").as_int64(), 1);
    EXPECT_EQ(minutes[0].at("failedAttempts").as_int64(), 1);
    EXPECT_EQ(minutes[0].at("dead").as_int64(), 0);
    EXPECT_GT(minutes[0].at("p95Ms").as_int64(), 0);
    EXPECT_EQ(minutes[1].at("at").as_string(), "2026-01-02T03:05:00Z");
    EXPECT_TRUE(minutes[1].at("p50Ms").is_null());
    EXPECT_EQ(json::serialize(overview.at("endpoints")),
              R"({"total":1,"active":1,"disabled":0,"unhealthy":0})");
    EXPECT_EQ(overview.at("startedAt").as_string(), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(overview.at("version").as_string(), world.settings.version);
    for (const char* wrong : {"0", "1441", "x", "-1", "", "1.5"}) {
        const Answer answer = world.get("/api/v1/overview?minutes=" + std::string(wrong));
        EXPECT_EQ(answer.status, 422) << wrong;
        EXPECT_NE(answer.body.find("minutes"), std::string::npos);
    }
}

TEST_F(DashboardLive, figures_of_the_server_are_for_its_own_organization) {
    hand_in();
    const std::string app = world.call(Method::get, "/app/shop").text("id");
    People people(world);
    struct Case {
        World::Headers headers;
        std::int64_t endpoints;
    };
    const Case cases[] = {
        {People::bearer(world.token(world.organization, app)), 1},
        {People::bearer(people.add_key(KeyScope::full, {}, kNeighbour)), 0},
    };
    for (const Case& c : cases) {
        const json::value overview =
            world.send(Method::get, "/api/v1/overview", "", c.headers).json();
        EXPECT_TRUE(overview.at("totals").is_null());
        EXPECT_TRUE(overview.at("minutes").as_array().empty());
        EXPECT_EQ(overview.at("endpoints").at("total").as_int64(), c.endpoints);
    }
}

}  // namespace
}  // namespace posthaste::test
