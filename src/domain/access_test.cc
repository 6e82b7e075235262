#include "domain/access.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

std::string letters(Permissions permissions) {
    std::string text;
    for (const Access access : {Access::anyone, Access::ingest, Access::read, Access::operate,
                                Access::manage, Access::administer})
        if (permissions.allow(access)) text += to_string(access).substr(0, 2);
    return text;
}

TEST(Access, what_roles_and_scopes_may) {
    EXPECT_EQ(letters(Permissions()), "an");
    EXPECT_EQ(letters(Permissions::of(Role::viewer)), "anre");
    EXPECT_EQ(letters(Permissions::of(Role::operator_)), "anreop");
    EXPECT_EQ(letters(Permissions::of(Role::admin)), "aninreopma");
    EXPECT_EQ(letters(Permissions::of(Role::owner)), "aninreopmaad");
    EXPECT_EQ(letters(Permissions::of(KeyScope::ingest)), "anin");
    EXPECT_EQ(letters(Permissions::of(KeyScope::read)), "anre");
    EXPECT_EQ(letters(Permissions::of(KeyScope::full)), "aninreopma");
}

TEST(Access, nobody_gives_away_what_they_do_not_have) {
    EXPECT_TRUE(Permissions::of(Role::admin).cover(Permissions::of(KeyScope::ingest)));
    EXPECT_FALSE(Permissions::of(Role::admin).cover(Permissions::of(Role::owner)));
    EXPECT_FALSE(Permissions::of(Role::operator_).cover(Permissions::of(KeyScope::ingest)));
    EXPECT_TRUE(Permissions::of(Role::viewer).cover(Permissions()));
}

TEST(Access, names_go_both_ways) {
    for (const Role role : {Role::viewer, Role::operator_, Role::admin, Role::owner})
        EXPECT_EQ(parse_role(to_string(role)), role);
    for (const KeyScope scope : {KeyScope::ingest, KeyScope::read, KeyScope::full})
        EXPECT_EQ(parse_key_scope(to_string(scope)), scope);
    EXPECT_EQ(parse_role("root"), std::nullopt);
    EXPECT_EQ(parse_key_scope(""), std::nullopt);
}

}  // namespace
}  // namespace posthaste
