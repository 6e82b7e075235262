#include "server/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <sstream>

namespace posthaste {
namespace {

class FixedClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return from_micros(1'700'000'000'123'456); }
};

// Collects what a Log wrote, parsed.
class LogTest : public ::testing::Test {
protected:
    void SetUp() override { ASSERT_EQ(::pipe(pipe_.data()), 0); }
    std::vector<boost::json::object> lines() {
        ::close(pipe_[1]);
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t n = 0; (n = ::read(pipe_[0], part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(n));
        ::close(pipe_[0]);
        std::vector<boost::json::object> parsed;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);)
            parsed.push_back(boost::json::parse(line).as_object());
        return parsed;
    }
    std::array<int, 2> pipe_{};
    FixedClock clock_;
};

TEST_F(LogTest, EveryLineIsOneJsonObjectWhateverTheText) {
    {
        Log log(pipe_[1], Severity::info, clock_);
        log.notice(Severity::info, "area",
                   "quote \" backslash \\ newline \n control \x01 broken \xff\xfe end");
        log.notice(Severity::debug, "area", "below the level");
    }
    const auto parsed = lines();
    ASSERT_EQ(parsed.size(), 1U);
    EXPECT_EQ(parsed[0].at("level").as_string(), "info");
    EXPECT_EQ(parsed[0].at("time").as_string(), "2023-11-14T22:13:20.123456Z");
    EXPECT_NE(std::string(parsed[0].at("message").as_string()).find("newline \n control"),
              std::string::npos);
}

TEST_F(LogTest, AttemptsCarryTheNamesLogReadersRelyOn) {
    Event event;
    event.type = "order.created";
    AttemptRecord attempt;
    attempt.number = 2;
    attempt.outcome = AttemptOutcome::delivered;
    attempt.status_code = 200;
    attempt.timings.total = 120ms;
    AttemptRecord last = attempt;
    last.outcome = AttemptOutcome::rejected;
    last.status_code = 500;
    last.response = "it \"broke\"";
    {
        Log log(pipe_[1], Severity::info, clock_);
        LogTelemetry telemetry(log, Answers::shown);
        telemetry.on_attempt(event, Endpoint{}, attempt, DeliveryState::delivered);
        telemetry.on_attempt(event, Endpoint{}, last, DeliveryState::dead);
        LogTelemetry silent(log, Answers::hidden);
        silent.on_attempt(event, Endpoint{}, last, DeliveryState::dead);
        last.outcome = AttemptOutcome::timed_out;
        last.response = "no answer in time";
        silent.on_attempt(event, Endpoint{}, last, DeliveryState::dead);
    }
    const auto parsed = lines();
    ASSERT_EQ(parsed.size(), 4U);
    EXPECT_EQ(parsed[0].at("event").as_string(), "order.created");
    EXPECT_EQ(parsed[0].at("status").as_string(), "success");
    EXPECT_EQ(parsed[0].at("delivery_time_ms").as_int64(), 120);
    EXPECT_EQ(parsed[1].at("status").as_string(), "failed");
    EXPECT_EQ(parsed[1].at("level").as_string(), "warning");
    EXPECT_EQ(parsed[1].at("error").as_string(), "it \"broke\"");
    EXPECT_EQ(parsed[2].at("error").as_string(), "answered 500");
    EXPECT_EQ(parsed[3].at("error").as_string(), "no answer in time");
}

// S3-08, S3-10: the words that operators look for.
TEST_F(LogTest, ContactsAreToldInTheOriginalsWords) {
    Event event;
    event.id = EventId(Id{0x0190'a5b2'7c3d'7abcULL, 0x8def'0123'4567'89abULL});
    event.uid = "eb764e16-1541-4963-8bb0-17d1c2db575e";
    event.type = "subscriber.created";
    Endpoint webhook;
    webhook.id = EndpointId(Id{0x0190'a5b2'7c3d'7001ULL, 0x8000'0000'0000'0001ULL});
    webhook.profile = Profile::contacts;
    webhook.url = "https://jsonplaceholder.typicode.com/posts?token=secret";
    AttemptRecord attempt;
    attempt.number = 1;
    attempt.outcome = AttemptOutcome::delivered;
    attempt.status_code = 201;
    attempt.timings.total = 953'127us;
    AttemptRecord failed = attempt;
    failed.outcome = AttemptOutcome::broken;
    failed.status_code = 0;
    {
        Log log(pipe_[1], Severity::info, clock_);
        LogTelemetry telemetry(log, Answers::hidden);
        telemetry.on_published(event,
                               UserId(Id{0x483c'3ea2'5790'4d7fULL, 0xa0fc'ee6b'289c'c0deULL}), 1);
        telemetry.on_attempt_started(event, webhook);
        telemetry.on_attempt(event, webhook, attempt, DeliveryState::delivered);
        telemetry.on_attempt(event, webhook, failed, DeliveryState::parked);
        telemetry.on_attempt_started(event, Endpoint{});
    }
    const auto parsed = lines();
    ASSERT_EQ(parsed.size(), 7U);
    const auto message = [&](std::size_t i) { return parsed[i].at("message").as_string(); };
    EXPECT_EQ(message(0), "Webhook event published");
    EXPECT_EQ(parsed[0].at("event_id").as_string(), "eb764e16-1541-4963-8bb0-17d1c2db575e");
    EXPECT_EQ(parsed[0].at("event_type").as_string(), "subscriber.created");
    EXPECT_EQ(parsed[0].at("subscriber_count").as_int64(), 1);
    EXPECT_EQ(parsed[0].at("user_id").as_string(), "483c3ea2-5790-4d7f-a0fc-ee6b289cc0de");
    const std::string task =
        "Task process_webhook_event_high_priority[0190a5b2-7c3d-7abc-8def-0123456789ab] ";
    EXPECT_EQ(message(1), task + "received");
    EXPECT_EQ(message(2),
              "HTTP Request: POST https://jsonplaceholder.typicode.com/posts?*** "
              "\"HTTP/1.1 201 Created\"");
    EXPECT_EQ(message(3), "Webhook delivered successfully");
    EXPECT_EQ(parsed[3].at("status_code").as_int64(), 201);
    EXPECT_EQ(parsed[3].at("webhook_id").as_string(), "0190a5b2-7c3d-7001-8000-000000000001");
    EXPECT_EQ(message(4), task + "succeeded in 0.953127s");
    EXPECT_EQ(message(5), "Webhook request failed");
    EXPECT_EQ(message(6), task + "failed, to be retried, after 0.953127s");
}

TEST(LogText, MessageFirstThenTheRest) {
    const Timestamp at = from_micros(1'756'804'557'000'000);  // 2025-09-02 09:15:57
    struct Case {
        Severity severity;
        const char* fields;
        const char* line;
    };
    const Case cases[] = {
        {Severity::info,
         R"("message":"Webhook event published","event_id":"eb764e16","subscriber_count":1)",
         "2025-09-02 09:15:57 [info     ] Webhook event published        event_id=eb764e16 "
         "subscriber_count=1\n"},
        {Severity::warning, R"("area":"log","message":"a message that is longer than its column")",
         "2025-09-02 09:15:57 [warning  ] a message that is longer than its column area=log\n"},
        {Severity::error, R"("event":"a b","empty":"","n":null,"t":[1,"x"],"q":"say \"hi\"")",
         "2025-09-02 09:15:57 [error    ]                                event=\"a b\" empty=\"\" "
         "n=null t=[1,\"x\"] q=\"say \\\"hi\\\"\"\n"},
        {Severity::debug, R"("message":"two\nlines\u0007","x":"a\nb")",
         "2025-09-02 09:15:57 [debug    ] two lines                      x=\"a\\nb\"\n"},
    };
    for (const Case& c : cases) EXPECT_EQ(text_line(at, c.severity, c.fields), c.line);
}

}  // namespace
}  // namespace posthaste
