// Create users, sign up, list and get them. Each user made here has an application of their own, and may do there what they
// like, and nothing elsewhere.

#include "api/admission.h"
#include "api/contacts/account.h"
#include "api/contacts/events.h"
#include "api/contacts/handlers.h"
#include "api/contacts/user_document.h"
#include "api/problems.h"
#include "api/reply.h"
#include "ports/passwords.h"

namespace posthaste::contacts {

namespace {

HttpResponse reply_user(const User& user) {
    std::string body;
    append_user(body, user);
    return reply(200, std::move(body));
}

Application application_for(const ApiContext& context, const User& user) {
    Application own;
    own.id = ApplicationId(random_uuid(context.entropy));
    own.organization = user.organization;
    own.name = user.email;
    own.created_at = own.updated_at = user.created_at;
    return own;
}

Task<Result<User>> create(Call call, User user, WipedText password) {
    const ApiContext& context = *call.context;
    DirectoryService& directory = context.engine.directory();
    // Before the password is hashed, which costs.
    if (directory.current()->find_user(user.email))
        co_return fail(ErrorCode::exists, "The address is taken.");
    if (Result<void> ensured = co_await ensure_owner(call); !ensured)
        co_return std::unexpected(std::move(ensured).error());
    ASSIGN_OR_CO_RETURN(user.password_hash, co_await context.passwords.hash(std::move(password)));
    Application own = application_for(context, user);
    co_return co_await directory.create(std::move(user), std::move(own), author_of(call));
}

Task<HttpResponse> create_from(Call call, SignUp sign_up) {
    const ApiContext& context = *call.context;
    Problems problems;
    NewUser wanted = read_new_user(problems, call.request.body, sign_up);
    if (!problems.none()) co_return problems.reply();
    User user;
    user.organization = owner_of(call).organization;
    user.email = wanted.email;
    user.full_name = std::move(wanted.full_name);
    user.is_active = wanted.is_active;
    user.role = Role::admin;
    user.created_at = user.updated_at = context.clock.now();
    const Result<User> created = co_await create(call, std::move(user), std::move(wanted.password));
    if (created) co_return reply_user(*created);
    if (created.error().code != ErrorCode::exists)
        co_return reply_error(created.error(), context.settings.retry_after);
    co_return reply_detail(400, sign_up == SignUp::by_the_user
                                    ? "The user with this email already exists in the system"
                                    : wanted.email + " already exists in the system");
}

// In required mode, who is limited to an application knows its user alone.
bool is_limited(const Call& call) {
    return call.context->settings.auth == AuthMode::required && call.principal &&
           call.principal->is_application;
}

}  // namespace

Task<HttpResponse> create_user(Call call) {
    if (is_limited(call)) co_return reply_forbidden(*call.route);
    co_return co_await create_from(call, SignUp::by_somebody);
}

Task<HttpResponse> register_user(Call call) {
    if (!call.context->settings.is_signup_open)
        co_return reply_detail(403, "Open user registration is forbidden on this server");
    co_return co_await create_from(call, SignUp::by_the_user);
}

Task<HttpResponse> read_users(Call call) {
    const ApiContext& context = *call.context;
    const auto page_max = static_cast<std::int64_t>(context.settings.page_max);
    Problems problems;
    const auto skip = static_cast<std::size_t>(
        read_query_integer(problems, call.request.query, {.name = "skip"}));
    const auto limit = static_cast<std::size_t>(read_query_integer(
        problems, call.request.query, {.name = "limit", .fallback = 100, .max = page_max}));
    if (!problems.none()) co_return problems.reply();

    const DirectoryPtr directory = context.engine.directory().current();
    const OrganizationId organization = owner_of(call).organization;
    std::vector<UserPtr> users;
    std::size_t count = 1;
    if (is_limited(call)) {
        if (call.principal->user) users.push_back(call.principal->user);
        count = users.size();
    } else {
        count = directory->user_count(organization);
        PageBounds bounds;
        bounds.limit = std::min(skip, count) + limit;
        users = directory->users(organization, bounds);
    }
    users.erase(users.begin(),
                users.begin() + static_cast<std::ptrdiff_t>(std::min(skip, users.size())));
    users.resize(std::min(users.size(), limit));
    std::string body = "{\"data\":[";
    for (const UserPtr& user : users) {
        if (body.back() != '[') body += ',';
        append_user(body, *user);
    }
    body += "],\"count\":" + std::to_string(count) + "}";
    co_return reply(200, std::move(body));
}

// Others than oneself are shown to those who may change them, and are null to all the rest.
Task<HttpResponse> read_user_by_id(Call call) {
    const Admission principal = admit_known(call);
    if (!principal) co_return principal.error();
    Problems problems;
    const auto id = read_path_id(problems, "user_id", call.params[0]);
    if (!id) co_return problems.reply();
    const Principal& asker = **principal;
    const UserPtr found = call.context->engine.directory().current()->find(UserId(*id));
    const bool is_self = found && asker.user && asker.user->id == found->id;
    const bool may_see = found && found->organization == asker.organization &&
                         !asker.is_application && asker.permissions.allow(Access::manage);
    if (is_self || may_see) co_return reply_user(*found);
    co_return reply(200, "null");
}

}  // namespace posthaste::contacts
