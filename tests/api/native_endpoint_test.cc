// Endpoints over the wire: the wire contract's rows 7 to 17, and what posthaste adds to them.

#include <gtest/gtest.h>

#include "domain/signing.h"
#include "tests/api/world.h"

namespace posthaste::test {
namespace {

struct Endpoints : testing::Test {
    World world;
    std::string base;

    void SetUp() override {
        world.call(Method::post, "/app", R"({"name":"a","uid":"a"})");
        base = "/app/a/endpoint";
        for (const char* name : {"t.one", "t.two"}) {
            const Answer made =
                world.call(Method::post, "/event-type",
                           R"({"name":")" + std::string(name) + R"(","description":""})");
            ASSERT_EQ(made.status, 201) << made.body;
        }
    }
    std::string create(const std::string& body) {
        const Answer made = world.call(Method::post, base, body);
        EXPECT_EQ(made.status, 201) << made.body;
        return made.text("id");
    }
};

TEST_F(Endpoints, life_of_one) {
    const Answer made =
        world.call(Method::post, base,
                   R"({"url":"http://Example.com","uid":"e","filterTypes":["t.one"],)"
                   R"("rateLimit":7,"channels":["c"],"metadata":{"k":"v"}})");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string id = made.text("id");
    EXPECT_EQ(made.body,
              R"({"id":")" + id +
                  R"(","url":"http://example.com/","description":"","uid":"e","rateLimit":7,)"
                  R"("throttleRate":7,"version":1,"disabled":false,"eventTypes":["t.one"],)"
                  R"("filterTypes":["t.one"],"channels":["c"],"filter":null,)"
                  R"("createdAt":"2026-01-02T03:04:05.123456Z",)"
                  R"("updatedAt":"2026-01-02T03:04:05.123456Z","metadata":{"k":"v"}})");
    EXPECT_EQ(world.call(Method::get, base + "/e").body, made.body);
    EXPECT_EQ(world.call(Method::get, base + "/" + id).body, made.body);
    EXPECT_EQ(world.call(Method::get, base + "/" + id + "/").body, made.body);

    // PUT resets what it does not name and keeps the key; PATCH keeps what it does not name.
    const std::string key = world.call(Method::get, base + "/e/secret").text("key");
    world.advance(1s);
    const Answer put =
        world.call(Method::put, base + "/e", R"({"url":"https://u:p@h:81/x?y#z","uid":"f"})");
    EXPECT_EQ(put.status, 200) << put.body;
    EXPECT_EQ(put.text("uid"), "f");
    EXPECT_TRUE(put.json().at("eventTypes").is_null());
    EXPECT_TRUE(put.json().at("throttleRate").is_null());
    EXPECT_TRUE(put.json().at("channels").is_null());
    EXPECT_TRUE(put.json().at("metadata").as_object().empty());
    EXPECT_EQ(put.text("createdAt"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(put.text("updatedAt"), "2026-01-02T03:04:06.123456Z");
    EXPECT_EQ(world.call(Method::get, base + "/f/secret").text("key"), key);
    const Answer patched =
        world.call(Method::patch, base + "/f", R"({"disabled":true,"uid":null})");
    EXPECT_EQ(patched.status, 200) << patched.body;
    EXPECT_TRUE(patched.json().at("disabled").as_bool());
    EXPECT_EQ(patched.text("url"), put.text("url"));
    EXPECT_TRUE(patched.json().at("uid").is_null());

    EXPECT_EQ(world.call(Method::delete_, base + "/" + id).status, 204);
    EXPECT_EQ(world.call(Method::get, base + "/" + id).status, 404);
    EXPECT_EQ(world.call(Method::delete_, base + "/" + id).status, 404);
    EXPECT_EQ(create(R"({"url":"http://h","uid":"e"})").substr(0, 3), "ep_");
}

TEST_F(Endpoints, put_of_an_unknown_one_creates_another_id) {
    const Answer made =
        world.call(Method::put, base + "/nowhere", R"({"url":"http://h","uid":"x"})");
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.text("uid"), "x");
    EXPECT_EQ(world.call(Method::get, base + "/nowhere").status, 404);
    EXPECT_TRUE(world.call(Method::get, base + "/x/secret").text("key").starts_with("whsec_"));
}

TEST_F(Endpoints, what_is_refused) {
    create(R"({"url":"http://h","uid":"taken"})");
    struct Case {
        Method method;
        const char* path;
        const char* body;
        int status;
        const char* says;
    };
    const std::string long_metadata =
        R"({"url":"http://h","metadata":{"k":")" + std::string(4096, 'x') + "\"}}";
    const std::string eleven_channels =
        R"({"url":"http://h","channels":["1","2","3","4","5","6","7","8","9","10","11"]})";
    const Case cases[] = {
        {Method::post, "", "{}", 422, "missing field `url`"},
        {Method::post, "", "", 422, "value_error.jsondecode"},
        {Method::post, "", R"({"url":"ftp://h"})", 422, R"(["body","url"])"},
        {Method::post, "", R"({"url":"h"})", 422, R"(["body","url"])"},
        {Method::post, "", R"({"url":null})", 422, R"(["body","url"])"},
        {Method::post, "", R"({"url":"http://h","uid":"ep_x"})", 422,
         R"(["body","uid","__all__"])"},
        {Method::post, "", R"({"url":"http://h","uid":"taken"})", 409, "conflict"},
        {Method::post, "", R"({"url":"http://h","url":"http://i"})", 422, "duplicate field"},
        {Method::post, "", R"({"url":"http://h","eventTypes":[]})", 422,
         R"(["body","event_types"])"},
        {Method::post, "", R"({"url":"http://h","eventTypes":["t.one","x.a","x.b"]})", 422,
         "The following event types don't exist: x.a, x.b"},
        {Method::post, "", R"({"url":"http://h","channels":[]})", 422, R"(["body","channels"])"},
        {Method::post, "", eleven_channels.c_str(), 422, R"(["body","channels"])"},
        {Method::post, "", R"({"url":"http://h","throttleRate":0})", 422, "throttle_rate"},
        {Method::post, "", R"({"url":"http://h","version":0})", 422, "version"},
        {Method::post, "", R"({"url":"http://h","secret":"short"})", 422, R"(["body","key"])"},
        {Method::post, "", R"({"url":"http://h","secret":"whsec_AAAA"})", 422, R"(["body","key"])"},
        {Method::post, "", R"({"url":"http://h","filter":{"a":{"$nonsense":1}}})", 422,
         R"(["body","filter"])"},
        {Method::post, "", R"({"url":"http://h","headers":{"svix-id":"x"}})", 422, "headers"},
        {Method::post, "", long_metadata.c_str(), 422, "metadata"},
        {Method::put, "/taken", "{}", 422, "missing field `url`"},
        {Method::patch, "/taken", R"({"url":null})", 422, "url"},
        {Method::patch, "/taken", R"({"metadata":null})", 422, "metadata"},
        {Method::patch, "/taken", R"({"disabled":null})", 422, "disabled"},
        {Method::patch, "/nowhere", "{}", 404, "Entity not found"},
        {Method::get, "?limit=251", "", 422, R"(["query","limit","limit"])"},
        {Method::get, "?iterator=app_x", "", 422, R"(["query","iterator","__all__"])"},
        {Method::get, "?order=up", "", 400, "generic_error"},
    };
    for (const Case& c : cases) {
        const Answer answer = world.call(c.method, base + c.path, c.body);
        EXPECT_EQ(answer.status, c.status) << c.path << c.body << answer.body;
        EXPECT_NE(answer.body.find(c.says), std::string::npos) << c.body << answer.body;
    }
    world.settings.endpoint_https_only = true;
    EXPECT_EQ(world.call(Method::post, base, R"({"url":"http://h"})").status, 422);
    EXPECT_EQ(world.call(Method::post, base, R"({"url":"https://h"})").status, 201);
}

TEST_F(Endpoints, null_clears) {
    create(
        R"({"url":"http://h","uid":"e","throttleRate":5,"eventTypes":["t.one"],"channels":["c"],)"
        R"("filter":{}})");
    const Answer cleared = world.call(Method::patch, base + "/e",
                                      R"({"uid":null,"throttleRate":null,"eventTypes":null,)"
                                      R"("channels":null,"filter":null})");
    ASSERT_EQ(cleared.status, 200) << cleared.body;
    for (const char* name :
         {"uid", "throttleRate", "rateLimit", "eventTypes", "filterTypes", "channels", "filter"})
        EXPECT_TRUE(cleared.json().at(name).is_null()) << name;
}

TEST_F(Endpoints, secrets_and_rotation) {
    const std::string given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    create(R"({"url":"http://h","uid":"e","secret":")" + given + "\"}");
    const std::string secret = base + "/e/secret";
    EXPECT_EQ(world.call(Method::get, secret).body, "{\"key\":\"" + given + "\"}");
    EXPECT_EQ(world.call(Method::post, secret + "/rotate", "{}").status, 204);
    const std::string fresh = world.call(Method::get, secret).text("key");
    EXPECT_NE(fresh, given);
    EXPECT_EQ(parse_secret(fresh)->bytes.size(), 24U);

    const std::string pair =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6K"
        "vg==";
    EXPECT_EQ(world.call(Method::post, secret + "/rotate", "{\"key\":\"" + pair + "\"}").status,
              204);
    EXPECT_EQ(world.call(Method::get, secret).text("key"),
              "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=");

    for (const char* body : {R"({"key":"x"})", R"({"gracePeriodSeconds":-1})",
                             R"({"gracePeriodSeconds":604801})", "[]", ""})
        EXPECT_EQ(world.call(Method::post, secret + "/rotate", body).status, 422) << body;

    // Two old keys are valid for a day; eight more make ten, and the next is one too many.
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(world.call(Method::post, secret + "/rotate", "{}").status, 204) << i;
    const Answer full = world.call(Method::post, secret + "/rotate", "{}");
    EXPECT_EQ(full.status, 400);
    EXPECT_EQ(full.text("code"), "limit_reached");
    EXPECT_EQ(world.call(Method::post, secret + "/rotate", R"({"gracePeriodSeconds":0})").status,
              204);
    world.advance(std::chrono::hours(24));
    EXPECT_EQ(world.call(Method::post, secret + "/rotate", "{}").status, 204);
}

TEST_F(Endpoints, the_default_kind_of_secret_is_a_setting) {
    world.settings.default_signature = KeyKind::ed25519;
    create(R"({"url":"http://h","uid":"e"})");
    EXPECT_TRUE(world.call(Method::get, base + "/e/secret").text("key").starts_with("whpk_"));
}

TEST_F(Endpoints, headers) {
    create(R"({"url":"http://h","uid":"e","headers":{"X-Made":"1"}})");
    const std::string headers = base + "/e/headers";
    EXPECT_EQ(world.call(Method::get, headers).body,
              R"({"headers":{"X-Made":"1"},"sensitive":[]})");
    EXPECT_EQ(world
                  .call(Method::put, headers,
                        R"({"headers":{"X-Foo":"bar","Authorization":"Bearer x","x-b":""}})")
                  .status,
              204);
    EXPECT_EQ(world.call(Method::get, headers).body,
              R"({"headers":{"X-Foo":"bar","x-b":""},"sensitive":["Authorization"]})");
    EXPECT_EQ(
        world.call(Method::patch, headers, R"({"headers":{"X-Foo":"2","x-b":null,"x-FOO":null}})")
            .status,
        204);
    EXPECT_EQ(world.call(Method::get, headers).body,
              R"({"headers":{"X-Foo":"2"},"sensitive":["Authorization"]})");

    world.call(Method::patch, headers,
               R"({"headers":{"a":"1","b":"2"},"deleteHeaders":["X-Foo","b","no"]})");
    EXPECT_EQ(world.call(Method::get, headers).body,
              R"({"headers":{"a":"1","b":"2"},"sensitive":["Authorization"]})");

    const std::string long_value = R"({"headers":{"a":")" + std::string(4097, 'x') + "\"}}";
    std::vector<std::string> refused = {"{}", R"({"headers":{"a b":"x"}})",
                                        R"({"headers":{"":"x"}})", R"({"headers":{"a":"x\ny"}})",
                                        long_value};
    for (const char* name : {"user-agent",
                             "Keep-Alive",
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
                             "x-amz-a",
                             "x-amzn-a",
                             "x-google-a",
                             "x-goog-a",
                             "x-gfe-a",
                             "x-azure-a",
                             "x-fd-a",
                             "X-Svix-a",
                             "svix-a",
                             "webhook-id",
                             "host"})
        refused.push_back(R"({"headers":{")" + std::string(name) + R"(":"x"}})");
    for (const std::string& body : refused) {
        EXPECT_EQ(world.call(Method::put, headers, body).status, 422) << body;
        EXPECT_EQ(world.call(Method::patch, headers, body).status, 422) << body;
    }
    EXPECT_EQ(world.call(Method::put, headers, R"({"headers":{"a":null}})").status, 422);
    EXPECT_EQ(world.call(Method::put, headers, R"({"headers":{}})").status, 204);
    EXPECT_EQ(world.call(Method::get, headers).body, R"({"headers":{},"sensitive":[]})");
}

TEST_F(Endpoints, lists_run_in_both_directions) {
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i) ids.push_back(create(R"({"url":"http://h"})"));
    const auto page = [&](const std::string& query) {
        const Answer listed = world.call(Method::get, base + query);
        EXPECT_EQ(listed.status, 200) << listed.body;
        const auto json = listed.json();
        std::string text;
        for (const auto& one : json.at("data").as_array()) {
            const auto at = std::find(ids.begin(), ids.end(), one.at("id").as_string().c_str());
            text += static_cast<char>('0' + (at - ids.begin()));
        }
        return text + (json.at("done").as_bool() ? "." : "");
    };
    struct Case {
        std::string query;
        const char* page;
    };
    for (const Case& c : std::vector<Case>{{"", "43210."},
                                           {"?order=ascending", "01234."},
                                           {"?limit=2", "43"},
                                           {"?limit=5", "43210."},
                                           {"?limit=2&iterator=" + ids[3], "21"},
                                           {"?limit=2&iterator=" + ids[2], "10."},
                                           {"?limit=2&iterator=" + ids[0], "."},
                                           {"?limit=2&iterator=-" + ids[0], "21"},
                                           {"?limit=2&iterator=-" + ids[2], "43."},
                                           {"?limit=2&order=ascending&iterator=" + ids[1], "23"},
                                           {"?limit=2&order=ascending&iterator=-" + ids[3], "12"}})
        EXPECT_EQ(page(c.query), c.page) << c.query;
    const Answer empty = world.call(Method::get, base + "?iterator=" + ids[0]);
    EXPECT_EQ(empty.body, R"({"data":[],"iterator":null,"done":true})");
}

TEST_F(Endpoints, filters_are_tried) {
    create(R"({"url":"http://h","uid":"e"})");
    const auto tried = [&](const std::string& body) {
        const Answer answer = world.call(Method::post, base + "/e/filter/test", body);
        return answer.status == 200 ? answer.body : std::to_string(answer.status);
    };
    EXPECT_EQ(tried(R"({"payload":{"a":1}})"), R"({"matches":true})");
    EXPECT_EQ(tried(R"({"filter":{},"payload":{"a":1}})"), R"({"matches":true})");
    EXPECT_EQ(tried(R"({"filter":{"a":2},"payload":{"a":1}})"), R"({"matches":false})");
    EXPECT_EQ(tried(R"({"filter":"{\"a\":1}","payload":{"a":1}})"), R"({"matches":true})");
    EXPECT_EQ(tried(R"({"filter":[],"payload":{"a":1}})"), "422");
    EXPECT_EQ(tried(R"({"filter":{}})"), "422");
}

}  // namespace
}  // namespace posthaste::test
