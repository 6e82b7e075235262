#include "server/commands/bench/lean_http.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>

namespace posthaste {
namespace {

using Outcome = LeanHead::Outcome;

TEST(ScanHead, FindsTheFrameOfAMessage) {
    const std::string text =
        "HTTP/1.1 202 Accepted\r\ncontent-LENGTH: 12 \r\nX: y\r\nWebhook-Id: msg_1\r\nConnection: "
        "close\r\n\r\n0123456789ab rest";
    const LeanHead head = scan_head(text);
    EXPECT_EQ(head.outcome, Outcome::complete);
    EXPECT_EQ(head.status, 202);
    EXPECT_EQ(head.body_bytes, 12U);
    EXPECT_EQ(text.substr(head.head_bytes, 2), "01");
    EXPECT_EQ(head.webhook_id, "msg_1");
    EXPECT_TRUE(head.close);
}

TEST(ScanHead, DoesWithoutFields) {
    const LeanHead head = scan_head("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(head.outcome, Outcome::complete);
    EXPECT_EQ(head.total(), 18U);
    EXPECT_FALSE(head.close);
}

TEST(ScanHead, WaitsForTheBlankLine) {
    const std::string text = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n";
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_EQ(scan_head(text.substr(0, size)).outcome, Outcome::incomplete) << size;
    EXPECT_EQ(scan_head(std::string(70'000, 'x')).outcome, Outcome::malformed);
}

TEST(ScanHead, GuessesNothing) {
    for (const char* text :
         {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "P / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "P / HTTP/1.1\r\nContent-Length: \r\n\r\n",
          "P / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
          "P / HTTP/1.1\r\n\nX: y\r\n\r\n", "P / HTTP/1.1\r\nContent-Length: 123\nX: y\r\n\r\n",
          "P / HTTP/1.1\nX: y\r\n\r\n", "\nX: y\r\n\r\n"})
        EXPECT_EQ(scan_head(text).outcome, Outcome::malformed) << text;
    for (const char* text :
         {"HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 020 OK\r\n\r\n", "HTTP/1.1 -20\r\n\r\n"})
        EXPECT_EQ(scan_head(text).status, 0) << text;
}

TEST(FindField, IgnoresCaseAndMissesWhatIsNotThere) {
    const std::string head = "POST / HTTP/1.1\r\nWebhook-Timestamp:  17 \r\nA: b\r\n\r\n";
    EXPECT_EQ(find_field(head, "webhook-timestamp"), "17");
    EXPECT_EQ(find_field(head, "a"), "b");
    EXPECT_EQ(find_field(head, "webhook"), "");
    EXPECT_EQ(find_field("no newline", "a"), "");
}

TEST(EventBody, IsJsonOfTheSizeAskedForWithTheNumberInPlace) {
    for (const std::size_t size : {100U, 1024U, 20'000U}) {
        std::string body = make_event_body(size);
        EXPECT_EQ(body.size(), size);
        write_event_number(body.data() + kEventNumberAt, 0x0123456789ABCDEFULL);
        EXPECT_EQ(read_event_number(body), 0x0123456789ABCDEFULL);
        const auto object = boost::json::parse(body).as_object();
        EXPECT_EQ(object.at("n"), "0123456789abcdef");
        EXPECT_EQ(object.at("event"), "bench.tick");
    }
}

TEST(EventBody, OtherBodiesHaveNoNumber) {
    for (const char* body :
         {"", "{}", R"({"n":"12"})", R"({"n":"0123456789abcdeX"})", R"({"m":"0123456789abcdef"})"})
        EXPECT_FALSE(read_event_number(body)) << body;
}

}  // namespace
}  // namespace posthaste
