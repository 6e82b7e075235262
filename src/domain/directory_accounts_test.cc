#include <gtest/gtest.h>

#include <string>

#include "domain/directory.h"

namespace posthaste {
namespace {

constexpr OrganizationId kOne{1, 1};
constexpr OrganizationId kOther{2, 2};

User user(std::uint64_t id, std::string email, std::uint64_t revision = 1) {
    User one;
    one.id = UserId(id, id);
    one.organization = kOne;
    one.email = std::move(email);
    one.revision = revision;
    return one;
}

ApiKey key(std::uint64_t id, char fill) {
    ApiKey one;
    one.id = ApiKeyId(id, id);
    one.organization = kOne;
    one.hash = std::string(32, fill);
    one.revision = 1;
    return one;
}

Session session(std::uint64_t id, std::uint64_t of) {
    Session one;
    one.id = SessionId(id, id);
    one.user = UserId(of, of);
    one.revision = 1;
    return one;
}

DirectoryPtr empty() { return Directory::holding({}); }

TEST(DirectoryAccounts, users_are_found_by_id_and_by_email) {
    const DirectoryPtr two =
        empty()->with(user(1, "b@example.com"))->with(user(2, "a@example.com"));
    EXPECT_EQ(two->user_count(), 2U);
    EXPECT_EQ(two->user_count(kOne), 2U);
    EXPECT_EQ(two->user_count(kOther), 0U);
    ASSERT_TRUE(two->find_user("a@example.com"));
    EXPECT_EQ(two->find_user("a@example.com")->id, UserId(2, 2));
    EXPECT_EQ(two->find(UserId(1, 1))->email, "b@example.com");
    EXPECT_FALSE(two->find_user("a@example"));
    EXPECT_EQ(two->users(kOne, {}).front()->email, "b@example.com");
    EXPECT_TRUE(two->users(kOther, {}).empty());
}

TEST(DirectoryAccounts, an_owner_is_one_who_is_active) {
    User owner = user(1, "a@example.com");
    EXPECT_FALSE(empty()->with(owner)->has_owner(kOne));
    owner.role = Role::owner;
    EXPECT_TRUE(empty()->with(owner)->has_owner(kOne));
    EXPECT_FALSE(empty()->with(owner)->has_owner(kOther));
    owner.is_active = false;
    EXPECT_FALSE(empty()->with(owner)->has_owner(kOne));
}

TEST(DirectoryAccounts, a_changed_user_leaves_no_trace_under_the_old_name) {
    User moved = user(1, "new@example.com", 2);
    moved.organization = kOther;
    const DirectoryPtr before = empty()->with(user(1, "old@example.com"));
    const DirectoryPtr after = before->with(moved);
    EXPECT_FALSE(after->find_user("old@example.com"));
    EXPECT_TRUE(after->find_user("new@example.com"));
    EXPECT_TRUE(after->users(kOne, {}).empty());
    EXPECT_EQ(after->users(kOther, {}).size(), 1U);
    EXPECT_TRUE(before->find_user("old@example.com"));  // snapshots do not change
    // An older revision that comes late changes nothing.
    EXPECT_TRUE(after->with(user(1, "old@example.com"))->find_user("new@example.com"));
}

TEST(DirectoryAccounts, a_deleted_user_is_gone) {
    User gone = user(1, "a@example.com", 2);
    gone.is_deleted = true;
    const DirectoryPtr after = empty()->with(user(1, "a@example.com"))->with(gone);
    EXPECT_FALSE(after->find(UserId(1, 1)));
    EXPECT_FALSE(after->find_user("a@example.com"));
    EXPECT_EQ(after->user_count(), 0U);
}

TEST(DirectoryAccounts, keys_are_found_by_their_whole_hash) {
    const DirectoryPtr two = empty()->with(key(1, 'a'))->with(key(2, 'b'));
    EXPECT_EQ(two->find_key(std::string(32, 'b'))->id, ApiKeyId(2, 2));
    std::string near(32, 'b');
    near.back() = 'c';
    EXPECT_FALSE(two->find_key(near));
    EXPECT_FALSE(two->find_key("b"));
    ApiKey gone = key(2, 'b');
    gone.revision = 2;
    gone.is_deleted = true;
    const DirectoryPtr after = two->with(gone);
    EXPECT_FALSE(after->find_key(std::string(32, 'b')));
    EXPECT_FALSE(after->find(ApiKeyId(2, 2)));
    EXPECT_EQ(after->api_keys(kOne, {}).size(), 1U);
}

TEST(DirectoryAccounts, sessions_belong_to_a_user) {
    const DirectoryPtr three =
        empty()->with(session(1, 7))->with(session(2, 8))->with(session(3, 7));
    EXPECT_EQ(three->sessions(UserId(7, 7)).size(), 2U);
    Session gone = session(1, 7);
    gone.revision = 2;
    gone.is_deleted = true;
    const DirectoryPtr after = three->with(gone);
    EXPECT_FALSE(after->find(SessionId(1, 1)));
    EXPECT_EQ(after->sessions(UserId(7, 7)).front()->id, SessionId(3, 3));
}

TEST(DirectoryAccounts, pages_go_both_ways) {
    DirectoryPtr all = empty();
    for (std::uint64_t i = 1; i <= 9; ++i) all = all->with(user(i, std::to_string(i) + "@x.com"));
    const auto ids = [&](const PageBounds& bounds) {
        std::string text;
        for (const UserPtr& one : all->users(kOne, bounds)) text += std::to_string(one->id.hi);
        return text;
    };
    constexpr bool kDown = true;
    EXPECT_EQ(ids({Id{3, 3}, {}, false, 3}), "456");
    EXPECT_EQ(ids({Id{3, 3}, Id{6, 6}, false, 9}), "45");
    EXPECT_EQ(ids({{}, Id{6, 6}, kDown, 2}), "54");
    EXPECT_EQ(ids({Id{7, 7}, {}, kDown, 9}), "98");
    EXPECT_EQ(ids({{}, {}, false, 0}), "");
}

}  // namespace
}  // namespace posthaste
