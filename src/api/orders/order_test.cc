#include "api/orders/order.h"

#include <gtest/gtest.h>

#include "api/orders/lax_number.h"

namespace posthaste::orders {
namespace {

struct NumberCase {
    std::string value;  // JSON
    std::string read;   // "": refused
};

TEST(LaxNumber, WholeNumbersAreWhatPythonsIntMakesOfThem) {
    const std::string long_digits(4300, '7');
    const NumberCase cases[] = {
        {"123", "123"},
        {"-0", "0"},
        {"-12", "-12"},
        {"123456789012345678901234567890", "123456789012345678901234567890"},
        {"7.9", "7"},
        {"-7.9", "-7"},
        {"-0.9", "0"},
        {"5e2", "500"},
        {"1e22", "10000000000000000000000"},
        {"1.5E0", "1"},
        {"1e-400", "0"},
        {"true", "1"},
        {"false", "0"},
        {R"("5")", "5"},
        {R"(" \t-5\n")", "-5"},
        {R"("+5")", "5"},
        {R"("007")", "7"},
        {R"("-000")", "0"},
        {R"("1_000")", "1000"},
        {R"("\u0035")", "5"},
        {long_digits, long_digits},
        {R"(")" + long_digits + R"(")", long_digits},
        {long_digits + "7", ""},
        {"1e400", ""},
        {"-1e400", ""},
        {"null", ""},
        {"[]", ""},
        {"[1]", ""},
        {"{}", ""},
        {R"("")", ""},
        {R"(" ")", ""},
        {R"("-")", ""},
        {R"("7.0")", ""},
        {R"("7e0")", ""},
        {R"("1__0")", ""},
        {R"("_1")", ""},
        {R"("1_")", ""},
        {R"("0x1")", ""},
        {R"("1 2")", ""},
        {R"("--1")", ""},
        {R"("one")", ""},
        {R"("\u0000")", ""},
    };
    for (const NumberCase& row : cases)
        EXPECT_EQ(whole_number(row.value).value_or(""), row.read) << row.value.substr(0, 50);
}

TEST(LaxNumber, RealNumbersArePrintedAsPythonPrintsFloats) {
    const NumberCase cases[] = {
        {"49.9", "49.9"},
        {"50", "50.0"},
        {"-50", "-50.0"},
        {"0", "0.0"},
        {"-0", "-0.0"},
        {"-0.0", "-0.0"},
        {"0.1", "0.1"},
        {"0.30000000000000004", "0.30000000000000004"},
        {"123456.789", "123456.789"},
        {"0.0001", "0.0001"},
        {"0.00001", "1e-05"},
        {"0.000012345", "1.2345e-05"},
        {"1e15", "1000000000000000.0"},
        {"1e16", "1e+16"},
        {"9007199254740993", "9007199254740992.0"},
        {"12345678901234567890", "1.2345678901234567e+19"},
        {"1e100", "1e+100"},
        {"5e-324", "5e-324"},
        {"1.7976931348623157e308", "1.7976931348623157e+308"},
        {"1e-400", "0.0"},
        {"true", "1.0"},
        {"false", "0.0"},
        {R"("49.9")", "49.9"},
        {R"(" +.5 ")", "0.5"},
        {R"("5.")", "5.0"},
        {R"("1e3")", "1000.0"},
        {R"("1_0.0_1")", "10.01"},
        {"1e400", ""},
        {R"("1e400")", ""},
        {R"("nan")", ""},
        {R"("inf")", ""},
        {R"("-Infinity")", ""},
        {R"("0x10")", ""},
        {R"("1e")", ""},
        {R"(".")", ""},
        {R"("")", ""},
        {R"("1,5")", ""},
        {R"("1._5")", ""},
        {"null", ""},
        {"[]", ""},
        {"{}", ""},
    };
    for (const NumberCase& row : cases)
        EXPECT_EQ(real_number(row.value).value_or(""), row.read) << row.value;
}

TEST(Order, IsReadFromAnyObjectThatHasItsFields) {
    const Order example{"123", "7", "49.9"};
    for (const char* body : {
             R"({"order_id": 123, "user_id": 7, "amount": 49.9})",
             R"( {"amount":"49.9","user_id":7.2,"order_id":" 123","more":{"order_id":1}} )",
             R"({"order_id":1,"order_id":123,"user\u005fid":7,"amount":49.90})",
         })
        EXPECT_EQ(read_order(body), example) << body;
}

TEST(Order, EveryFieldIsAskedFor) {
    const auto missing = [](const std::string& name) {
        return R"({"loc":["body",")" + name +
               R"("],"msg":"field required","type":"value_error.missing"})";
    };
    const struct {
        std::string body;
        std::string problems;
    } cases[] = {
        {"", R"({"loc":["body"],"msg":"field required","type":"value_error.missing"})"},
        {"null", R"({"loc":["body"],"msg":"field required","type":"value_error.missing"})"},
        {"[]", no_object()},
        {"1", no_object()},
        {R"("x")", no_object()},
        {"{}", missing("order_id") + "," + missing("user_id") + "," + missing("amount")},
        {R"({"user_id":1})", missing("order_id") + "," + missing("amount")},
        {R"({"order_id":null,"user_id":1,"amount":1})",
         R"({"loc":["body","order_id"],"msg":"none is not an allowed value",)"
         R"("type":"type_error.none.not_allowed"})"},
        {R"({"order_id":1,"user_id":"x","amount":[]})",
         R"({"loc":["body","user_id"],"msg":"value is not a valid integer",)"
         R"("type":"type_error.integer"},)"
         R"({"loc":["body","amount"],"msg":"value is not a valid float","type":"type_error.float"})"},
        {"{bad", R"({"loc":["body",1],"msg":"Expecting property name enclosed in double quotes: )"
                 R"j(line 1 column 2 (char 1)","type":"value_error.jsondecode",)j"
                 R"("ctx":{"msg":"Expecting property name enclosed in double quotes","doc":"{bad",)"
                 R"("pos":1,"lineno":1,"colno":2}})"},
        {"{\n\n \"\xC3\xB6\": x}",
         R"j({"loc":["body",9],"msg":"Expecting value: line 3 column 7 (char 9)",)j"
         R"("type":"value_error.jsondecode","ctx":{"msg":"Expecting value",)"
         "\"doc\":\"{\\n\\n \\\"\xC3\xB6\\\": x}\",\"pos\":9,\"lineno\":3,\"colno\":7}}"},
    };
    for (const auto& row : cases) {
        const auto order = read_order(row.body);
        ASSERT_FALSE(order) << row.body;
        EXPECT_EQ(order.error(), row.problems) << row.body;
    }
}

}  // namespace
}  // namespace posthaste::orders
