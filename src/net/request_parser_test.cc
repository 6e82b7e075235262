#include "net/request_parser.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace posthaste {
namespace {

using Progress = RequestParser::Progress;

// What a head says, as one text.
std::string describe(const RequestParser& parser) {
    const RequestHead& head = parser.head();
    std::string text = std::string(head.method_text) + " " + std::string(head.path) + "?" +
                       std::string(head.query) + " " +
                       (head.version == HttpVersion::http_1_1 ? "1.1" : "1.0") +
                       (head.keep_alive ? " keep" : " close");
    if (head.framing == Framing::chunked) text += " chunked";
    if (head.framing == Framing::sized) text += " " + std::to_string(head.content_length);
    if (head.expects_continue) text += " expects";
    for (const HeaderView& field : head.headers)
        text += "|" + std::string(field.name) + "=" + std::string(field.value);
    return text + "@" + std::to_string(parser.head_bytes());
}

constexpr std::string_view kRequest =
    "POST /a/b?c=d HTTP/1.1\r\nHost: example.com:8080\r\nX-Empty:\r\nContent-Length: 17\r\n"
    "Expect: 100-continue\r\nConnection: close\r\n\r\nbody";

TEST(RequestParser, ReadsAHead) {
    RequestParser parser(RequestLimits{});
    ASSERT_EQ(parser.parse(kRequest), Progress::done);
    EXPECT_EQ(describe(parser),
              "POST /a/b?c=d 1.1 close 17 expects|Host=example.com:8080|X-Empty=|Content-Length=17|"
              "Expect=100-continue|Connection=close@" +
                  std::to_string(kRequest.size() - 4));
    EXPECT_EQ(parser.head().method, Method::post);
    // Views, not copies.
    EXPECT_EQ(parser.head().target.data(), kRequest.data() + 5);
}

TEST(RequestParser, TheSameByteByByteAndAfterReset) {
    RequestParser parser(RequestLimits{});
    ASSERT_EQ(parser.parse(kRequest), Progress::done);
    const std::string whole = describe(parser);
    for (std::size_t step = 1; step < 40; ++step) {
        parser.reset();
        Progress progress = Progress::need_more;
        for (std::size_t end = step; progress == Progress::need_more; end += step)
            progress = parser.parse(kRequest.substr(0, std::min(end, kRequest.size())));
        ASSERT_EQ(progress, Progress::done) << step;
        EXPECT_EQ(describe(parser), whole) << step;
    }
}

// A refusal must not depend on how the bytes were cut: otherwise a check could be evaded by slow sending.
TEST(RequestParser, RefusalsDoNotDependOnTheCut) {
    constexpr std::string_view kBad[] = {
        "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nX:\r\n\tb\r\nY: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
        "gzip\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n",
        "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    for (const std::string_view bad : kBad) {
        for (std::size_t cut = 0; cut <= bad.size(); ++cut) {
            RequestParser parser(RequestLimits{});
            Progress progress = parser.parse(bad.substr(0, cut));
            if (progress == Progress::need_more) progress = parser.parse(bad);
            ASSERT_EQ(progress, Progress::refused) << bad << " cut at " << cut;
            EXPECT_EQ(parser.refusal().status, 400);
        }
    }
}

// Whatever the bytes and the cuts are, the parser ends in the same way and stays within the input.
TEST(RequestParser, DamagedRequestsEndTheSameWayHoweverCut) {
    std::mt19937 random(7);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string request(kRequest);
        for (std::size_t damage = below(3) + 1; damage > 0; --damage) {
            const std::size_t at = below(request.size());
            if (below(2) == 0)
                request[at] = static_cast<char>(random());
            else
                request.insert(at, 1, "\r\n :\t\0,"[below(7)]);
        }
        // An incomplete head may be found bad early or late; so that it is judged, it gets an end.
        request += "\r\n\r\n";
        RequestParser whole(RequestLimits{});
        const Progress wanted = whole.parse(request);
        RequestParser pieces(RequestLimits{});
        Progress progress = Progress::need_more;
        for (std::size_t end = 0; progress == Progress::need_more && end < request.size();) {
            end = std::min(request.size(), end + 1 + below(9));
            progress = pieces.parse(std::string_view(request).substr(0, end));
        }
        ASSERT_EQ(progress, wanted) << request;
        if (wanted == Progress::done) {
            EXPECT_EQ(describe(pieces), describe(whole));
        }
        refused += wanted == Progress::refused ? 1 : 0;
    }
    EXPECT_GT(refused, 500);
}

}  // namespace
}  // namespace posthaste
