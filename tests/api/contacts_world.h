#pragma once

// What tests of the contacts API share: users who are logged in, their webhooks and contacts.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/authenticator.h"
#include "domain/account_rules.h"
#include "tests/api/world.h"

namespace posthaste::test {

// A user with an application of their own, and the headers of a request they send.
struct SignedIn {
    UserId id;
    ApplicationId application;
    World::Headers headers;
    [[nodiscard]] std::string uuid() const { return to_uuid(id); }
};

class ContactsWorld : public World {
public:
    ContactsWorld() { settings.auth = AuthMode::open; }

    // Without the API, so that tests of webhooks and contacts need no login.
    SignedIn sign_in(const std::string& email, Role role = Role::admin) {
        Application application;
        application.id = ApplicationId(Id{0x0190'0000'0003'7000ULL, ++signed_in_});
        application.organization = settings.organization;
        application.name = email;
        if (!run(engine().directory().ensure(application)))
            throw std::runtime_error("no application");
        User user;
        user.organization = settings.organization;
        user.application = application.id;
        user.email = email;
        user.role = role;
        user.created_at = now();
        return sign_in(run(engine().directory().create(user)).value(), application.id);
    }

    SignedIn sign_in(const User& user, ApplicationId application) {
        Session session;
        session.user = user.id;
        session.password_mark = password_mark(user.password_hash);
        session.created_at = now();
        session.expires_at = now() + 24h;
        const Session begun = run(engine().directory().create(session, AuditEntry())).value();
        const Authenticator authenticator(settings.tokens, settings.user_tokens);
        return {user.id,
                application,
                {{"Authorization", "Bearer " + authenticator.sign(begun).value()}}};
    }

    std::string add_webhook(const SignedIn& user, const std::string& url,
                            const std::string& events = R"(["subscriber.created"])") {
        const Answer created =
            send(Method::post, "/api/v1/webhooks",
                 R"({"url":")" + url + R"(","events":)" + events + "}", user.headers);
        if (created.status != 201) throw std::runtime_error("not created: " + created.body);
        return created.text("id");
    }

    Answer add_contact(const SignedIn& user, const std::string& email) {
        return post("/api/v1/subscribers",
                    R"({"email":")" + email + R"(","user_id":")" + user.uuid() + "\"}");
    }

private:
    std::uint64_t signed_in_ = 0;
};

}  // namespace posthaste::test
