#include "engine/audit_text.h"

#include <gtest/gtest.h>

#include <string>

namespace posthaste {
namespace {

Endpoint some_endpoint() {
    Endpoint endpoint;
    endpoint.id = EndpointId(1, 2);
    endpoint.organization = OrganizationId(3, 4);
    endpoint.url = "https://user:url-password@receiver.example/?token=url-token";
    endpoint.secret = "whsec_c2VjcmV0IG9mIHRoZSBlbmRwb2ludA==";
    endpoint.old_secrets = {{"older-secret", from_micros(1)}};
    endpoint.ingest_key = "books-secret-key";
    endpoint.headers = {{"Authorization", "Bearer hidden"}};
    return endpoint;
}

TEST(AuditText, entries_say_what_happened_to_what) {
    Author author("user_1");
    author.name = "ada@example.com";
    author.address = "127.0.0.1";
    author.at = from_micros(99);
    const Endpoint before = some_endpoint();
    Endpoint after = before;
    after.url = "https://elsewhere.example/";
    const AuditEntry entry = audit_change(author, &before, after);
    EXPECT_EQ(entry.action, "endpoint.update");
    EXPECT_EQ(entry.object, to_base62("ep", before.id));
    EXPECT_EQ(entry.organization, before.organization);
    EXPECT_EQ(entry.actor, "user_1");
    EXPECT_EQ(entry.actor_name, "ada@example.com");
    EXPECT_EQ(entry.address, "127.0.0.1");
    EXPECT_EQ(entry.at, from_micros(99));
    EXPECT_NE(entry.before.find("receiver.example"), std::string::npos);
    EXPECT_NE(entry.after.find("elsewhere.example"), std::string::npos);
}

TEST(AuditText, the_verb_follows_from_before_and_after) {
    const Author author("anonymous");
    Endpoint endpoint = some_endpoint();
    endpoint.id = EndpointId();
    const AuditEntry made = audit_change(author, static_cast<const Endpoint*>(nullptr), endpoint);
    EXPECT_EQ(made.action, "endpoint.create");
    EXPECT_EQ(made.object, "ep_*");
    EXPECT_TRUE(made.before.empty());
    Endpoint gone = endpoint;
    gone.is_deleted = true;
    const AuditEntry removed = audit_change(author, &endpoint, gone);
    EXPECT_EQ(removed.action, "endpoint.delete");
    EXPECT_TRUE(removed.after.empty());
}

TEST(AuditText, secrets_are_masked_and_still_differ) {
    User user;
    user.password_hash = "$argon2id$hash";
    const Endpoint endpoint = some_endpoint();
    const std::string text = audit_subject(endpoint).text + audit_subject(user).text;
    for (const char* secret : {"whsec_", "c2VjcmV0", "older-secret", "books-secret-key", "hidden",
                               "argon2", "url-password", "url-token"})
        EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << text;
    EXPECT_NE(text.find("\"Authorization\":\"***"), std::string::npos) << text;
    Endpoint rotated = endpoint;
    rotated.secret = "whsec_YW5vdGhlciBzZWNyZXQgYWx0b2dldGhlcg==";
    EXPECT_NE(audit_subject(endpoint).text, audit_subject(rotated).text);
    Endpoint moved = endpoint;
    moved.url = "https://user:another@receiver.example/?token=url-token";
    EXPECT_NE(audit_subject(endpoint).text, audit_subject(moved).text);
}

TEST(AuditText, every_setting_of_an_endpoint_shows_when_it_changes) {
    const Endpoint endpoint = some_endpoint();
    std::vector<Endpoint> others(5, endpoint);
    others[0].name = "a";
    others[1].timeout += 1s;
    others[2].retry.gaps = {1s};
    others[3].retry.attempts_max += 1;
    others[4].throttle_rate = 7;
    for (std::size_t i = 0; i < others.size(); ++i)
        EXPECT_NE(audit_subject(endpoint).text, audit_subject(others[i]).text) << i;
}

}  // namespace
}  // namespace posthaste
