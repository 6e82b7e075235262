#include "api/native/document_text.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>

namespace posthaste::native {

namespace {

namespace json = boost::json;

std::string shown(const DocumentValue& value) {
    return value ? json::serialize(*value) : value.error().to_string();
}

struct Case {
    std::string_view text;
    std::string_view expected;  // JSON; or the fault
};

constexpr Case kScalars[] = {
    {"~", "null"},
    {"null", "null"},
    {"true", "true"},
    {"False", "false"},
    {"yes", R"("yes")"},
    {"on", R"("on")"},
    {"0", "0"},
    {"-12", "-12"},
    {"+12", "12"},
    {"007", "7"},
    {"0o17", "15"},
    {"0xFf", "255"},
    {"0b1", R"("0b1")"},
    {"1_000", R"("1_000")"},
    {"12:30", R"("12:30")"},
    {"2026-01-02", R"("2026-01-02")"},
    {"1.2.3", R"("1.2.3")"},
    {"3.1.0", R"("3.1.0")"},
    {"1.5", "1.5E0"},
    {"+.5", "5E-1"},
    {"1.", "1E0"},
    {"-1e3", "-1E3"},
    {"1e", R"("1e")"},
    {"18446744073709551615", "18446744073709551615"},
    {"123456789012345678901234567890", "1.2345678901234568E29"},
    {"1e999", "line 1, column 1: JSON has no number 1e999"},
    {"-.inf", "line 1, column 1: JSON has no number -.inf"},
    {".nan", "line 1, column 1: JSON has no number .nan"},
    {"'1'", R"("1")"},
    {"\"a\\u00e9\\n\"", "\"a\xc3\xa9\\n\""},
    {"!!str 1", R"("1")"},
    {"!!int '1'", "1"},
    {"!!float 1", "1"},
    {"!!int x", "line 1, column 1: \"x\" is not what its tag says"},
    {"!mine x", "line 1, column 1: the tag !mine is not known"},
    {"|\n  two\n  lines\n", R"("two\nlines\n")"},
    {">-\n  one\n  line\n", R"("one line")"},
};

TEST(Yaml, scalars_mean_what_the_core_schema_says) {
    for (const Case& c : kScalars) EXPECT_EQ(shown(read_yaml(c.text)), c.expected) << c.text;
}

constexpr Case kDocuments[] = {
    {"a: 1\nb: [x, {c: }]\n", R"({"a":1,"b":["x",{"c":null}]})"},
    {"- 1\n- - 2\n  - 3\n", "[1,[2,3]]"},
    {"200: ok\n'404': no\ntrue: yes\n", R"({"200":"ok","404":"no","true":"yes"})"},
    {"%YAML 1.2\n---\na: 1\n...\n", R"({"a":1})"},
    {"# nothing but a comment\n---\n", "null"},
    {R"({"a": [1, "b", null], "c": {}})", R"({"a":[1,"b",null],"c":{}})"},
    {"base: &b {x: 1}\nuse: *b\nlist: [*b, *b]\n",
     R"({"base":{"x":1},"use":{"x":1},"list":[{"x":1},{"x":1}]})"},
    {"a: &x 1\nb: &x 2\nc: *x\n", R"({"a":1,"b":2,"c":2})"},
    {"b: &b {x: 1, y: 1}\nd:\n  <<: *b\n  y: 2\n", R"({"b":{"x":1,"y":1},"d":{"y":2,"x":1}})"},
    {"l: &l {x: 1}\nr: &r {x: 2, z: 3}\nd: {<<: [*l, *r]}\n",
     R"({"l":{"x":1},"r":{"x":2,"z":3},"d":{"x":1,"z":3}})"},
    {"'<<': 1\n", R"({"<<":1})"},
    {"", "line 1, column 1: there is no document"},
    {"a: 1\n---\nb: 2\n", "line 2, column 1: there is a second document"},
    {"a: 1\na: 2\n", "line 2, column 1: the key \"a\" is there twice"},
    {"? [a]\n: 1\n", "line 1, column 3: a key must be a scalar"},
    {"a: &x y\n*x : 1\n", "line 2, column 1: a key must be a scalar"},
    {"a: *b\n", "line 1, column 4: there is no anchor b before this"},
    {"a: &b [*b]\n", "line 1, column 8: there is no anchor b before this"},
    {"a: !!set {}\n", "line 1, column 4: the tag tag:yaml.org,2002:set is not known"},
    {"a: {<<: 1}\n", "line 1, column 9: only mappings can be merged"},
    {"a:\n  b: 1\n c: 2\n", "line 3, column 2: did not find expected key"},
    {"a: [1, 2\n", "line 2, column 1: did not find expected ',' or ']'"},
    {"a: 'x\n", "line 2, column 1: found unexpected end of stream"},
    {"a:\t- b\n", "line 1, column 4: block sequence entries are not allowed in this context"},
    {"\xc3\xa9: \"\xc3\xa9\" x\n", "line 1, column 8: did not find expected key"},
    {"a: 1\nb: \x01\n", "line 2, column 4: control characters are not allowed"},
    {"a: 1\n\xff: 2\n", "line 2, column 1: invalid leading UTF-8 octet"},
};

TEST(Yaml, documents_become_json_or_say_where_they_do_not) {
    for (const Case& c : kDocuments) EXPECT_EQ(shown(read_yaml(c.text)), c.expected) << c.text;
}

TEST(Yaml, depth_and_what_aliases_unfold_to_are_bounded) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_TRUE(read_yaml(nested(kDocumentDepthMax)));
    EXPECT_EQ(shown(read_yaml(nested(kDocumentDepthMax + 1))),
              "line 1, column 129: this is nested too deeply");
    EXPECT_EQ(shown(read_yaml(std::string(500'000, '['))),
              "line 1, column 129: this is nested too deeply");
    // Nine of the last each time: a billion in the end.
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int n = 1; n <= 9; ++n) {
        const std::string last = "*a" + std::to_string(n - 1);
        laughs += "a" + std::to_string(n) + ": &a" + std::to_string(n) + " [" + last;
        for (int i = 0; i < 8; ++i) laughs += ", " + last;
        laughs += "]\n";
    }
    EXPECT_NE(shown(read_yaml(laughs)).find("aliases unfold to too much"), std::string::npos);
    const std::string text(1'000'000, 'x');
    EXPECT_NE(shown(read_yaml("a: &a " + text + "\nb: [*a" + std::string(30, ' ') +
                              ", *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"))
                  .find("aliases unfold to too much"),
              std::string::npos);
}

constexpr Case kJson[] = {
    {R"({"a": [1, 2.5, "x"]} )", R"({"a":[1,2.5E0,"x"]})"},
    {"{\n \"a\": x\n}", "line 2, column 7: syntax error"},
    {"{\"\xc3\xa9\": x}", "line 1, column 7: syntax error"},
    {"{} {}", "line 1, column 4: something follows the end of the document"},
    {"{\"a\": ", "line 1, column 7: incomplete JSON"},
};

TEST(Json, faults_say_where) {
    for (const Case& c : kJson) {
        EXPECT_EQ(shown(read_json(c.text)), c.expected) << c.text;
        EXPECT_EQ(shown(read_document(c.text)), c.expected) << c.text;
    }
    EXPECT_EQ(shown(read_document(" \n- a")), R"(["a"])");
}

}  // namespace

}  // namespace posthaste::native
