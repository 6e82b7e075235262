#include "api/payload.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>

namespace posthaste {
namespace {

class PayloadTest : public testing::Test {
protected:
    PayloadCheck check(const std::string& body) {
        padded_ = body + std::string(64, '\0');
        return reader_.check(std::string_view(padded_).substr(0, body.size()));
    }

    PayloadReader reader_;
    std::string padded_;
};

TEST_F(PayloadTest, kinds) {
    EXPECT_EQ(check("{}").kind, PayloadKind::object);
    EXPECT_EQ(check(" {} \n").kind, PayloadKind::object);
    EXPECT_EQ(check("null").kind, PayloadKind::null);
    EXPECT_EQ(check("").kind, PayloadKind::empty);
    for (const char* other : {"[]", "1", "\"x\"", "true", "1e999"})
        EXPECT_EQ(check(other).kind, PayloadKind::other) << other;
    for (const char* bad : {"{", " ", "nul", "{\"a\":1}}", "\xFF"})
        EXPECT_EQ(check(bad).kind, PayloadKind::broken) << bad;
}

// The tree and the scanner must pick the same: each row is checked small and with padding that is too large for a tree.
TEST_F(PayloadTest, the_event_type_by_tree_and_by_scanner) {
    struct Case {
        const char* body;
        std::optional<std::string_view> type;
        std::optional<std::string_view> other;
    };
    const Case cases[] = {
        {R"({})", {}, {}},
        {R"({"event":"a"})", "a", {}},
        {R"({"event":""})", "", {}},
        {R"({"x":{"event":"no"},"event":"a","y":["event"]})", "a", {}},
        {R"({"event":"a","event":"b"})", "b", {}},
        {R"({"event":"a","event":1})", {}, "1"},
        {R"({"\u0065vent":"a"})", "a", {}},
        {R"({"event":"\u00f6\n\"\ud83d\udcee"})", "\xC3\xB6\n\"\xF0\x9F\x93\xAE", {}},
        {R"({"event":null})", {}, "null"},
        {R"({"event":{"a":[1,2]}})", {}, R"({"a":[1,2]})"},
        {R"({"events":"a","even":"b"})", {}, {}},
    };
    for (const Case& c : cases) {
        for (const std::size_t padding : {std::size_t{0}, std::size_t{100'000}}) {
            const PayloadCheck found = check(std::string(padding, ' ') + c.body);
            EXPECT_EQ(found.kind, PayloadKind::object) << c.body;
            EXPECT_EQ(found.event_type, c.type) << c.body;
            EXPECT_EQ(found.event_other, c.other) << c.body;
        }
    }
}

TEST_F(PayloadTest, what_simdjson_refuses_may_still_be_json) {
    const PayloadCheck huge = check(R"({"n":123456789012345678901234567890,"event":"a"})");
    EXPECT_EQ(huge.kind, PayloadKind::object);
    EXPECT_EQ(huge.event_type, "a");
    EXPECT_EQ(check(R"({"n":1e400})").kind, PayloadKind::object);
    const PayloadCheck lone = check(R"({"event":"\ud800x"})");
    EXPECT_EQ(lone.kind, PayloadKind::object);
    EXPECT_EQ(lone.event_type, "\xEF\xBF\xBDx");
}

// Whatever simdjson accepts, the scanner accepts, and both see the same kind; the other way round simdjson refuses only
// numbers and surrogates. Texts are valid ones with a few bytes changed.
TEST_F(PayloadTest, random_texts_get_one_verdict) {
    const std::string seeds[] = {
        R"({"event":"user.created","data":{"id":123,"list":[1.5e-3,true,null,"x\u00e9\\"]}})",
        R"([{"a":{}},[],"",-0,0.1,1E+2,"\ud83d\udcee"])",
        "{\"\xC3\xB6\":\"\xF0\x9F\x93\xAE\", \"event\" : false }",
    };
    constexpr std::string_view kAlphabet = "{}[]\",:\\u0e1.-+ntf \n\x01\xC3\xB6\xFF";
    std::mt19937 random(20261122);
    simdjson::dom::parser parser;
    int accepted = 0;
    for (int round = 0; round < 60'000; ++round) {
        std::string text = seeds[random() % std::size(seeds)];
        for (std::size_t change = random() % 3; change > 0; --change) {
            const std::size_t at = random() % text.size();
            const char c = kAlphabet[random() % kAlphabet.size()];
            switch (random() % 3) {
                case 0: text[at] = c; break;
                case 1: text.insert(at, 1, c); break;
                default: text.erase(at, 1);
            }
        }
        const JsonScan scan = scan_json(text);
        simdjson::dom::element root;
        const auto failure = parser.parse(text).get(root);
        if (failure == simdjson::SUCCESS) {
            ++accepted;
            ASSERT_FALSE(scan.fault) << text << ": " << scan.fault->reason;
            ASSERT_EQ(scan.first == '{', root.is_object()) << text;
        } else if (!scan.fault) {
            ASSERT_TRUE(failure == simdjson::NUMBER_ERROR || failure == simdjson::STRING_ERROR)
                << text << ": " << simdjson::error_message(failure);
        }
    }
    EXPECT_GT(accepted, 20'000);
}

}  // namespace
}  // namespace posthaste
