#pragma once

// Whose webhooks and contacts a request is about. Every user has an application of their own, in which their webhooks are
// endpoints; users who belong to no one application use their organization's default one.

#include <expected>
#include <string_view>

#include "api/admission.h"
#include "api/route.h"
#include "domain/directory.h"
#include "ports/http.h"

namespace posthaste::contacts {

struct Account {
    UserPtr user;
    ApplicationId application;
};

[[nodiscard]] ApplicationId application_of(const ApiSettings& settings, const User& user);

// The user who is logged in, or who made the API key that is used: in both modes of --auth. The error is the answer.
[[nodiscard]] std::expected<Account, HttpResponse> find_account(const Call& call);

// Together with the id that the path gives for `name`.
struct Addressed {
    Account account;
    Id id;
};
[[nodiscard]] std::expected<Addressed, HttpResponse> find_addressed(const Call& call,
                                                                    std::string_view name);

// The user with that id whose contacts the caller may add to. In open mode: any of the server's own organization; in
// required mode: of the caller's, and a caller limited to an application knows its user alone. Null: none.
[[nodiscard]] UserPtr find_user(const Call& call, UserId id);

// In required mode: is the caller limited to another application than this?
[[nodiscard]] bool is_hidden(const Call& call, OrganizationId organization,
                             const std::optional<ApplicationId>& application);

}  // namespace posthaste::contacts
