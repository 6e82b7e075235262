#include "api/native/body.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <random>

namespace posthaste::native {
namespace {

// The issues' JSON, or "" when all is well.
std::string issues_of(const BodyReader& body) { return body.ok() ? "" : body.reply().body; }

TEST(Body, what_is_no_object) {
    for (const char* text :
         {"", "null", "[]", "7", "\"x\"", "{", "{\"a\":1,}", "{} x", "{'a':1}"}) {
        BodyReader body(text);
        static_cast<void>(body.text({"name", Presence::required}));
        EXPECT_NE(issues_of(body).find(R"("loc":["body","",""])"), std::string::npos) << text;
        EXPECT_EQ(issues_of(body).find("missing field"), std::string::npos) << text;
    }
}

TEST(Body, presence) {
    struct Case {
        Presence presence;
        const char* text;
        bool ok;
        bool is_given;
        bool has_value;
    };
    for (const Case& c : {Case{Presence::required, "{\"a\":\"x\"}", true, true, true},
                          {Presence::required, "{}", false, false, false},
                          {Presence::required, "{\"a\":null}", false, false, false},
                          {Presence::optional, "{\"a\":\"x\"}", true, true, true},
                          {Presence::optional, "{}", true, false, false},
                          {Presence::optional, "{\"a\":null}", true, false, false},
                          {Presence::patch, "{}", true, false, false},
                          {Presence::patch, "{\"a\":null}", false, false, false},
                          {Presence::clearable, "{}", true, false, false},
                          {Presence::clearable, "{\"a\":null}", true, true, false},
                          {Presence::clearable, "{\"a\":\"x\"}", true, true, true},
                          {Presence::clearable, "{\"a\":7}", false, true, false}}) {
        BodyReader body(c.text);
        const auto member = body.text({"a", c.presence});
        EXPECT_EQ(body.ok(), c.ok) << c.text;
        EXPECT_EQ(member.is_given, c.is_given) << c.text;
        EXPECT_EQ(member.value.has_value(), c.has_value) << c.text;
    }
}

TEST(Body, unknown_members_are_ignored_and_known_ones_come_once) {
    BodyReader body(R"( { "x":{"a":[1,{"b":"}"}]} , "a" : "1", "x":2,"\u0061b":"3" } )");
    EXPECT_EQ(body.text({"a", Presence::required}).value, "1");
    EXPECT_EQ(body.text({"ab", Presence::required}).value, "3");
    EXPECT_TRUE(body.ok());
    static_cast<void>(body.raw({"x"}));
    EXPECT_NE(issues_of(body).find("duplicate field `x`"), std::string::npos);
}

TEST(Body, aliases) {
    BodyReader old(R"({"data":{"a":1}})");
    EXPECT_EQ(old.raw_object({"payload", Presence::required, {}, "data"}).value, R"({"a":1})");
    BodyReader both(R"({"data":{"a":1},"payload":{ }})");
    EXPECT_EQ(both.raw_object({"payload", Presence::required, {}, "data"}).value, "{ }");
    EXPECT_TRUE(old.ok() && both.ok());
}

TEST(Body, rules) {
    struct Case {
        const char* text;
        const char* location;  // of the issue; null: fine
    };
    const Case cases[] = {
        {R"({})", nullptr},
        {R"({"uid":"a.b-c_D9"})", nullptr},
        {R"({"uid":"app"})", nullptr},
        {R"({"uid":"app_x"})", R"(["body","uid","__all__"])"},
        {R"({"uid":""})", R"(["body","uid","__all__"])"},
        {R"({"uid":"a b"})", R"(["body","uid","__all__"])"},
        {R"({"uid":"ä"})", R"(["body","uid","__all__"])"},
        {R"({"name":"ä"})", nullptr},
        {R"({"name":""})", R"(["body","name"])"},
        {R"({"name":"a\u0003"})", R"(["body","name"])"},
        {R"({"name":"äöüß"})", R"(["body","name"])"},
        {R"({"rate":1})", nullptr},
        {R"({"rate":65535})", nullptr},
        {R"({"rate":0})", R"(["body","throttle_rate"])"},
        {R"({"rate":65536})", R"(["body","throttle_rate"])"},
        {R"({"rate":99999999999999999999})", R"(["body","throttle_rate"])"},
        {R"({"rate":1.0})", R"(["body","rate"])"},
        {R"({"rate":1e2})", R"(["body","rate"])"},
        {R"({"rate":"1"})", R"(["body","rate"])"},
        {R"({"flag":true})", nullptr},
        {R"({"flag":0})", R"(["body","flag"])"},
        {R"({"set":["a","b","a"]})", nullptr},
        {R"({"set":[]})", R"(["body","set"])"},
        {R"({"set":["a","b","c"]})", R"(["body","set"])"},
        {R"({"set":["a b"]})", R"(["body","set"])"},
        {R"({"set":[1]})", R"(["body","set"])"},
        {R"({"set":"a"})", R"(["body","set"])"},
        {R"({"map":{"a":"b"}})", nullptr},
        {R"({"map":{"a":null}})", R"(["body","map"])"},
        {R"({"map":{"a":1}})", R"(["body","map"])"},
        {R"({"map":[]})", R"(["body","map"])"},
        {R"({"at":"2026-01-01T00:00:00Z"})", nullptr},
        {R"({"at":"x"})", R"(["body","at"])"},
        {R"({"inner":{"name":"x"}})", nullptr},
        {R"({"inner":{}})", R"(["body","inner","name"])"},
        {R"({"inner":[]})", R"(["body","inner"])"},
    };
    for (const Case& c : cases) {
        BodyReader body(c.text);
        static_cast<void>(body.uid({"uid"}, "app"));
        static_cast<void>(body.text({"name"}, {.min = 1, .max = 3, .is_plain = true}));
        static_cast<void>(body.integer({"rate", Presence::optional, "throttle_rate"}, 1, 65535));
        static_cast<void>(body.flag({"flag"}));
        SetRule set;
        set.min = 1;
        set.max = 2;
        set.each.is_identifier = true;
        static_cast<void>(body.set({"set"}, set));
        static_cast<void>(body.map({"map"}));
        static_cast<void>(body.time({"at"}));
        if (auto inner = body.object({"inner"}))
            static_cast<void>(inner->text({"name", Presence::required}));
        EXPECT_EQ(body.ok(), c.location == nullptr) << c.text << issues_of(body);
        if (c.location) {
            EXPECT_NE(issues_of(body).find(std::string("\"loc\":") + c.location), std::string::npos)
                << c.text << issues_of(body);
        }
    }
}

TEST(Body, values) {
    BodyReader body(R"({"set":["b","a","b"],"map":{"k":"v","l":null},"raw": [1, 2] ,"n":-5})");
    EXPECT_EQ(body.set({"set"}, {}).value, (std::vector<std::string>{"b", "a"}));
    const auto map = body.nullable_map({"map"});
    EXPECT_EQ(map.value->at("k"), "v");
    EXPECT_EQ(map.value->at("l"), std::nullopt);
    EXPECT_EQ(body.raw({"raw"}).value, "[1, 2]");
    EXPECT_EQ(body.integer({"n"}, -5, 0).value, -5);
    EXPECT_TRUE(body.ok());
}

// Random documents, written with random space and escapes.
class Documents {
public:
    explicit Documents(unsigned seed) : random_(seed) {}

    std::string object(int depth) {
        std::string text = "{";
        const int count = below(5);
        for (int i = 0; i < count; ++i) {
            if (i > 0) text += ",";
            text += space() + "\"m" + std::to_string(i) + "\"" + space() + ":" + space() +
                    value(depth - 1) + space();
        }
        return text + space() + "}";
    }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
    std::string space() {
        constexpr std::string_view kSpaces[] = {"", " ", "\n", "\t \r\n"};
        return std::string(kSpaces[below(4)]);
    }
    std::string value(int depth) {
        constexpr std::string_view kScalars[] = {
            "null",     "true",     "false",        "0",  "-1.5e+3", "\"\"", "\"}]{[,:\"",
            "\"\\\"\"", "\"\\\\\"", "\"\\u0022x\"", "[]", "{}"};
        const int kind = depth > 0 ? below(14) : below(12);
        if (kind == 12) return object(depth);
        if (kind < 12) return std::string(kScalars[kind]);
        std::string text = "[";
        const int count = below(4);
        for (int i = 0; i < count; ++i) text += (i > 0 ? "," : "") + space() + value(depth - 1);
        return text + space() + "]";
    }

    std::mt19937 random_;
};

TEST(Body, members_are_those_that_a_parser_finds) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        const std::string text = Documents(seed).object(4);
        const auto model = boost::json::parse(text).as_object();
        BodyReader body(text);
        for (int i = 0; i < 5; ++i) {
            const std::string name = "m" + std::to_string(i);
            const auto raw = body.raw({name, Presence::clearable});
            const auto* expected = model.if_contains(name);
            ASSERT_EQ(raw.is_given, expected != nullptr) << text;
            if (!expected) continue;
            ASSERT_EQ(raw.value.has_value(), !expected->is_null()) << text;
            if (!raw.value) continue;
            ASSERT_EQ(boost::json::serialize(boost::json::parse(*raw.value)),
                      boost::json::serialize(*expected))
                << text;
        }
        EXPECT_TRUE(body.ok()) << text;
    }
}

}  // namespace
}  // namespace posthaste::native
