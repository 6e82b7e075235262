#include "domain/account_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

TEST(AccountRules, what_may_be_an_email_address) {
    for (const char* good : {"ann@example.com", "a@b", "root@host.local", "zoë@exämple.org",
                             "first.last+tag@sub.example.co.uk"})
        EXPECT_FALSE(fault_of_email(good)) << good;
    EXPECT_FALSE(fault_of_email(std::string(252, 'a') + "@b"));
    for (const std::string& bad :
         {std::string(), std::string("ann"), std::string("@b"), std::string("a@"),
          std::string("a@b@c"), std::string("a b@c"), std::string("a@b\n"), std::string("a\0@b", 4),
          std::string("Ann <a@b>"), std::string("\xFF@b"), std::string(253, 'a') + "@b"})
        EXPECT_TRUE(fault_of_email(bad)) << bad;
}

TEST(AccountRules, what_may_be_a_password) {
    for (const std::string& good : {std::string("ten chars!"), std::string("0123456789"),
                                    std::string(256, 'x'), std::string("длинныйпар")})
        EXPECT_FALSE(fault_of_password(good, "a@b")) << good;
    for (const std::string& bad : {std::string(), std::string("nine char"), std::string(257, 'x'),
                                   std::string("длинныйпа"), std::string("Ann@Example.com"),
                                   std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")})
        EXPECT_TRUE(fault_of_password(bad, "ann@example.com")) << bad;
}

TEST(AccountRules, a_mark_tells_passwords_apart) {
    EXPECT_EQ(password_mark("abc"), "ba7816bf8f01cfea");  // FIPS 180-4
    EXPECT_NE(password_mark("abc"), password_mark("abd"));
}

}  // namespace
}  // namespace posthaste
