#pragma once

// A World with mailboxes in it, and words for what their producers and owners do.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/api/world.h"

namespace posthaste::test {

inline constexpr const char* kUnknownUuid = "550e8400-e29b-41d4-a716-446655440000";
inline constexpr const char* kWorldStart = "2026-01-02T03:04:05.123456Z";
inline constexpr const char* kMailboxTarget = "https://webhook.example.com/events";
// As the original's own example sends it.
inline constexpr const char* kMailboxPayload =
    R"({"event":"order.completed","data":{"order_id":"ORD-001","amount":299.99}})";

struct Mailbox {
    std::string id;
    std::string key;
};

class MailboxesTest : public testing::Test {
protected:
    // `more` are further members, each with a comma before it.
    Mailbox create(const std::string& more = {}, const std::string& name = "Order Service") {
        const Answer created =
            world.post("/api/mailboxes", R"({"name":")" + name + R"(","target_url":")" +
                                             kMailboxTarget + "\"" + more + "}");
        EXPECT_EQ(created.status, 200) << created.body;
        return {created.text("id"), created.text("api_key")};
    }
    Answer hand_in(const Mailbox& mailbox, const std::string& payload = kMailboxPayload) {
        return world.send(Method::post, "/webhooks/" + mailbox.id, payload,
                          {{"x-api-key", mailbox.key}, {"Content-Type", "application/json"}});
    }
    // The tracking number.
    std::string track(const Mailbox& mailbox, const std::string& payload = kMailboxPayload) {
        const Answer answer = hand_in(mailbox, payload);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.text("tracking_number");
    }
    Answer change(const Mailbox& mailbox, const std::string& body) {
        return world.send(Method::patch, "/api/mailboxes/" + mailbox.id, body);
    }
    // Everything fails until the schedule is over.
    void run_out_of_attempts() {
        world.otherwise = answer(500, "broken");
        world.advance(10min);
        world.otherwise = answer(200);
    }
    // What the list says of it: "status attempts".
    std::string listed(const std::string& tracking_number) {
        for (const auto& row : rows())
            if (row.at("tracking_number").as_string() == tracking_number)
                return std::string(row.at("status").as_string()) + " " +
                       std::to_string(row.at("attempts").as_int64());
        return "not listed";
    }
    boost::json::array rows(const std::string& query = {}) {
        return world.get("/api/webhooks" + query).json().as_array();
    }
    std::vector<std::string> numbers(const std::string& query = {}) {
        std::vector<std::string> all;
        for (const auto& row : rows(query)) all.emplace_back(row.at("tracking_number").as_string());
        return all;
    }

    World world;
};

using Numbers = std::vector<std::string>;

// When requests arrived, in milliseconds since the first.
inline std::vector<std::int64_t> arrivals(const World& world) {
    std::vector<std::int64_t> times;
    for (const Received& request : world.received)
        times.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(request.at - world.received[0].at)
                .count());
    return times;
}

// The gaps are promised; up to a tenth is added, so that mailboxes which failed together do not return together.
inline void expect_gaps(const World& world, const std::vector<std::int64_t>& gaps) {
    const auto times = arrivals(world);
    ASSERT_EQ(times.size(), gaps.size() + 1);
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        EXPECT_GE(times[i + 1] - times[i], gaps[i]) << i;
        EXPECT_LE(times[i + 1] - times[i], gaps[i] + gaps[i] / 10) << i;
    }
}

}  // namespace posthaste::test
