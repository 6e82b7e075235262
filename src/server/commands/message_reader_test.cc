#include "server/commands/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthaste {
namespace {

using Kind = MessageReader::Kind;

struct GoodCase {
    const char* name;
    Kind kind;
    std::string text;
    std::string start;  // method and target, or the status
    std::string body;
    bool keep_alive;
};

const std::vector<GoodCase>& good_cases() {
    static const std::vector<GoodCase> kCases{
        {"no body", Kind::request, "GET /a?b=1 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b=1", "",
         true},
        {"content length", Kind::request, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
         "POST /", "hello", true},
        {"chunked with trailer", Kind::request,
         "POST / HTTP/1.1\r\ntransfer-encoding: "
         "Chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: "
         "1\r\n\r\n",
         "POST /", "abc0123456789", true},
        {"close", Kind::request, "POST / HTTP/1.1\r\nConnection: Keep-Alive, close\r\n\r\n",
         "POST /", "", false},
        {"old version", Kind::request, "POST / HTTP/1.0\r\n\r\n", "POST /", "", false},
        {"bare newlines and a blank line first", Kind::request, "\nGET / HTTP/1.1\nHost: h\n\n",
         "GET /", "", true},
        {"response", Kind::response, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200", "ok",
         true},
        {"response without reason", Kind::response, "HTTP/1.1 204\r\n\r\n", "204", "", true},
        {"no content has no body", Kind::response, "HTTP/1.1 204 X\r\nContent-Length: 9\r\n\r\n",
         "204", "", true},
        {"interim responses are skipped", Kind::response,
         "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 202 X\r\nContent-Length: 1\r\n\r\nx", "202",
         "x", true},
    };
    return kCases;
}

std::string start_of(const HttpMessage& message) {
    if (message.status != 0) return std::to_string(message.status);
    return message.method + " " + message.target;
}

TEST(MessageReader, ReadsWholeMessages) {
    for (const GoodCase& c : good_cases()) {
        MessageReader reader(c.kind);
        EXPECT_EQ(reader.feed(c.text + "NEXT"), c.text.size()) << c.name;
        ASSERT_TRUE(reader.complete()) << c.name << ": " << reader.failure();
        const HttpMessage message = reader.take();
        EXPECT_EQ(start_of(message), c.start) << c.name;
        EXPECT_EQ(message.body, c.body) << c.name;
        EXPECT_EQ(message.keep_alive, c.keep_alive) << c.name;
        EXPECT_TRUE(reader.idle()) << c.name;
    }
}

TEST(MessageReader, DoesNotCareWhereThePiecesAreCut) {
    for (const GoodCase& c : good_cases()) {
        for (std::size_t cut = 1; cut < c.text.size(); ++cut) {
            MessageReader reader(c.kind);
            ASSERT_EQ(reader.feed(c.text.substr(0, cut)), cut) << c.name;
            ASSERT_FALSE(reader.complete()) << c.name << " at " << cut;
            reader.feed(c.text.substr(cut));
            ASSERT_TRUE(reader.complete()) << c.name << " at " << cut;
            EXPECT_EQ(reader.take().body, c.body) << c.name;
        }
    }
}

TEST(MessageReader, RefusesWhatIsNotAMessage) {
    const std::vector<std::string> cases{
        "GARBAGE\r\n",
        "GET /\r\n",
        "GET / HTTP/2\r\n",
        " / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n",
        "GET / HTTP/1.1\r\nbad name: x\r\n",
        "GET / HTTP/1.1\r\n: x\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        "GET / HTTP/1.1\r\nX: " + std::string(70'000, 'x'),
    };
    for (const std::string& text : cases) {
        MessageReader reader(Kind::request);
        reader.feed(text);
        EXPECT_TRUE(reader.failed()) << text.substr(0, 80);
        EXPECT_FALSE(reader.failure().empty());
    }
}

TEST(MessageReader, ManyChunksMayExceedTheLimitOfAHead) {
    MessageReader reader(Kind::request);
    reader.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 30'000; ++i) reader.feed("1\r\nx\r\n");
    reader.feed("0\r\n\r\n");
    ASSERT_TRUE(reader.complete()) << reader.failure();
    EXPECT_EQ(reader.take().body.size(), 30'000U);
}

TEST(MessageReader, KeepsNoMoreOfABodyThanItsLimit) {
    MessageReader reader(Kind::request, 4);
    reader.feed("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123456789");
    ASSERT_TRUE(reader.complete());
    const HttpMessage message = reader.take();
    EXPECT_EQ(message.body, "0123");
    EXPECT_EQ(message.body_bytes, 10U);
    EXPECT_TRUE(message.body_cut());
}

TEST(MessageReader, TheEndOfTheConnectionEndsABodyOrCutsAMessage) {
    MessageReader whole(Kind::response);
    whole.feed("HTTP/1.1 200 OK\r\n\r\nall of it");
    EXPECT_FALSE(whole.complete());
    whole.finish();
    ASSERT_TRUE(whole.complete());
    EXPECT_EQ(whole.take().body, "all of it");

    MessageReader cut(Kind::response);
    cut.feed("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nall");
    cut.finish();
    EXPECT_TRUE(cut.failed());

    MessageReader nothing(Kind::response);
    nothing.finish();
    EXPECT_FALSE(nothing.failed());
    EXPECT_TRUE(nothing.idle());
}

TEST(MessageReader, SaysOnceThatTheSenderWaitsForContinue) {
    MessageReader reader(Kind::request);
    reader.feed("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
    EXPECT_TRUE(reader.take_continue_request());
    EXPECT_FALSE(reader.take_continue_request());
}

TEST(HttpMessage, FindsFieldsInAnyCase) {
    HttpMessage message;
    message.fields = {{"Webhook-Id", "a"}, {"webhook-id", "b"}};
    EXPECT_EQ(message.field("WEBHOOK-ID"), "a");
    EXPECT_EQ(message.field("webhook"), "");
}

}  // namespace
}  // namespace posthaste
