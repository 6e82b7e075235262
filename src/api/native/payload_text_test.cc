#include "api/native/payload_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "api/json_scan.h"

namespace posthaste::native {
namespace {

std::string shown(std::string_view payload) {
    std::string out;
    append_payload(out, payload);
    return out;
}

TEST(PayloadText, ShowsOneSpellingOfEveryDocument) {
    struct Row {
        std::string_view received;
        std::string_view shown;
    };
    const Row rows[] = {
        {"{}", "{}"},
        {" { } ", "{}"},
        {R"({"b":1,"a":2})", R"({"a":2,"b":1})"},
        {"{ \"b\" : [ 1 , 2 ] ,\n\t\"a\" : { \"d\" : null , \"c\" : true } }\r\n",
         R"({"a":{"c":true,"d":null},"b":[1,2]})"},
        // Objects within arrays within objects, and what follows them.
        {R"({"x":[{"b":1,"a":[{"d":0,"c":{}}]},7,{"z":{},"y":[]}],"w":[]})",
         R"({"w":[],"x":[{"a":[{"c":{},"d":0}],"b":1},7,{"y":[],"z":{}}]})"},
        // Of equal keys the last counts, however it is spelled, with all that is in it.
        {R"({"a":{"x":1},"b":2,"\u0061":{"y":[{"q":1}]}})", R"({"a":{"y":[{"q":1}]},"b":2})"},
        {R"({"a":1,"a":2,"a":3})", R"({"a":3})"},
        // Order of code points: upper case before lower case, what is beyond the BMP last.
        {"{\"b\":1,\"B\":2,\"\xf0\x9f\x98\x80\":3,\"\xef\xbf\xbd\":4,\"\xc3\xa9\":5,\"\":6}",
         "{\"\":6,\"B\":2,\"b\":1,\"\xc3\xa9\":5,\"\xef\xbf\xbd\":4,\"\xf0\x9f\x98\x80\":3}"},
        {R"({"ab":1,"a":2,"a b":3})", R"({"a":2,"a b":3,"ab":1})"},
        // Numbers stay as they were written.
        {R"({"n":[1.0,1e5,1E+5,-0,-0.0,12345678901234567890123456789,1e400,0.1000]})",
         R"({"n":[1.0,1e5,1E+5,-0,-0.0,12345678901234567890123456789,1e400,0.1000]})"},
        // Strings have the fewest escapes.
        {R"({"s":"\u0041\/\u00e9\ud83d\ude00\"\\\b\f\n\r\t\u0008\u000C\u001F\u007f"})",
         "{\"s\":\"A/\xc3\xa9\xf0\x9f\x98\x80\\\"\\\\\\b\\f\\n\\r\\t\\b\\f\\u001f\x7f\"}"},
        {R"({"s":"{\"b\":1, \"a\":2} ]"})", R"({"s":"{\"b\":1, \"a\":2} ]"})"},
        {R"({"\u0022":1,"\\":2})", R"({"\"":1,"\\":2})"},
        {R"({"s":"\ud800"})", "{\"s\":\"\xef\xbf\xbd\"}"},
        // Other documents than objects.
        {"[3, 1]", "[3,1]"},
        {" null ", "null"},
        {R"("a b")", R"("a b")"},
        // Nothing, and what is no JSON.
        {"", R"({"expired":true})"},
        {"EXPUNGED", R"({"expired":true})"},
        {R"({"a":1)", R"({"expired":true})"},
        {R"({"a":1} x)", R"({"expired":true})"},
        {"{\"a\":\"\xff\"}", R"({"expired":true})"},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(shown(row.received), row.shown) << row.received;
        EXPECT_EQ(shown(shown(row.received)), row.shown) << row.received;
    }
}

TEST(PayloadText, AppendsToWhatIsThere) {
    std::string out = "before ";
    append_payload(out, R"({"b":1,"a":2})");
    EXPECT_EQ(out, R"(before {"a":2,"b":1})");
}

TEST(PayloadText, NestingAsDeepAsTheServerTakesCostsNoStack) {
    std::string received;
    std::string expected;
    for (std::size_t i = 0; i < kJsonDepthMax; ++i) {
        received += R"({"b":1, "a":)";
        expected += R"({"a":)";
    }
    received += "0";
    expected += "0";
    for (std::size_t i = 0; i < kJsonDepthMax; ++i) {
        received += '}';
        expected += R"(,"b":1})";
    }
    EXPECT_EQ(shown(received), expected);
    EXPECT_EQ(shown("[" + received + "]"), kExpiredPayload);  // one level too deep
}

// A document drawn at random, written once with the keys in any order and space anywhere, once as it should be shown.
class Draw {
public:
    explicit Draw(std::uint32_t seed) : engine_(seed) {}

    void value(std::string& messy, std::string& neat, int depth) {
        space(messy);
        const std::size_t kind = below(depth > 0 ? 6 : 4);
        if (kind < 4) {
            constexpr std::string_view kScalars[] = {"1.50", "null", R"("x, {y}: [z]")", "\"\""};
            messy += kScalars[kind];
            neat += kScalars[kind];
        } else if (kind == 4) {
            array(messy, neat, depth);
        } else {
            object(messy, neat, depth);
        }
        space(messy);
    }

private:
    std::size_t below(std::size_t bound) { return engine_() % bound; }
    void space(std::string& out) {
        constexpr std::string_view kSpaces[] = {"", "", " ", "\n\t"};
        out += kSpaces[below(4)];
    }
    void array(std::string& messy, std::string& neat, int depth) {
        messy += '[';
        neat += '[';
        const std::size_t count = below(4);
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) messy += ',', neat += ',';
            value(messy, neat, depth - 1);
        }
        if (count == 0) space(messy);
        messy += ']';
        neat += ']';
    }
    void object(std::string& messy, std::string& neat, int depth) {
        const std::size_t count = below(5);
        std::vector<std::string> messy_members;
        neat += '{';
        for (std::size_t i = 0; i < count; ++i) {
            const std::string key = "\"" + std::string(1, static_cast<char>('a' + i)) + "\":";
            if (i > 0) neat += ',';
            neat += key;
            value(messy_members.emplace_back(key), neat, depth - 1);
        }
        neat += '}';
        std::shuffle(messy_members.begin(), messy_members.end(), engine_);
        messy += '{';
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) messy += ',';
            space(messy);
            messy += messy_members[i];
        }
        if (count == 0) space(messy);
        messy += '}';
    }

    std::mt19937 engine_;
};

TEST(PayloadText, AgreesWithDocumentsDrawnInBothSpellings) {
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        std::string messy;
        std::string neat;
        Draw(seed).value(messy, neat, 5);
        ASSERT_EQ(shown(messy), neat) << "seed " << seed;
    }
}

}  // namespace
}  // namespace posthaste::native
