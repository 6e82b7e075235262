#include "tests/api/people.h"

#include <stdexcept>

#include "base/bytes.h"
#include "engine/random_text.h"

namespace posthaste::test {

std::string header_of(const Answer& answer, std::string_view name) {
    std::string_view rest = answer.headers;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        const std::size_t colon = line.find(": ");
        if (equal_ignoring_case(line.substr(0, colon), name))
            return std::string(line.substr(colon + 2));
        rest.remove_prefix(end + 2);
    }
    return {};
}

User People::add(const std::string& email, Role role, std::optional<ApplicationId> application,
                 std::optional<OrganizationId> organization) {
    User user;
    user.organization = organization.value_or(world_.settings.organization);
    user.application = application;
    user.email = email;
    user.role = role;
    user.password_hash = "hash of " + std::string(kPassword);
    user.created_at = user.updated_at = world_.now();
    return world_.run(world_.engine().directory().create(std::move(user))).value();
}

std::string People::add_key(KeyScope scope, std::optional<ApplicationId> application,
                            std::optional<OrganizationId> organization,
                            std::optional<UserId> maker) {
    std::string text = random_text(kApiKeyPrefix, world_.entropy());
    ApiKey key;
    key.organization = organization.value_or(world_.settings.organization);
    key.application = application;
    key.name = std::string(to_string(scope)) + " key";
    key.scope = scope;
    key.created_by = maker;
    key.hash = api_key_hash(text);
    key.created_at = world_.now();
    if (!world_.run(world_.engine().directory().create(std::move(key))))
        throw std::runtime_error("no key");
    return text;
}

Answer People::log_in(const std::string& email, const std::string& password) {
    return world_.send(Method::post, "/api/v1/account/login",
                       R"({"email":")" + email + R"(","password":")" + password + "\"}",
                       {{"Content-Type", "application/json"}});
}

World::Headers People::session(const std::string& email, const std::string& password) {
    const Answer answer = log_in(email, password);
    if (answer.status != 200) throw std::runtime_error("not logged in: " + answer.body);
    const std::string cookie = header_of(answer, "set-cookie");
    return {{"Cookie", cookie.substr(0, cookie.find(';'))},
            {"X-CSRF-Token", answer.text("csrfToken")}};
}

}  // namespace posthaste::test
