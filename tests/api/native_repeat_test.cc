// Idempotency-Key: what is repeated, what is not, and for how long.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

struct Repeats : testing::Test {
    World world;

    World::Headers headers(const std::string& key, const std::string& token) {
        return {{"Authorization", "Bearer " + token}, {"Idempotency-Key", key}};
    }
    Answer post(const std::string& key, const std::string& path, const std::string& body) {
        return world.send(Method::post, "/api/v1" + path, body,
                          headers(key, world.token(world.organization)));
    }
    std::size_t applications() {
        return world.call(Method::get, "/app").json().at("data").as_array().size();
    }
};

TEST_F(Repeats, the_first_answer_counts_for_twelve_hours) {
    const Answer first = post("k", "/app", R"({"name":"a"})");
    EXPECT_EQ(first.status, 201);
    world.advance(std::chrono::hours(11));
    // The body is not part of what names a request.
    const Answer repeated = post("k", "/app", R"({"name":"other"})");
    EXPECT_EQ(repeated.status, 201);
    EXPECT_EQ(repeated.body, first.body);
    EXPECT_EQ(repeated.headers, first.headers);
    EXPECT_EQ(applications(), 1U);
    world.advance(std::chrono::hours(1));
    EXPECT_NE(post("k", "/app", R"({"name":"a"})").body, first.body);
    EXPECT_EQ(applications(), 2U);
    EXPECT_NE(post("k", "/app", R"({"name":"a"})").body, first.body);
    EXPECT_EQ(applications(), 2U);
}

TEST_F(Repeats, what_makes_it_another_request) {
    post("k", "/app", R"({"name":"a"})");
    post("l", "/app", R"({"name":"a"})");
    post("k", "/app?get_if_exists=true", R"({"name":"a"})");
    EXPECT_EQ(applications(), 3U);
    world.send(Method::post, "/api/v1/app", R"({"name":"a"})", headers("k", world.token("org_b")));
    EXPECT_EQ(applications(), 3U);
    EXPECT_EQ(world.call(Method::get, "/app", "", world.token("org_b"))
                  .json()
                  .at("data")
                  .as_array()
                  .size(),
              1U);
}

TEST_F(Repeats, failures_are_not_kept) {
    EXPECT_EQ(post("k", "/app", "{}").status, 422);
    EXPECT_EQ(post("k", "/app", R"({"name":"a"})").status, 201);
    EXPECT_EQ(world.send(Method::post, "/api/v1/app", "{}", {{"Idempotency-Key", "k"}}).status,
              401);
}

TEST_F(Repeats, an_empty_answer_is_repeated_too) {
    post("1", "/app", R"({"name":"a","uid":"a"})");
    post("2", "/app/a/endpoint", R"({"url":"http://h","uid":"e"})");
    EXPECT_EQ(post("3", "/app/a/endpoint/e/secret/rotate", "{}").status, 204);
    const std::string key = world.call(Method::get, "/app/a/endpoint/e/secret").text("key");
    EXPECT_EQ(post("3", "/app/a/endpoint/e/secret/rotate", "{}").status, 204);
    EXPECT_EQ(world.call(Method::get, "/app/a/endpoint/e/secret").text("key"), key);
}

TEST_F(Repeats, two_at_once_are_one) {
    const auto [first, second] = world.post_two("/api/v1/app", R"({"name":"a"})",
                                                headers("k", world.token(world.organization)));
    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(applications(), 1U);
}

}  // namespace
}  // namespace posthaste::test
