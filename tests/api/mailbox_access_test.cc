// Who may do what with mailboxes when credentials are required, and what of it the audit log keeps.

#include <gtest/gtest.h>

#include "tests/api/mailboxes_world.h"
#include "tests/api/people.h"

namespace posthaste::test {
namespace {

class MailboxAccess : public MailboxesTest {
protected:
    MailboxAccess() {
        world.settings.auth = AuthMode::required;
        for (const Role role : {Role::viewer, Role::operator_, Role::admin})
            people.add(std::string(to_string(role)) + "@example.com", role);
    }
    Answer as(Role role, Method method, const std::string& target, const std::string& body = {}) {
        const std::string email = std::string(to_string(role)) + "@example.com";
        return world.send(method, target, body, people.session(email));
    }
    Mailbox create_as_admin() {
        const Answer created =
            as(Role::admin, Method::post, "/api/mailboxes",
               R"({"name":"a","target_url":"http://a","secret":"s","max_attempts":1})");
        EXPECT_EQ(created.status, 200) << created.body;
        EXPECT_TRUE(created.json().at("secret").is_null());
        return {created.text("id"), created.text("api_key")};
    }

    People people{world};
};

TEST_F(MailboxAccess, each_route_takes_what_it_should) {
    const Mailbox mailbox = create_as_admin();
    world.otherwise = answer(500);
    const std::string number = track(mailbox);
    const std::string box = "/api/mailboxes/" + mailbox.id;
    const struct {
        Method method;
        std::string target;
        std::string body;
        Role least;
    } cases[] = {
        {Method::get, "/api/mailboxes", "", Role::viewer},
        {Method::get, box, "", Role::viewer},
        {Method::get, "/api/webhooks", "", Role::viewer},
        {Method::get, "/api/webhooks/" + number, "", Role::viewer},
        {Method::post, "/api/webhooks/" + number + "/retry", "", Role::operator_},
        {Method::post, "/api/mailboxes", R"({"name":"b","target_url":"http://b"})", Role::admin},
        {Method::patch, box, "{}", Role::admin},
        {Method::post, box + "/rotate-key", "", Role::admin},
        {Method::delete_, box, "", Role::admin},
    };
    // What an operator retried has failed again when the admin does: the receiver still answers 500.
    for (const auto& row : cases) {
        EXPECT_EQ(world.send(row.method, row.target, row.body).status, 401) << row.target;
        for (const Role role : {Role::viewer, Role::operator_, Role::admin})
            EXPECT_EQ(as(role, row.method, row.target, row.body).status,
                      role >= row.least ? 200 : 403)
                << row.target << " as " << to_string(role);
    }
}

TEST_F(MailboxAccess, the_key_is_shown_once_and_works_alone) {
    const Mailbox mailbox = create_as_admin();
    EXPECT_EQ(hand_in(mailbox).status, 200);
    EXPECT_EQ(hand_in({mailbox.id, "wrong"}).status, 401);
    const std::string path = "/api/mailboxes/" + mailbox.id;
    const Answer changed = as(Role::admin, Method::patch, path, R"({"name":"c"})");
    EXPECT_EQ(changed.text("name"), "c");
    for (const Answer& answer :
         {as(Role::admin, Method::get, path), as(Role::admin, Method::get, "/api/mailboxes"),
          changed, as(Role::admin, Method::get, "/api/webhooks")})
        EXPECT_EQ(answer.body.find(mailbox.key), std::string::npos) << answer.body;
    EXPECT_TRUE(changed.json().at("api_key").is_null());
    EXPECT_TRUE(changed.json().at("secret").is_null());
    const Answer rotated = as(Role::admin, Method::post, path + "/rotate-key");
    EXPECT_EQ(hand_in({mailbox.id, rotated.text("api_key")}).status, 200);
}

TEST_F(MailboxAccess, another_organization_sees_nothing) {
    const Mailbox mailbox = create_as_admin();
    const std::string number = track(mailbox);
    const auto stranger = People::bearer(world.token("org_somebody_else"));
    const auto ask = [&](Method method, const std::string& target) {
        return world.send(method, target, "{}", stranger);
    };
    EXPECT_EQ(ask(Method::get, "/api/mailboxes").body, "[]");
    EXPECT_EQ(ask(Method::get, "/api/webhooks").body, "[]");
    EXPECT_EQ(ask(Method::get, "/api/webhooks/" + number).body, R"({"event":null,"attempts":[]})");
    EXPECT_EQ(ask(Method::get, "/api/webhooks?mailbox_id=" + mailbox.id).status, 404);
    EXPECT_EQ(ask(Method::post, "/api/webhooks/" + number + "/retry").status, 404);
    for (const Method method : {Method::get, Method::patch, Method::delete_})
        EXPECT_EQ(ask(method, "/api/mailboxes/" + mailbox.id).status, 404);
    EXPECT_EQ(ask(Method::post, "/api/mailboxes/" + mailbox.id + "/rotate-key").status, 404);
}

TEST_F(MailboxAccess, changes_and_retries_leave_a_trace) {
    const Mailbox mailbox = create_as_admin();
    world.otherwise = answer(500);
    const std::string number = track(mailbox);
    as(Role::operator_, Method::post, "/api/webhooks/" + number + "/retry");
    as(Role::admin, Method::post, "/api/mailboxes/" + mailbox.id + "/rotate-key");
    as(Role::admin, Method::delete_, "/api/mailboxes/" + mailbox.id);
    std::vector<std::string> actions;
    const auto log = world.run(world.store().read_audit({}));
    ASSERT_TRUE(log);
    for (const AuditEntry& entry : *log) {
        EXPECT_EQ(entry.before.find(mailbox.key), std::string::npos);
        EXPECT_EQ(entry.after.find(mailbox.key), std::string::npos);
        if (entry.action.starts_with("endpoint") || entry.action.starts_with("webhook"))
            actions.push_back(entry.action + " " + entry.actor_name);
    }
    EXPECT_EQ(actions,
              (std::vector<std::string>{
                  "endpoint.create admin@example.com", "webhook.retry operator@example.com",
                  "endpoint.update admin@example.com", "endpoint.delete admin@example.com"}));
}

}  // namespace
}  // namespace posthaste::test
