// Logging in, as the APIs ask for it: who gets a session, who does not, and what is kept of either.

#include "engine/logins.h"

#include <gtest/gtest.h>

#include "tests/api/world.h"

namespace posthaste::test {
namespace {

class LoginsTest : public ::testing::Test {
protected:
    LoginsTest() { user_ = add_user("ann@example.com"); }

    User add_user(const std::string& email) {
        User user;
        user.organization = world_.settings.organization;
        user.email = email;
        user.password_hash = "hash of right";
        user.created_at = user.updated_at = world_.now();
        return world_.run(directory().create(std::move(user))).value();
    }
    DirectoryService& directory() { return world_.engine().directory(); }

    LoginOutcome log_in(const std::string& email, const std::string& password,
                        const std::string& address = "192.0.2.1") {
        Credentials credentials;
        credentials.email = email;
        credentials.password = WipedText(password);
        credentials.address = address;
        credentials.now = world_.now();
        return world_.run(world_.logins().login(std::move(credentials), "a browser"));
    }
    // "wrong", "throttled 60 s", …; "in" when it was let in.
    std::string outcome(const std::string& email, const std::string& password,
                        const std::string& address = "192.0.2.1") {
        const LoginOutcome outcome = log_in(email, password, address);
        if (outcome) return "in";
        const std::string wait = " " + std::to_string(outcome.error().wait / Duration(1s)) + " s";
        switch (outcome.error().fault) {
            case LoginFault::wrong: return "wrong";
            case LoginFault::throttled: return "throttled" + wait;
            case LoginFault::inactive: return "inactive";
            case LoginFault::overloaded: return "overloaded" + wait;
            case LoginFault::unavailable: return "unavailable" + wait;
        }
        return "";
    }
    // "action actor address after" of each entry.
    std::vector<std::string> audit() {
        std::vector<std::string> lines;
        const auto entries = world_.run(world_.store().read_audit({}));
        for (const AuditEntry& entry : *entries)
            lines.push_back(entry.action + " " + entry.actor + " " + entry.address + " " +
                            entry.after);
        return lines;
    }

    World world_;
    User user_;
};

TEST_F(LoginsTest, the_right_password_begins_a_session) {
    const LoginOutcome outcome = log_in("Ann@Example.COM", "right");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->user->id, user_.id);
    const SessionPtr session = directory().current()->find(outcome->session.id);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->user, user_.id);
    EXPECT_EQ(session->created_at, world_.now());
    EXPECT_EQ(session->expires_at, world_.now() + 192h);
    EXPECT_EQ(session->address, "192.0.2.1");
    EXPECT_EQ(session->user_agent, "a browser");
    EXPECT_EQ(audit(), std::vector<std::string>{"user.login " + to_base62("user", user_.id) +
                                                " 192.0.2.1 "});
}

TEST_F(LoginsTest, whoever_does_not_exist_is_refused_at_the_same_cost) {
    User nobody = add_user("no-password@example.com");
    Result<User> changed = world_.run(directory().change(
        nobody.id, DirectoryService::Change<User>([](User& user) -> Result<void> {
            user.password_hash.clear();
            return {};
        })));
    ASSERT_TRUE(changed);
    for (const char* email :
         {"ann@example.com", "bob@example.com", "no-password@example.com", "", "ann"})
        EXPECT_EQ(outcome(email, "guess"), "wrong") << email;
    EXPECT_EQ(world_.passwords.verified.size(), 5U);
}

TEST_F(LoginsTest, too_many_failures_wait_but_not_elsewhere) {
    const int at_once = static_cast<int>(LoginGuardLimits{}.of_account_and_network.at_once);
    for (const char* email : {"ann@example.com", "bob@example.com"}) {
        for (int i = 0; i < at_once; ++i) EXPECT_EQ(outcome(email, "guess"), "wrong");
        EXPECT_EQ(outcome(email, "right"), "throttled 60 s");
    }
    EXPECT_EQ(world_.passwords.verified.size(), 2U * static_cast<unsigned>(at_once));
    EXPECT_EQ(outcome("ann@example.com", "right", "192.0.2.2"), "in");
    world_.advance(60s);
    EXPECT_EQ(outcome("ann@example.com", "right"), "in");
}

TEST_F(LoginsTest, familiar_networks_go_first) {
    EXPECT_EQ(outcome("ann@example.com", "right"), "in");
    EXPECT_EQ(outcome("ann@example.com", "right"), "in");
    EXPECT_EQ(outcome("ann@example.com", "right", "192.0.2.2"), "in");
    EXPECT_EQ(
        world_.passwords.verified,
        (std::vector{PasswordQueue::strangers, PasswordQueue::familiar, PasswordQueue::strangers}));
}

TEST_F(LoginsTest, an_inactive_user_hears_of_it_only_with_the_right_password) {
    const auto changed = world_.run(
        directory().change(user_.id, DirectoryService::Change<User>([](User& user) -> Result<void> {
                               user.is_active = false;
                               return {};
                           })));
    ASSERT_TRUE(changed);
    EXPECT_EQ(outcome("ann@example.com", "guess"), "wrong");
    EXPECT_EQ(outcome("ann@example.com", "right"), "inactive");
    EXPECT_TRUE(directory().current()->sessions(user_.id).empty());
}

TEST_F(LoginsTest, what_was_not_looked_at_is_no_failure) {
    world_.passwords.refuse_with = ErrorCode::overloaded;
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(outcome("ann@example.com", "right"), "overloaded 2 s");
    world_.passwords.refuse_with = ErrorCode::stopping;
    EXPECT_EQ(outcome("ann@example.com", "right"), "unavailable 2 s");
    world_.passwords.refuse_with.reset();
    EXPECT_EQ(outcome("ann@example.com", "right"), "in");
}

TEST_F(LoginsTest, a_store_that_cannot_write_begins_no_session) {
    world_.fate = CommitFate::refused;
    EXPECT_EQ(outcome("ann@example.com", "right"), "unavailable 2 s");
    EXPECT_TRUE(directory().current()->sessions(user_.id).empty());
}

TEST_F(LoginsTest, a_user_has_a_hundred_sessions_at_most_and_no_expired_ones) {
    const SessionId first = log_in("ann@example.com", "right")->session.id;
    for (int i = 0; i < 99; ++i) ASSERT_EQ(outcome("ann@example.com", "right"), "in");
    EXPECT_EQ(directory().current()->sessions(user_.id).size(), 100U);
    EXPECT_TRUE(directory().current()->find(first));
    world_.advance(1h);
    ASSERT_EQ(outcome("ann@example.com", "right"), "in");
    EXPECT_EQ(directory().current()->sessions(user_.id).size(), 100U);
    EXPECT_FALSE(directory().current()->find(first));
    world_.advance(191h);
    ASSERT_EQ(outcome("ann@example.com", "right"), "in");
    EXPECT_EQ(directory().current()->sessions(user_.id).size(), 2U);
}

// The store deletes records that have expired; the snapshot learns of it when somebody looks.
TEST_F(LoginsTest, a_session_that_the_store_let_go_can_be_ended) {
    const SessionId session = log_in("ann@example.com", "right")->session.id;
    ASSERT_TRUE(world_.run(world_.store().expire({}, world_.now() + 200h)));
    ASSERT_TRUE(directory().current()->find(session));
    const Result<void> ended = world_.run(directory().remove(session));
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, ErrorCode::not_found);
    EXPECT_FALSE(directory().current()->find(session));
}

TEST_F(LoginsTest, ten_thousand_failures_leave_few_entries) {
    for (int i = 0; i < 10'000; ++i) {
        ASSERT_NE(outcome("ann@example.com", "guess"), "in");
        ASSERT_NE(outcome("bob@example.com", "guess"), "in");
    }
    const std::vector<std::string> lines = audit();
    ASSERT_EQ(lines.size(), 14U);
    EXPECT_EQ(lines.front(),
              R"(user.login-failed anonymous 192.0.2.1 {"failures":1,"reason":"wrong password"})");
    EXPECT_EQ(lines.back(),
              R"(user.login-failed anonymous 192.0.2.1 {"failures":8192,"reason":"throttled"})");
}

TEST_F(LoginsTest, a_long_user_agent_is_cut) {
    Credentials credentials;
    credentials.email = "ann@example.com";
    credentials.password = WipedText("right");
    credentials.now = world_.now();
    const auto outcome =
        world_.run(world_.logins().login(std::move(credentials), std::string(5000, 'x')));
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->session.user_agent, std::string(200, 'x'));
}

}  // namespace
}  // namespace posthaste::test
