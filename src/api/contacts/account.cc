#include "api/contacts/account.h"

#include "api/problems.h"
#include "api/reply.h"

namespace posthaste::contacts {

namespace {

// The user behind the credentials; null: there is none, as with a token of an organization.
UserPtr user_behind(const Call& call, const Principal& principal) {
    if (principal.user) return principal.user;
    if (!principal.key || !principal.key->created_by) return nullptr;
    const UserPtr maker =
        call.context->engine.directory().current()->find(*principal.key->created_by);
    const bool is_fit = maker && maker->is_active &&
                        maker->organization == principal.organization &&
                        maker->application == principal.application;
    return is_fit ? maker : nullptr;
}

}  // namespace

ApplicationId application_of(const ApiSettings& settings, const User& user) {
    return user.application.value_or(default_application(settings, user.organization));
}

std::expected<Account, HttpResponse> find_account(const Call& call) {
    const Admission principal = admit_known(call);
    if (!principal) return std::unexpected(principal.error());
    UserPtr user = user_behind(call, **principal);
    if (!user)
        return std::unexpected(reply_detail(
            403, "This is about a user's own objects: log in, or use an API key of that user."));
    const ApplicationId application = application_of(call.context->settings, *user);
    return Account{std::move(user), application};
}

std::expected<Addressed, HttpResponse> find_addressed(const Call& call, std::string_view name) {
    auto account = find_account(call);
    if (!account) return std::unexpected(std::move(account).error());
    Problems problems;
    const auto id = read_path_id(problems, name, call.params[0]);
    if (!id) return std::unexpected(problems.reply());
    return Addressed{*std::move(account), *id};
}

bool is_hidden(const Call& call, OrganizationId organization,
               const std::optional<ApplicationId>& application) {
    if (call.context->settings.auth == AuthMode::open) return false;
    if (!call.principal || organization != call.principal->organization) return true;
    return call.principal->is_application && application != call.principal->application;
}

UserPtr find_user(const Call& call, UserId id) {
    UserPtr user = call.context->engine.directory().current()->find(id);
    if (!user || user->organization != owner_of(call).organization) return nullptr;
    return is_hidden(call, user->organization, user->application) ? nullptr : user;
}

}  // namespace posthaste::contacts
