#include "net/client_response.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "net/client_request.h"

namespace posthaste {
namespace {

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string deflated(const std::string& text, int window_bits) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(text.size() + 1000, '\0');
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string answer(const std::string& encoding, const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Encoding: " + encoding +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string body_of(const std::string& bytes, ResponseLimits limits = {}) {
    ClientResponse response(limits);
    std::size_t consumed = 0;
    EXPECT_EQ(response.put(bytes, consumed), ClientResponse::State::complete) << response.problem();
    return response.take_body();
}

TEST(ClientResponse, encodings_are_undone) {
    const std::string text = "a receiver's words, ";
    EXPECT_EQ(body_of(answer("gzip", deflated(text, kGzip))), text);
    EXPECT_EQ(body_of(answer("X-GZIP", deflated(text, kGzip))), text);
    EXPECT_EQ(body_of(answer("deflate", deflated(text, kZlib))), text);
    EXPECT_EQ(body_of(answer("deflate", deflated(text, kRaw))), text);
    // What cannot be undone stays as it came.
    EXPECT_EQ(body_of(answer("br", text)), text);
    EXPECT_EQ(body_of(answer("gzip", text)), text);
    EXPECT_EQ(body_of(answer("identity", text)), text);
    EXPECT_EQ(body_of(answer("gzip", "")), "");
}

TEST(ClientResponse, a_bomb_inflates_to_the_cap_only) {
    const std::string bomb = deflated(std::string(10 << 20, 'b'), kGzip);
    EXPECT_EQ(body_of(answer("gzip", bomb)), std::string(16 * 1024, 'b'));
}

TEST(ClientResponse, a_cut_stream_gives_what_there_is) {
    ResponseLimits limits;
    limits.body_kept_max = 300;
    std::string text;
    std::mt19937 random(7);
    while (text.size() < 4000) text += static_cast<char>('a' + random() % 26);
    const std::string body = body_of(answer("gzip", deflated(text, kGzip)), limits);
    EXPECT_FALSE(body.empty());
    EXPECT_EQ(body, text.substr(0, body.size()));
    EXPECT_LE(body.size(), 300U);
}

TEST(ClientResponse, reads_the_same_however_the_bytes_are_cut) {
    const std::string bytes =
        "HTTP/1.1 102 Processing\r\nServer: soon\r\n\r\nHTTP/1.1 429 Slow down\r\nRetry-After: "
        "3\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "a;ext=1\r\n0123456789\r\n5\r\nabcde\r\n0\r\nRetry-After: 99\r\n\r\nnext";
    std::mt19937 random(1);
    for (int round = 0; round < 300; ++round) {
        ClientResponse response({});
        std::string pending;
        std::size_t at = 0;
        auto state = ClientResponse::State::more;
        while (state == ClientResponse::State::more && at < bytes.size()) {
            const std::size_t piece = std::min<std::size_t>(1 + random() % 20, bytes.size() - at);
            pending += bytes.substr(at, piece);
            at += piece;
            std::size_t consumed = 0;
            state = response.put(pending, consumed);
            pending.erase(0, consumed);
        }
        ASSERT_EQ(state, ClientResponse::State::complete) << response.problem();
        EXPECT_EQ(response.status(), 429);
        EXPECT_EQ(response.retry_after(), "3");
        // Neither those of the interim answer nor the trailer's.
        EXPECT_EQ(response.take_headers(), "Retry-After: 3\nTransfer-Encoding: Chunked\n");
        EXPECT_TRUE(response.keeps_alive());
        EXPECT_EQ(response.take_body(), "0123456789abcde");
        EXPECT_TRUE(std::string_view("next").starts_with(pending));
    }
}

std::string headers_of(const std::string& lines) {
    ClientResponse response({});
    const std::string bytes = "HTTP/1.1 204 No Content\r\n" + lines + "\r\n";
    std::size_t consumed = 0;
    const auto state = response.put(bytes, consumed);
    return state == ClientResponse::State::complete ? response.take_headers() : response.problem();
}

TEST(ClientResponse, headers_are_kept) {
    const std::string refused = "The answer is not valid HTTP: ";
    const struct {
        std::string lines;
        std::string kept;
    } rows[] = {
        {"", ""},
        {"A: 1\r\n", "A: 1\n"},
        {"b: 2\r\nA: 1\r\nB: 3\r\nA: 1\r\n", "b: 2\nA: 1\nB: 3\nA: 1\n"},
        {"Empty:\r\nBlank:  \t \r\nTight:x\r\nLoose: \t x y \t\r\n",
         "Empty: \nBlank: \nTight: x\nLoose: x y\n"},
        {"Set-Cookie: a=1\r\nset-cookie: b=2\r\n", "Set-Cookie: ***\nset-cookie: ***\n"},
        {"X: caf\xc3\xa9\r\nY: caf\xe9\r\n", "X: caf\xc3\xa9\nY: caf\xc3\xa9\n"},
        {std::string("Policy: ").append(8000, 'p').append("\r\nB: 2\r\n"), "B: 2\n+1\n"},
        {"A: 1\r\n B: 2\r\n", refused + "a folded header line."},
        {"A: 1\x01\r\n", refused + "bad value."},
        {std::string("A: 1\0\r\n", 7), refused + "bad value."},
        {"A\x80: 1\r\n", refused + "bad field."},
        {"A : 1\r\n", refused + "bad field."},
    };
    for (const auto& row : rows) EXPECT_EQ(headers_of(row.lines), row.kept) << row.lines;

    std::string hundred;
    for (int i = 0; i < 100; ++i) hundred.append("X: ").append(90, 'x').append("\r\n");
    EXPECT_TRUE(headers_of(hundred).ends_with("x\n+57\n"));
}

TEST(ClientResponse, never_trusts_random_bytes) {
    std::mt19937 random(3);
    const std::string_view pieces[] = {"HTTP/1.1 ",
                                       "200",
                                       " OK",
                                       "\r\n",
                                       "\r\n\r\n",
                                       "Content-Length: ",
                                       "5",
                                       "Transfer-Encoding: ",
                                       "chunked",
                                       ":",
                                       " ",
                                       "\t",
                                       "\n",
                                       "0",
                                       "ffffffffffffffffff",
                                       "x"};
    for (int round = 0; round < 5000; ++round) {
        std::string bytes = "HTTP/1.1 200 OK\r\n";
        for (int i = 0; i < 12; ++i) bytes += pieces[random() % std::size(pieces)];
        ClientResponse response({});
        std::size_t consumed = 0;
        const auto state = response.put(bytes, consumed);
        EXPECT_LE(consumed, bytes.size());
        EXPECT_EQ(state == ClientResponse::State::bad, !response.problem().empty());
    }
}

TEST(ClientRequest, headers_given_replace_ours) {
    const Target target = *parse_target("http://user:pass@h:81/p?q");
    std::string out = "left over";
    write_request_head(out, target, "agent", "x-a: 1\r\n", 42);
    EXPECT_EQ(
        out,
        "POST /p?q HTTP/1.1\r\nHost: h:81\r\nUser-Agent: agent\r\nAccept: */*\r\nAuthorization: "
        "Basic "
        "dXNlcjpwYXNz\r\nContent-Type: application/json\r\nContent-Length: 42\r\nx-a: 1\r\n\r\n");
    const std::string given =
        "AUTHORIZATION: Bearer x\r\ncontent-type: text/plain\r\nUser-agent: mine\r\n";
    write_request_head(out, target, "agent", given, 0);
    EXPECT_EQ(out, "POST /p?q HTTP/1.1\r\nHost: h:81\r\nAccept: */*\r\nContent-Length: 0\r\n" +
                       given + "\r\n");
}

}  // namespace
}  // namespace posthaste
