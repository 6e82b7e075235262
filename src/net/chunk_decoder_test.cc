#include "net/chunk_decoder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace posthaste {
namespace {

using Event = ChunkDecoder::Event;

struct Decoded {
    Event end = Event::need_more;
    std::string body;
    std::string rest;
};

// Feeds `input` in pieces of `step` bytes.
Decoded decode(std::string_view input, std::size_t step) {
    ChunkDecoder decoder;
    Decoded decoded;
    for (std::size_t at = 0; at < input.size(); at += step) {
        std::string_view piece = input.substr(at, step);
        Event event = decoder.next(piece);
        for (; event == Event::data; event = decoder.next(piece)) decoded.body += decoder.data();
        decoded.end = event;
        if (event == Event::need_more) continue;
        decoded.rest =
            std::string(piece) + std::string(input.substr(std::min(input.size(), at + step)));
        break;
    }
    return decoded;
}

TEST(ChunkDecoder, Table) {
    struct Row {
        std::string_view input;
        Event end;
        std::string_view body;
        std::string_view rest;
    };
    const std::string long_extension = "1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n";
    const std::string long_trailer = "0\r\nA: " + std::string(9000, 'x');
    const Row rows[] = {
        {"0\r\n\r\n", Event::done, "", ""},
        {"0\r\n\r\nGET", Event::done, "", "GET"},
        {"3\r\nabc\r\n0\r\n\r\n", Event::done, "abc", ""},
        {"00A\r\n0123456789\r\n1\r\n!\r\n0000\r\n\r\n", Event::done, "0123456789!", ""},
        {"a\r\n0123456789\r\n0\r\n\r\n", Event::done, "0123456789", ""},
        {"1;n=v;q=\"w w\"\r\na\r\n0;last\r\n\r\n", Event::done, "a", ""},
        {"1\r\na\r\n0\r\nA: b\r\nC: d\r\n\r\nX", Event::done, "a", "X"},
        {"2\r\n\r\n\r\n0\r\n\r\n", Event::done, "\r\n", ""},
        {"3\r\nab", Event::need_more, "ab", ""},
        {"0\r\n", Event::need_more, "", ""},
        {"0\r\n\r", Event::need_more, "", ""},
        {"\r\n", Event::malformed, "", ""},
        {"g\r\n", Event::malformed, "", ""},
        {"-1\r\n", Event::malformed, "", ""},
        {"0x1\r\na", Event::malformed, "", ""},
        {"1 \r\na", Event::malformed, "", ""},
        {" 1\r\na", Event::malformed, "", ""},
        {"1\na\n0\n\n", Event::malformed, "", ""},
        {"1\r\nab\r\n", Event::malformed, "a", ""},
        {"1\r\na\n0\r\n\r\n", Event::malformed, "a", ""},
        {"1\r\na0\r\n\r\n", Event::malformed, "a", ""},
        {"1;a\x01\r\n", Event::malformed, "", ""},
        {"1;a\nb\r\n", Event::malformed, "", ""},
        {"10000000000000000\r\n", Event::malformed, "", ""},
        {"0\r\n folded\r\n\r\n", Event::malformed, "", ""},
        {"0\r\nA: b\n\r\n", Event::malformed, "", ""},
        {"0\r\n\r\r", Event::malformed, "", ""},
        {long_extension, Event::too_large, "", ""},
        {long_trailer, Event::too_large, "", ""},
    };
    for (const Row& row : rows) {
        for (const std::size_t step :
             {row.input.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
            const Decoded decoded = decode(row.input, step);
            EXPECT_EQ(decoded.end, row.end) << row.input << " by " << step;
            EXPECT_EQ(decoded.body, row.body) << row.input << " by " << step;
            if (row.end == Event::done) {
                EXPECT_EQ(decoded.rest, row.rest) << row.input;
            }
        }
    }
}

TEST(ChunkDecoder, GivesBackWhatWasEncoded) {
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::string body;
        std::string encoded;
        for (std::size_t chunk = random() % 8; chunk > 0; --chunk) {
            std::string data(random() % 200 + 1, '\0');
            for (char& c : data) c = static_cast<char>(random());
            char size[20];
            std::snprintf(size, sizeof(size), "%zx\r\n", data.size());
            body += data;
            encoded += size + data + "\r\n";
        }
        const Decoded decoded = decode(encoded + "0\r\n\r\nnext", random() % 50 + 1);
        ASSERT_EQ(decoded.end, Event::done);
        EXPECT_EQ(decoded.body, body);
        EXPECT_EQ(decoded.rest, "next");
    }
}

}  // namespace
}  // namespace posthaste
