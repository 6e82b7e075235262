#pragma once

// What tests of the contacts API share: users who are logged in, their webhooks and contacts.

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

    // With an application of their own.
    SignedIn sign_in(const std::string& email, Role role = Role::admin) {
        User user;
        user.organization = settings.organization;
        user.email = email;
        user.role = role;
        user.password_hash = "hash of password";
        user.created_at = now();
        Application own;
        own.id = ApplicationId(Id{0x0190'0000'0003'7000ULL, ++signed_in_});
        own.organization = settings.organization;
        own.name = email;
        const UserId id = run(engine().directory().create(user, own)).value().id;
        const Answer login = send(Method::post, "/api/v1/login/access-token",
                                  "username=" + email + "&password=password",
                                  {{"Content-Type", "application/x-www-form-urlencoded"}});
        return {id, own.id, {{"Authorization", "Bearer " + login.text("access_token")}}};
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
