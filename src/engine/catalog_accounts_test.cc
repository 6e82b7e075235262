#include <gtest/gtest.h>

#include <string>

#include "engine/catalog.h"

namespace posthaste {
namespace {

User some_user() {
    User user;
    user.id = UserId(1, 2);
    user.organization = OrganizationId(3, 4);
    user.application = ApplicationId(5, 6);
    user.email = "ada@example.com";
    user.full_name = "Ada \"L\" \xc3\x84";
    user.password_hash = "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA";
    user.role = Role::admin;
    user.is_active = false;
    user.created_at = from_micros(123);
    user.updated_at = from_micros(456);
    user.revision = 7;
    return user;
}

ApiKey some_key() {
    ApiKey key;
    key.id = ApiKeyId(1, 2);
    key.organization = OrganizationId(3, 4);
    key.application = ApplicationId(5, 6);
    key.name = "shop";
    key.scope = KeyScope::read;
    key.hash = std::string(31, '\xff') + '\0';
    key.hint = "phk_abcd";
    key.created_by = UserId(7, 8);
    key.expires_at = from_micros(1);
    key.last_used_at = from_micros(2);
    key.created_at = from_micros(3);
    key.revision = 9;
    return key;
}

Session some_session() {
    Session session;
    session.id = SessionId(1, 2);
    session.user = UserId(3, 4);
    session.created_at = from_micros(5);
    session.expires_at = from_micros(6);
    session.address = "2001:db8::1";
    session.user_agent = "Mozilla/5.0";
    session.password_mark = "0011223344556677";
    session.revision = 3;
    return session;
}

Directory::Contents read(const Record& record) {
    Directory::Contents contents;
    const Result<void> added = add_to(contents, record);
    EXPECT_TRUE(added) << added.error().message;
    return contents;
}

TEST(CatalogAccounts, what_is_written_is_read) {
    EXPECT_EQ(read(to_record(some_user())).users, std::vector{some_user()});
    EXPECT_EQ(read(to_record(some_key())).api_keys, std::vector{some_key()});
    EXPECT_EQ(read(to_record(some_session())).sessions, std::vector{some_session()});
    User bare;
    bare.id = UserId(1, 1);
    bare.email = "b@example.com";
    EXPECT_EQ(read(to_record(bare)).users, std::vector{bare});
}

TEST(CatalogAccounts, an_address_is_a_name_of_the_whole_server) {
    const Record record = to_record(some_user());
    EXPECT_EQ(record.name, "ada@example.com");
    EXPECT_TRUE(record.organization.is_nil());
    EXPECT_TRUE(record.parent.is_nil());
}

// What this version does not know must not become a right.
TEST(CatalogAccounts, damaged_or_newer_records_are_refused) {
    const auto with = [](Record record, std::string_view part, std::string_view instead) {
        const std::size_t at = record.body.find(part);
        EXPECT_NE(at, std::string::npos) << part;
        record.body.replace(at, part.size(), instead);
        return record;
    };
    Record hashless = to_record(some_key());
    hashless.name = "00";
    for (const Record& record :
         {with(to_record(some_user()), "\"role\":2", "\"role\":4"),
          with(to_record(some_user()), "\"role\":2", "\"role\":-1"),
          with(to_record(some_user()), "\"role\":2", "\"roll\":2"),
          with(to_record(some_user()), "\"organization\":\"0", "\"organization\":\"x"),
          with(to_record(some_key()), "\"scope\":1", "\"scope\":3"), hashless}) {
        Directory::Contents contents;
        const Result<void> added = add_to(contents, record);
        ASSERT_FALSE(added) << record.body;
        EXPECT_EQ(added.error().code, ErrorCode::corrupt);
        EXPECT_TRUE(contents.users.empty() && contents.api_keys.empty());
    }
}

}  // namespace
}  // namespace posthaste
