#include "domain/access.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

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

TEST(Access, what_capabilities_may) {
    struct Row {
        std::vector<Capability> capabilities;
        std::set<Access> may;
    };
    for (const Row& row : std::vector<Row>{
             {{}, {}},
             {{Capability::view_base}, {Access::read}},
             {{Capability::view_endpoint_secret}, {Access::view_secrets}},
             {{Capability::manage_endpoint_secret}, {Access::view_secrets, Access::rotate_secrets}},
             {{Capability::manage_transformations}, {}},
             {{Capability::create_attempts}, {Access::operate}},
             {{Capability::manage_endpoint},
              {Access::manage, Access::view_secrets, Access::rotate_secrets}},
             {{Capability::view_base, Capability::create_attempts},
              {Access::read, Access::operate}}}) {
        const Permissions permissions = Permissions::of(row.capabilities);
        EXPECT_TRUE(permissions.allow(Access::anyone));
        for (const Access access :
             {Access::ingest, Access::read, Access::operate, Access::manage, Access::view_secrets,
              Access::rotate_secrets, Access::administer})
            EXPECT_EQ(permissions.allow(access), row.may.contains(access)) << to_string(access);
    }
}

TEST(Access, who_manages_handles_secrets) {
    for (const Role role : {Role::viewer, Role::operator_, Role::admin, Role::owner}) {
        const Permissions permissions = Permissions::of(role);
        for (const Access access : {Access::view_secrets, Access::rotate_secrets})
            EXPECT_EQ(permissions.allow(access), permissions.allow(Access::manage));
    }
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
    for (const char* name : {"ViewBase", "ViewEndpointSecret", "ManageEndpointSecret",
                             "ManageTransformations", "CreateAttempts", "ManageEndpoint"}) {
        ASSERT_TRUE(parse_capability(name)) << name;
        EXPECT_EQ(to_string(*parse_capability(name)), name);
    }
    EXPECT_EQ(parse_capability("viewbase"), std::nullopt);
    EXPECT_EQ(parse_role("root"), std::nullopt);
    EXPECT_EQ(parse_key_scope(""), std::nullopt);
}

}  // namespace
}  // namespace posthaste
