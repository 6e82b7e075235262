#include "domain/email.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(Email, takes_addresses_and_gives_them_one_spelling) {
    struct Case {
        std::string text;
        std::string address;
    };
    const Case cases[] = {
        {"user@example.com", "user@example.com"},
        {"  User.Name+tag@Example.COM\n", "User.Name+tag@example.com"},
        {"!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"},
        {"a@b.c", "a@b.c"},
        {"1@2.de", "1@2.de"},
        {"j\xc3\xb6hn@m\xc3\xbcnchen.de", "j\xc3\xb6hn@m\xc3\xbcnchen.de"},
        {"x@xn--mnchen-3ya.de", "x@xn--mnchen-3ya.de"},
        {"x@mylocal.io", "x@mylocal.io"},
        {"x@testing.net", "x@testing.net"},
        {std::string(64, 'a') + "@example.com", std::string(64, 'a') + "@example.com"},
        {"a@" + std::string(63, 'b') + ".com", "a@" + std::string(63, 'b') + ".com"},
    };
    for (const Case& c : cases) {
        const auto address = parse_email(c.text);
        ASSERT_TRUE(address.has_value()) << c.text << ": " << address.error().message;
        EXPECT_EQ(*address, c.address);
        EXPECT_EQ(parse_email(*address).value(), *address);
    }
}

TEST(Email, says_why_a_text_is_no_address) {
    struct Case {
        std::string text;
        const char* part_of_reason;
    };
    const std::string long_domain = [] {
        std::string domain;
        for (int i = 0; i < 4; ++i) domain += std::string(60, 'd') + ".";
        return domain + "com";
    }();
    const Case cases[] = {
        {"", "exactly one @-sign"},
        {"user", "exactly one @-sign"},
        {"a@b@example.com", "exactly one @-sign"},
        {"\"a@b\"@example.com", "exactly one @-sign"},
        {"@example.com", "something before"},
        {"user@", "something after"},
        {"us er@example.com", "invalid characters before"},
        {"us\ter@example.com", "invalid characters before"},
        {"\"user\"@example.com", "invalid characters before"},
        {"us\xe2\x80\x8b"
         "er@example.com",
         "invalid characters before"},
        {std::string("us\0er@example.com", 18), "invalid characters before"},
        {".user@example.com", "start with a period"},
        {"user.@example.com", "period immediately before"},
        {"us..er@example.com", "two periods in a row"},
        {"user@.example.com", "period immediately after"},
        {"user@example.com.", "end with a period"},
        {"user@example..com", "two periods in a row"},
        {"user@exa_mple.com", "after the @-sign contains invalid"},
        {"user@exam ple.com", "after the @-sign contains invalid"},
        {"user@[127.0.0.1]", "after the @-sign contains invalid"},
        {"user@-example.com", "hyphen"},
        {"user@example-.com", "hyphen"},
        {"user@example", "should have a period"},
        {"user@127.0.0.1", "top-level domain"},
        {"user@localhost", "special-use"},
        {"user@host.localhost", "special-use"},
        {"user@printer.LOCAL", "special-use"},
        {"user@example.test", "special-use"},
        {"user@example.invalid", "special-use"},
        {"user@x.onion", "special-use"},
        {"user@1.in-addr.arpa", "special-use"},
        {std::string(65, 'a') + "@example.com", "before the @-sign (1 character too many)"},
        {"a@" + std::string(64, 'b') + ".com", "(1 character too many)"},
        {std::string(12, 'a') + "@" + long_domain, "too long (6 characters too many)"},
        {"us\xff"
         "er@example.com",
         "not UTF-8"},
    };
    for (const Case& c : cases) {
        const auto address = parse_email(c.text);
        ASSERT_FALSE(address.has_value()) << c.text;
        EXPECT_EQ(address.error().code, ErrorCode::invalid);
        EXPECT_NE(address.error().message.find(c.part_of_reason), std::string::npos)
            << c.text << ": " << address.error().message;
    }
}

}  // namespace
}  // namespace posthaste
