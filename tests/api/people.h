#pragma once

// People and keys of a World, with the credentials that they send.

#include <optional>
#include <string>

#include "api/authenticator.h"
#include "tests/api/world.h"

namespace posthaste::test {

inline constexpr const char* kPassword = "a good password";

// The value of a header in an answer; empty: there is none.
[[nodiscard]] std::string header_of(const Answer& answer, std::string_view name);

class People {
public:
    explicit People(World& world) : world_(world) {}

    // A user with kPassword, of the server's organization unless another is named.
    User add(const std::string& email, Role role, std::optional<ApplicationId> application = {},
             std::optional<OrganizationId> organization = {});
    // The text of a new key.
    std::string add_key(KeyScope scope, std::optional<ApplicationId> application = {},
                        std::optional<OrganizationId> organization = {},
                        std::optional<UserId> maker = {});

    Answer log_in(const std::string& email, const std::string& password = kPassword);
    // What a browser sends after a login: the cookie, and the CSRF token.
    World::Headers session(const std::string& email, const std::string& password = kPassword);
    [[nodiscard]] static World::Headers bearer(const std::string& token) {
        return {{"Authorization", "Bearer " + token}};
    }

    // A request below /api/v1.
    Answer call(Method method, const std::string& path, const std::string& body,
                const World::Headers& credentials) {
        return world_.send(method, "/api/v1" + path, body, credentials);
    }

private:
    World& world_;
};

}  // namespace posthaste::test
