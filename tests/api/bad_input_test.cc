// Everything a client can get wrong, with the exact answer. After each case the server must still be well.

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

constexpr const char* kId = "0190a5b2-7c3d-7abc-8def-0123456789ab";

struct BadCase {
    Method method;
    std::string target;
    std::string body;
    int status;
    std::string answer;
};

std::string detail(const std::string& problem) { return R"({"detail":[)" + problem + "]}"; }

std::string problem(const std::string& type, const std::string& loc, const std::string& msg,
                    const std::string& input, const std::string& ctx = {}) {
    return R"({"type":")" + type + R"(","loc":)" + loc + R"(,"msg":")" + msg + R"(","input":)" +
           input + (ctx.empty() ? "" : R"(,"ctx":)" + ctx) + "}";
}

std::string broken(std::size_t position, const std::string& reason) {
    return detail(problem("json_invalid", "[\"body\"," + std::to_string(position) + "]",
                          "JSON decode error", "{}", R"({"error":")" + reason + "\"}"));
}

std::string bad_id(const std::string& name, const std::string& input, const std::string& reason) {
    return detail(problem("uuid_parsing", R"(["path",")" + name + "\"]",
                          "Input should be a valid UUID, " + reason, "\"" + input + "\"",
                          R"({"error":")" + reason + "\"}"));
}

std::string bad_character(const std::string& found, std::size_t at) {
    return "invalid character: expected an optional prefix of `urn:uuid:` followed by "
           "[0-9a-fA-F-], found `" +
           found + "` at " + std::to_string(at);
}

std::string bad_url(const std::string& input, const std::string& reason) {
    return detail(problem("url_parsing", R"(["body","target_url"])",
                          "Input should be a valid URL, " + reason, "\"" + input + "\"",
                          R"({"error":")" + reason + "\"}"));
}

std::string bad_scheme(const std::string& input) {
    return detail(problem("url_scheme", R"(["body","target_url"])",
                          "URL scheme should be 'http' or 'https'", "\"" + input + "\"",
                          R"({"expected_schemes":"'http' or 'https'"})"));
}

std::string bad_integer(const std::string& name, const std::string& input) {
    return detail(problem("int_parsing", R"(["query",")" + name + "\"]",
                          "Input should be a valid integer, unable to parse string as an integer",
                          "\"" + input + "\""));
}

std::string too_small(const std::string& name, const std::string& input) {
    return detail(problem("greater_than_equal", R"(["query",")" + name + "\"]",
                          "Input should be greater than or equal to 0", "\"" + input + "\"",
                          R"({"ge":0})"));
}

std::string too_large(const std::string& name, const std::string& input) {
    return detail(problem("less_than_equal", R"(["query",")" + name + "\"]",
                          "Input should be less than or equal to 1000", "\"" + input + "\"",
                          R"({"le":1000})"));
}

const std::string kMissing = detail(problem("missing", R"(["body"])", "Field required", "null"));
const std::string kNoSubscription = R"({"detail":"Subscription not found"})";
const std::string kNoDelivery = R"({"detail":"Delivery not found"})";
const std::string kNotFound = R"({"detail":"Not Found"})";
const std::string kNotAllowed = R"({"detail":"Method Not Allowed"})";

// Texts that are not JSON, with the position and reason that Python's json module gives; the last rows are our own.
std::vector<BadCase> broken_bodies() {
    struct Row {
        std::string body;
        std::size_t position;
        const char* reason;
    };
    const std::vector<Row> rows = {
        {"{", 1, "Expecting property name enclosed in double quotes"},
        {R"({"a":1,})", 7, "Expecting property name enclosed in double quotes"},
        {"{a:1}", 1, "Expecting property name enclosed in double quotes"},
        {"{'a':1}", 1, "Expecting property name enclosed in double quotes"},
        {"[1", 2, "Expecting ',' delimiter"},
        {"[1 2]", 3, "Expecting ',' delimiter"},
        {"[1}", 2, "Expecting ',' delimiter"},
        {"[1,]", 3, "Expecting value"},
        {R"({"a"})", 4, "Expecting ':' delimiter"},
        {R"({"a":})", 5, "Expecting value"},
        {R"({"a":1 "b":2})", 7, "Expecting ',' delimiter"},
        {R"({"a":1]})", 6, "Expecting ',' delimiter"},
        {"tru", 0, "Expecting value"},
        {R"({"a":NaN})", 5, "Expecting value"},
        {R"({"a":-Infinity})", 5, "Expecting value"},
        {R"({"a":+1})", 5, "Expecting value"},
        {R"({"a":.5})", 5, "Expecting value"},
        {R"({"a":1.})", 6, "Expecting ',' delimiter"},
        {R"({"a":1e})", 6, "Expecting ',' delimiter"},
        {R"({"a":0x1})", 6, "Expecting ',' delimiter"},
        {R"({"a":01})", 6, "Expecting ',' delimiter"},
        {"-", 0, "Expecting value"},
        {"01", 1, "Extra data"},
        {"{} x", 3, "Extra data"},
        {"{}{}", 2, "Extra data"},
        {"   ", 3, "Expecting value"},
        {"\"abc", 0, "Unterminated string starting at"},
        {R"({"a":"b)", 5, "Unterminated string starting at"},
        {R"("\)", 0, "Unterminated string starting at"},
        {"\"a\tb\"", 2, "Invalid control character at"},
        {std::string("{\"a\":\"\0\"}", 9), 6, "Invalid control character at"},
        {R"("\x")", 1, R"(Invalid \\escape)"},
        {R"({"a":"\u1234)", 7, R"(Invalid \\uXXXX escape)"},
        {R"("\u12g4")", 2, R"(Invalid \\uXXXX escape)"},
        {"{\"\xC3\xA9\":x}", 5, "Expecting value"},
        {"// no\n{}", 0, "Expecting value"},
        {std::string(1, '\0'), 0, "Expecting value"},
        {"\xEF\xBB\xBF{}", 0, "Expecting value"},  // a byte order mark
        {"{\"a\":\"\xFF\"}", 6, "Invalid UTF-8"},
        {"{\"\xC3\xB6\":\"\xC3\"}", 6, "Invalid UTF-8"},
        {"\xED\xA0\x80", 0, "Invalid UTF-8"},                  // a surrogate
        {"{\"a\":\"\xC0\xAF\"}", 6, "Invalid UTF-8"},          // overlong
        {"{\"a\":\"\xF4\x90\x80\x80\"}", 6, "Invalid UTF-8"},  // beyond U+10FFFF
        {std::string(100'000, '['), 1024, "Nested deeper than 1024 levels"},
        {R"({"a":)" + std::string(1024, '[') + std::string(1024, ']') + "}", 1028,
         "Nested deeper than 1024 levels"},
        {std::string(300'000, ' ') + "{]", 300'001,
         "Expecting property name enclosed in double quotes"},
    };
    std::vector<BadCase> cases;
    for (const Row& row : rows)
        cases.push_back({Method::post, std::string("/webhooks/ingest/") + kId, row.body, 422,
                         broken(row.position, row.reason)});
    // The other routes with a body say the same.
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].body.size() > 200'000) continue;
        cases.push_back({i % 2 == 0 ? Method::post : Method::put,
                         i % 2 == 0 ? "/subscriptions/" : std::string("/subscriptions/") + kId,
                         rows[i].body, 422, broken(rows[i].position, rows[i].reason)});
    }
    return cases;
}

std::vector<BadCase> wrong_bodies() {
    const std::string ingest = std::string("/webhooks/ingest/") + kId;
    const std::string create = "/subscriptions/";
    const std::string update = std::string("/subscriptions/") + kId;
    std::vector<BadCase> cases = {
        {Method::post, ingest, "", 422, kMissing},
        {Method::post, create, "", 422, kMissing},
        {Method::put, update, "", 422, kMissing},
        {Method::post, ingest, "null", 422, kMissing},
        {Method::post, create, " null ", 422, kMissing},
        {Method::post, create, "{}", 422,
         detail(problem("missing", R"(["body","target_url"])", "Field required", "{}"))},
        {Method::post, create, R"({"url":"http://h"})", 422,
         detail(problem("missing", R"(["body","target_url"])", "Field required",
                        R"({"url":"http://h"})"))},
        {Method::post, create, R"({"secret":1,"event_types":"x"})", 422,
         detail(
             problem("missing", R"(["body","target_url"])", "Field required",
                     R"({"secret":1,"event_types":"x"})") +
             "," +
             problem("string_type", R"(["body","secret"])", "Input should be a valid string", "1") +
             "," +
             problem("list_type", R"(["body","event_types"])", "Input should be a valid list",
                     R"("x")"))},
        {Method::put, update, R"({"event_types":["a",1,null,{"b":[]}]})", 422,
         detail(problem("string_type", R"(["body","event_types",1])",
                        "Input should be a valid string", "1") +
                "," +
                problem("string_type", R"(["body","event_types",2])",
                        "Input should be a valid string", "null") +
                "," +
                problem("string_type", R"(["body","event_types",3])",
                        "Input should be a valid string", R"({"b":[]})"))},
        {Method::put, update, R"({"event_types":{}})", 422,
         detail(problem("list_type", R"(["body","event_types"])", "Input should be a valid list",
                        "{}"))},
        {Method::put, update, R"({"secret":["s"]})", 422,
         detail(problem("string_type", R"(["body","secret"])", "Input should be a valid string",
                        R"(["s"])"))},
        {Method::put, update, R"({"secret":"a\u0000b"})", 422,
         detail(problem("value_error", R"(["body","secret"])",
                        "Value error, the text holds a NUL character", R"("a\u0000b")",
                        R"({"error":"the text holds a NUL character"})"))},
        {Method::put, update, R"({"secret":"\ud800"})", 422, broken(17, "Value out of range")},
        {Method::put, update, R"({"is_active":2})", 422,
         detail(problem("bool_parsing", R"(["body","is_active"])",
                        "Input should be a valid boolean, unable to interpret input", "2"))},
        {Method::put, update, R"({"is_active":"maybe"})", 422,
         detail(problem("bool_parsing", R"(["body","is_active"])",
                        "Input should be a valid boolean, unable to interpret input",
                        R"("maybe")"))},
        {Method::put, update, R"({"is_active":[]})", 422,
         detail(problem("bool_type", R"(["body","is_active"])", "Input should be a valid boolean",
                        "[]"))},
        {Method::put, update, R"({"is_active":null})", 422,
         detail(problem("bool_type", R"(["body","is_active"])", "Input should be a valid boolean",
                        "null"))},
    };
    for (const char* value : {"[]", "1", "-1.5e300", "\"x\"", "true", "false", "[{}]"}) {
        cases.push_back({Method::post, ingest, value, 422,
                         detail(problem("dict_type", R"(["body"])",
                                        "Input should be a valid dictionary", value))});
        cases.push_back({Method::post, create, value, 422,
                         detail(problem("model_attributes_type", R"(["body"])",
                                        "Input should be a valid dictionary or object to extract "
                                        "fields from",
                                        value))});
    }
    cases.push_back({Method::post, ingest, "[" + std::string(9000, ' ') + "]", 422,
                     detail(problem("dict_type", R"(["body"])",
                                    "Input should be a valid dictionary", "\"(9002 bytes)\""))});
    return cases;
}

std::vector<BadCase> bad_urls() {
    std::vector<BadCase> cases;
    const auto add = [&cases](const std::string& url, const std::string& expected) {
        cases.push_back(
            {Method::post, "/subscriptions/", R"({"target_url":")" + url + "\"}", 422, expected});
    };
    const auto add_value = [&cases](const std::string& value) {
        cases.push_back({Method::put, std::string("/subscriptions/") + kId,
                         R"({"target_url":)" + value + "}", 422,
                         detail(problem("url_type", R"(["body","target_url"])",
                                        "URL input should be a string or URL", value))});
    };
    add_value("1");
    add_value("null");
    add_value("[]");
    add_value("{}");
    add_value("true");
    add("", bad_url("", "input is empty"));
    add("  ", bad_url("  ", "input is empty"));
    add("foo", bad_url("foo", "relative URL without a base"));
    add("//h/p", bad_url("//h/p", "relative URL without a base"));
    add("/p", bad_url("/p", "relative URL without a base"));
    add("1http://h", bad_url("1http://h", "relative URL without a base"));
    add("://h", bad_url("://h", "relative URL without a base"));
    add("h/a:b", bad_url("h/a:b", "relative URL without a base"));
    for (const char* url : {"ftp://h", "javascript:alert(1)", "file:///etc/passwd",
                            "gopher://h:70/_x", "data:text/html,x", "ws://h", "httpx://h"})
        add(url, bad_scheme(url));
    const std::string endless = "http://h/" + std::string(2100, 'a');
    add(endless, detail(problem("url_too_long", R"(["body","target_url"])",
                                "URL should have at most 2048 characters", "\"" + endless + "\"",
                                R"({"max_length":2048})")));
    add("http://", bad_url("http://", "The URL has no host."));
    add("http://a b/", bad_url("http://a b/", "The URL holds a space or a control character."));
    add("http://h:99999/",
        bad_url("http://h:99999/", "The URL's port must be between 1 and 65535."));
    add("http://h:0/", bad_url("http://h:0/", "The URL's port must be between 1 and 65535."));
    add("http://2130706433/",
        bad_url("http://2130706433/",
                "The URL's host looks like an IPv4 address but is not four decimal numbers."));
    return cases;
}

std::vector<BadCase> bad_paths() {
    const std::string no_mailbox_key =
        detail(problem("missing", R"(["header","x-api-key"])", "Field required", "null"));
    const std::string kBody = "{}";
    return {
        {Method::get, "/status/delivery/x", "", 422,
         bad_id("delivery_id", "x", bad_character("x", 1))},
        {Method::get, "/status/subscription/1", "", 422,
         bad_id("subscription_id", "1",
                "invalid length: expected length 32 for simple format, found 1")},
        {Method::get, "/subscriptions/0190a5b2-7c3d-7abc-8def-0123456789", "", 422,
         bad_id("subscription_id", "0190a5b2-7c3d-7abc-8def-0123456789",
                "invalid group length in group 4: expected 12, found 10")},
        {Method::get, "/subscriptions/0190a5b-27c3d-7abc-8def-0123456789ab", "", 422,
         bad_id("subscription_id", "0190a5b-27c3d-7abc-8def-0123456789ab",
                "invalid group length in group 0: expected 8, found 7")},
        {Method::delete_, "/subscriptions/-", "", 422,
         bad_id("subscription_id", "-", "invalid group count: expected 5, found 2")},
        {Method::delete_, "/subscriptions/%zz", "", 422,
         bad_id("subscription_id", "%zz", bad_character("%", 1))},
        {Method::delete_, "/subscriptions/%", "", 422,
         bad_id("subscription_id", "%", bad_character("%", 1))},
        {Method::get, "/subscriptions/a%20b", "", 422,
         bad_id("subscription_id", "a b", bad_character(" ", 2))},
        {Method::get, "/subscriptions/%2F", "", 422,
         bad_id("subscription_id", "/", bad_character("/", 1))},
        {Method::get, "/subscriptions/%2e%2e", "", 422,
         bad_id("subscription_id", "..", bad_character(".", 1))},
        {Method::get, "/subscriptions/%C3%A9", "", 422,
         bad_id("subscription_id", "\xC3\xA9", bad_character("\xC3\xA9", 1))},
        {Method::get, "/subscriptions/%FF", "", 422,
         bad_id("subscription_id", "\xEF\xBF\xBD", bad_character("\xEF\xBF\xBD", 1))},
        {Method::get, "/subscriptions/%00", "", 422,
         bad_id("subscription_id", R"(\u0000)", bad_character(R"(\u0000)", 1))},
        {Method::get, "/subscriptions/%22%3E%3Cscript%3E", "", 422,
         bad_id("subscription_id", R"(\"><script>)", bad_character(R"(\")", 1))},
        {Method::get, std::string("/subscriptions/") + kId + "a", "", 422,
         bad_id("subscription_id", std::string(kId) + "a",
                "invalid group length in group 4: expected 12, found 13")},
        {Method::get, "/subscriptions/" + std::string(9000, '0'), "", 422,
         detail(problem(
             "uuid_parsing", R"(["path","subscription_id"])",
             "Input should be a valid UUID, invalid length: expected length 32 for "
             "simple format, found 9000",
             "\"(9002 bytes)\"",
             R"({"error":"invalid length: expected length 32 for simple format, found 9000"})"))},
        {Method::post, "/webhooks/ingest/x", "[]", 422,
         detail(problem("uuid_parsing", R"(["path","subscription_id"])",
                        "Input should be a valid UUID, " + bad_character("x", 1), R"("x")",
                        R"({"error":")" + bad_character("x", 1) + "\"}") +
                "," +
                problem("dict_type", R"(["body"])", "Input should be a valid dictionary", "[]"))},
        {Method::put, "/subscriptions/x", "{", 422,
         detail(problem("uuid_parsing", R"(["path","subscription_id"])",
                        "Input should be a valid UUID, " + bad_character("x", 1), R"("x")",
                        R"({"error":")" + bad_character("x", 1) + "\"}") +
                "," +
                problem("json_invalid", R"(["body",1])", "JSON decode error", "{}",
                        R"({"error":"Expecting property name enclosed in double quotes"})"))},
        {Method::get, std::string("/subscriptions/") + kId, "", 404, kNoSubscription},
        {Method::put, std::string("/subscriptions/") + kId, kBody, 404, kNoSubscription},
        {Method::delete_, std::string("/subscriptions/") + kId, "", 404, kNoSubscription},
        {Method::post, std::string("/webhooks/ingest/") + kId, kBody, 404, kNoSubscription},
        {Method::get, std::string("/status/subscription/") + kId, "", 404, kNoSubscription},
        {Method::get, std::string("/status/delivery/") + kId, "", 404, kNoDelivery},
        {Method::get, "/status/delivery/00000000-0000-0000-0000-000000000000", "", 404,
         kNoDelivery},
        {Method::get, "/status/delivery/ffffffff-ffff-ffff-ffff-ffffffffffff", "", 404,
         kNoDelivery},
        {Method::get, "/nowhere", "", 404, kNotFound},
        {Method::get, "", "", 404, kNotFound},
        {Method::get, "//", "", 404, kNotFound},
        {Method::get, "*", "", 404, kNotFound},
        {Method::get, "/subscriptions//", "", 404, kNotFound},
        {Method::get, "/Subscriptions/", "", 404, kNotFound},
        // Without an id this is a mailbox's path.
        {Method::post, "/webhooks/ingest/", "{}", 422, no_mailbox_key},
        {Method::post, "/webhooks/ingest", "{}", 422, no_mailbox_key},
        {Method::post, std::string("/webhooks/ingest/") + kId + "/x", "{}", 404, kNotFound},
        {Method::get, "/status/delivery/", "", 404, kNotFound},
        {Method::get, std::string("/status/delivery/") + kId + "//", "", 404, kNotFound},
        {Method::get, "/%2F", "", 404, kNotFound},
        {Method::get, "/../health", "", 404, kNotFound},
        {Method::get, "/" + std::string(5000, '/'), "", 404, kNotFound},
        {Method::post, "/health", "", 405, kNotAllowed},
        {Method::delete_, "/subscriptions/", "", 405, kNotAllowed},
        {Method::patch, std::string("/subscriptions/") + kId, "{}", 405, kNotAllowed},
        {Method::get, std::string("/webhooks/ingest/") + kId, "", 405, kNotAllowed},
        {Method::other, "/", "", 405, kNotAllowed},
        {Method::other, "/nowhere", "", 404, kNotFound},
    };
}

std::vector<BadCase> bad_queries() {
    std::vector<BadCase> cases;
    const auto add = [&cases](const std::string& query, const std::string& answer) {
        cases.push_back({Method::get, "/subscriptions/?" + query, "", 422, answer});
    };
    add("skip=-1", too_small("skip", "-1"));
    add("skip=-99999999999999999999", too_small("skip", "-99999999999999999999"));
    add("skip=a", bad_integer("skip", "a"));
    add("skip", bad_integer("skip", ""));
    add("limit=", bad_integer("limit", ""));
    add("limit=1.5", bad_integer("limit", "1.5"));
    add("limit=1e3", bad_integer("limit", "1e3"));
    add("limit=0x10", bad_integer("limit", "0x10"));
    add("limit=%2B", bad_integer("limit", "+"));
    add("limit=+5", bad_integer("limit", " 5"));
    add("limit=1__0", bad_integer("limit", "1__0"));
    add("limit=_1", bad_integer("limit", "_1"));
    add("limit=1;skip=2", bad_integer("limit", "1;skip=2"));
    add("limit=%zz", bad_integer("limit", "%zz"));
    add("limit=%FF", bad_integer("limit", "\xEF\xBF\xBD"));
    add("limit=5&limit=x", bad_integer("limit", "x"));
    add("li%6Dit=x", bad_integer("limit", "x"));
    add("limit=1001", too_large("limit", "1001"));
    add("limit=99999999999999999999", too_large("limit", "99999999999999999999"));
    add("limit=-1&skip=z",
        detail(problem("int_parsing", R"(["query","skip"])",
                       "Input should be a valid integer, unable to parse string as an integer",
                       R"("z")") +
               "," +
               problem("greater_than_equal", R"(["query","limit"])",
                       "Input should be greater than or equal to 0", R"("-1")", R"({"ge":0})")));
    cases.push_back({Method::get, std::string("/status/subscription/") + kId + "?limit=-5", "", 422,
                     too_small("limit", "-5")});
    cases.push_back({Method::get, std::string("/status/subscription/") + kId + "?limit=many", "",
                     422, bad_integer("limit", "many")});
    return cases;
}

class BadInput : public testing::Test {
protected:
    void expect(const std::vector<BadCase>& cases) {
        const std::string kept = world_.subscribe(R"({"target_url":"http://h"})");
        const std::string list = world_.get("/subscriptions/").body;
        for (const BadCase& c : cases) {
            const Answer answer = world_.send(c.method, c.target, c.body);
            const std::string what = std::string(to_string(c.method)) + " " +
                                     c.target.substr(0, 120) + " " + c.body.substr(0, 120);
            EXPECT_EQ(answer.status, c.status) << what;
            EXPECT_EQ(answer.body, c.answer) << what;
            EXPECT_NO_THROW((void)answer.json()) << what;
            EXPECT_EQ(world_.get("/health").status, 200) << what;
        }
        EXPECT_TRUE(world_.received.empty());
        EXPECT_EQ(world_.get("/subscriptions/").body, list);
        EXPECT_EQ(world_.post("/webhooks/ingest/" + kept, "{}").status, 202);
    }

    World world_;
};

TEST_F(BadInput, bodies_that_are_not_json) { expect(broken_bodies()); }
TEST_F(BadInput, bodies_of_the_wrong_shape) { expect(wrong_bodies()); }
TEST_F(BadInput, urls) { expect(bad_urls()); }
TEST_F(BadInput, paths_and_methods) { expect(bad_paths()); }
TEST_F(BadInput, queries) { expect(bad_queries()); }

}  // namespace
}  // namespace posthaste::test
