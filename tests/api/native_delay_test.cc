// deliverAt: messages that wait until their time, on disk, with their first attempts and not with anything else.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

class NativeDelay : public testing::Test {
protected:
    NativeDelay() {
        world.otherwise = answer(200, "ok");
        world.call(Method::post, "/app", R"({"name":"a","uid":"a"})");
        world.call(Method::post, "/app/a/endpoint", R"({"url":"http://h/","uid":"e"})");
    }
    Answer post(const std::string& deliver_at, const std::string& more = {}) {
        return world.call(
            Method::post, "/app/a/msg",
            R"({"eventType":"t","payload":{},"deliverAt":)" + deliver_at + more + "}");
    }
    Answer get(const std::string& path) { return world.call(Method::get, path); }

    World world;  // begins at 2026-01-02T03:04:05.123456Z
};

TEST_F(NativeDelay, nothing_is_sent_before_its_time) {
    const Answer made = post(R"("2026-01-02T04:00:00.5+00:00")", R"(,"eventId":"m")");
    ASSERT_EQ(made.status, 202) << made.body;
    EXPECT_EQ(made.text("deliverAt"), "2026-01-02T04:00:00.500Z");
    EXPECT_EQ(made.text("timestamp"), "2026-01-02T03:04:05.123456Z");
    EXPECT_EQ(get("/app/a/msg/m").body, made.body);
    const Answer listed = get("/app/a/msg/m/endpoint");
    EXPECT_NE(
        listed.body.find(R"("statusText":"sending","nextAttempt":"2026-01-02T04:00:00.500Z")"),
        std::string::npos)
        << listed.body;
    world.advance(55min + 55s);
    EXPECT_TRUE(world.received.empty());
    // What comes meanwhile does not wait behind it.
    EXPECT_EQ(post("null").status, 202);
    EXPECT_EQ(world.received.size(), 1U);
    world.advance(1s);
    ASSERT_EQ(world.received.size(), 2U);
    EXPECT_EQ(world.received[1].at, from_micros(1'767'326'400'500'000));
    EXPECT_EQ(world.received[1].header("webhook-id"), made.text("id"));
    EXPECT_NE(get("/app/a/msg/m/endpoint").body.find(R"("statusText":"success")"),
              std::string::npos);
}

TEST_F(NativeDelay, the_schedule_of_attempts_begins_then) {
    world.otherwise = answer(500, "no");
    post(R"("2026-01-02T03:05:05.123456Z")");
    world.advance(1min);
    ASSERT_EQ(world.received.size(), 1U);
    world.advance(7s);  // 5 s and a fifth
    EXPECT_EQ(world.received.size(), 2U);
}

TEST_F(NativeDelay, a_resend_does_not_wait_and_takes_nothing_away) {
    const std::string id = post(R"("2026-01-02T04:00:00Z")").text("id");
    EXPECT_EQ(world.call(Method::post, "/app/a/msg/" + id + "/endpoint/e/resend").status, 202);
    world.otherwise = answer(500, "no");
    world.advance(1s);
    EXPECT_EQ(world.received.size(), 1U);
    world.advance(55min);
    EXPECT_EQ(world.received.size(), 1U);
}

TEST_F(NativeDelay, it_can_be_called_off) {
    const std::string id = post(R"("2026-01-02T04:00:00Z")").text("id");
    EXPECT_EQ(world.call(Method::delete_, "/app/a/msg/" + id + "/content").status, 204);
    world.advance(2h);
    EXPECT_TRUE(world.received.empty());
}

TEST_F(NativeDelay, what_waits_survives_its_endpoint_being_switched_off) {
    post(R"("2026-01-02T04:00:00Z")");
    world.call(Method::patch, "/app/a/endpoint/e", R"({"disabled":true})");
    world.advance(2h);
    EXPECT_TRUE(world.received.empty());
    world.call(Method::patch, "/app/a/endpoint/e", R"({"disabled":false})");
    world.advance(1s);
    EXPECT_EQ(world.received.size(), 1U);
}

TEST_F(NativeDelay, which_times_are_taken) {
    struct Row {
        const char* deliver_at;
        const char* more;
        int status;
        std::size_t received;  // at once
    };
    for (const Row& row : {
             Row{"null", "", 202, 1},
             Row{R"("2026-01-02T03:04:05Z")", "", 202, 1},  // has just passed
             Row{R"("1970-01-01T00:00:00Z")", "", 202, 1},
             Row{R"("2026-01-03T03:04:05Z")", "", 202, 0},
             Row{R"("2026-01-03T03:04:06Z")", "", 422, 0},
             Row{R"("9999-01-03T03:04:06Z")", "", 422, 0},
             Row{R"("2026-01-02T05:04:05Z")", R"(,"payloadRetentionHours":2)", 202, 0},
             Row{R"("2026-01-02T05:04:06Z")", R"(,"payloadRetentionHours":2)", 422, 0},
             Row{R"("tomorrow")", "", 422, 0},
             Row{"1767326400", "", 422, 0},
         }) {
        world.received.clear();
        const Answer got = post(row.deliver_at, row.more);
        EXPECT_EQ(got.status, row.status) << row.deliver_at << got.body;
        EXPECT_EQ(world.received.size(), row.received) << row.deliver_at;
    }
}

}  // namespace
}  // namespace posthaste::test
