#include "api/mailboxes/mailbox_document.h"

#include <gtest/gtest.h>

namespace posthaste::mailboxes {
namespace {

Endpoint some_mailbox() {
    Endpoint mailbox;
    mailbox.id = EndpointId(1, 2);
    mailbox.profile = Profile::mailboxes;
    mailbox.name = "n";
    mailbox.url = "http://h/";
    mailbox.ingest_key = "books-secret-key";
    mailbox.secret = "signing";
    mailbox.retry = mailboxes_retry_policy();
    mailbox.timeout = kTimeout;
    return mailbox;
}

Endpoint changed(const std::string& body, Purpose purpose = Purpose::update) {
    Problems problems;
    const MailboxChanges changes = read_mailbox(problems, body, purpose);
    EXPECT_TRUE(problems.none()) << body << problems.reply().body;
    Endpoint mailbox = some_mailbox();
    changes.apply_to(mailbox);
    return mailbox;
}

TEST(MailboxDocument, what_is_not_mentioned_stays) {
    EXPECT_EQ(changed("{}"), some_mailbox());
    EXPECT_EQ(changed(R"({"unknown":1,"id":"x","created_at":null})"), some_mailbox());
    EXPECT_EQ(changed(R"({"api_key":"another-secret-key"})"), some_mailbox());
    EXPECT_EQ(changed(R"({"api_key":"another-secret-key","name":"n","target_url":"http://h"})",
                      Purpose::create)
                  .ingest_key,
              "another-secret-key");
}

TEST(MailboxDocument, seconds_may_have_fractions) {
    const Endpoint mailbox = changed(R"({"timeout":0.25,"retry_delays":[0,1.5,86400]})");
    EXPECT_EQ(mailbox.timeout, 250ms);
    EXPECT_EQ(mailbox.retry.gaps, (std::vector<Duration>{0s, 1500ms, 24h}));
    std::string text;
    append_mailbox(text, mailbox, Shown::everything);
    EXPECT_NE(text.find(R"("retry_delays":[0,1.5,86400],"timeout":0.25,)"), std::string::npos)
        << text;
    EXPECT_EQ(changed(R"({"max_attempts":4.0})").retry.attempts_max, 4U);
}

TEST(MailboxDocument, null_takes_a_setting_back) {
    Problems problems;
    const MailboxChanges changes = read_mailbox(
        problems, R"({"max_attempts":null,"retry_delays":null,"timeout":null,"secret":null})",
        Purpose::update);
    ASSERT_TRUE(problems.none());
    Endpoint mailbox = some_mailbox();
    mailbox.retry.attempts_max = 9;
    mailbox.retry.gaps = {1s};
    mailbox.timeout = 9s;
    changes.apply_to(mailbox);
    EXPECT_EQ(mailbox.retry, mailboxes_retry_policy());
    EXPECT_EQ(mailbox.timeout, kTimeout);
    EXPECT_EQ(mailbox.secret, std::nullopt);
}

TEST(MailboxDocument, secrets_are_shown_to_whom_they_may) {
    const struct {
        Shown shown;
        const char* key;
        const char* secret;
    } cases[] = {
        {Shown::everything, R"("api_key":"books-secret-key")", R"("secret":"signing")"},
        {Shown::key, R"("api_key":"books-secret-key")", R"("secret":null)"},
        {Shown::no_secrets, R"("api_key":null)", R"("secret":null)"},
    };
    for (const auto& row : cases) {
        std::string text;
        append_mailbox(text, some_mailbox(), row.shown);
        EXPECT_NE(text.find(row.key), std::string::npos) << text;
        EXPECT_NE(text.find(row.secret), std::string::npos) << text;
    }
}

TEST(MailboxDocument, a_refused_secret_is_not_repeated) {
    for (const char* body : {R"({"secret":"whsec_not base64"})", R"({"api_key":"k e y"})"}) {
        Problems problems;
        (void)read_mailbox(problems,
                           std::string(R"({"name":"n","target_url":"http://h",)") + (body + 1),
                           Purpose::create);
        ASSERT_FALSE(problems.none()) << body;
        const std::string text = problems.reply().body;
        EXPECT_NE(text.find(R"("input":"***")"), std::string::npos) << text;
    }
}

}  // namespace
}  // namespace posthaste::mailboxes
