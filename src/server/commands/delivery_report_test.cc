#include "server/commands/delivery_report.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>

namespace posthaste {
namespace {

TEST(FormatBody, IndentsJson) {
    EXPECT_EQ(
        format_body(R"({"a":[1,{"b":null}],"c":{},"d":"x\"y"})", 100),
        "{\n  \"a\": [\n    1,\n    {\n      \"b\": null\n    }\n  ],\n  \"c\": {},\n  \"d\": "
        "\"x\\\"y\"\n}");
}

TEST(FormatBody, CutsLongOnes) {
    EXPECT_EQ(format_body("[1,2,3]", 2), "[\n  1,\n… 3 more lines");
    EXPECT_EQ(format_body("[1]", 3), "[\n  1\n]");
}

TEST(FormatBody, ShowsOtherTextWithoutControlCharacters) {
    EXPECT_EQ(format_body("hello \x1b[31mred\x7f", 10), "hello ?[31mred?");
    EXPECT_EQ(format_body("", 10), "");
}

HttpMessage sample_request() {
    HttpMessage request;
    request.method = "POST";
    request.target = "/hook";
    request.fields = {{"Host", "h"}, {"Webhook-Id", "msg_1"}, {"X-Evil", "a\x1b[2J"}};
    request.body = "{\"a\":1}";
    request.body_bytes = request.body.size();
    return request;
}

TEST(FormatReportText, TellsWhatADeveloperLooksFor) {
    const HttpMessage request = sample_request();
    SignatureReport signature;
    signature.verdict = SignatureVerdict::valid;
    signature.valid = {"webhook-signature v1"};
    const DeliveryReport report{.number = 2,
                                .at = from_micros(0),
                                .request = request,
                                .signature = signature,
                                .copies = 2,
                                .duplicate = true,
                                .status = 200};
    EXPECT_EQ(format_report_text(report),
              "#2 1970-01-01T00:00:00.000000Z POST /hook, 7 bytes -> 200\n"
              "    Webhook-Id: msg_1\n"
              "    X-Evil: a?[2J\n"
              "\n"
              "    {\n      \"a\": 1\n    }\n"
              "\n"
              "    signature: valid (webhook-signature v1)\n"
              "    duplicate: copy 2 of msg_1\n");
}

TEST(FormatReportJson, IsOneLineWithEverythingInIt) {
    const HttpMessage request = sample_request();
    const DeliveryReport report{.number = 1,
                                .at = from_micros(0),
                                .request = request,
                                .signature = std::nullopt,
                                .copies = 1,
                                .duplicate = false,
                                .status = std::nullopt};
    const std::string line = format_report_json(report);
    EXPECT_EQ(line.find('\n'), std::string::npos);
    const boost::json::object object = boost::json::parse(line).as_object();
    EXPECT_EQ(object.at("headers").at("webhook-id"), "msg_1");
    EXPECT_EQ(object.at("webhook_id"), "msg_1");
    EXPECT_EQ(object.at("body"), "{\"a\":1}");
    EXPECT_EQ(object.at("signature"), "unchecked");
    EXPECT_TRUE(object.at("status").is_null());
}

}  // namespace
}  // namespace posthaste
