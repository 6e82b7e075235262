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

}  // namespace
}  // namespace posthaste
