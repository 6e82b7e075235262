// The users of the caller's organization. Nobody gives or takes more than they have: who manages an organization does not touch
// its owners.

#include "api/accounts/answers.h"
#include "api/accounts/handlers.h"
#include "domain/access.h"
#include "engine/user_removal.h"

namespace posthaste::accounts {

using namespace native;

namespace {

// What a directory holds in memory.
constexpr std::size_t kMembersMax = 10'000;
constexpr TextRule kNameRule{.max = 200};

Member<Role> read_role(BodyReader& body, Presence presence) {
    const auto text = body.text({"role", presence});
    Member<Role> role;
    role.is_given = text.is_given;
    if (!text) return role;
    role.value = parse_role(*text.value);
    if (!role) body.add_issue("role", "A role is viewer, operator, admin or owner.");
    return role;
}

bool may_touch(const Principal& principal, Role role) {
    return principal.permissions.cover(Permissions::of(role));
}

HttpResponse reply_role_too_high() {
    return fault(403, "role_too_high", "Nobody changes or makes a user who may do more than they.");
}

struct EnteredMember {
    Scope scope;
    UserPtr user;
};

std::expected<EnteredMember, HttpResponse> enter_member(const Call& call) {
    Entered scope = enter(call, Level::organization);
    if (!scope) return std::unexpected(scope.error());
    const auto id = parse_base62("user", percent_decode(call.params[0]));
    UserPtr user = id ? scope->directory->find(UserId(*id)) : nullptr;
    if (!user || user->organization != scope->principal->organization)
        return std::unexpected(entity_not_found());
    return EnteredMember{*std::move(scope), std::move(user)};
}

}  // namespace

Task<HttpResponse> list_members(Call call) {
    Query query(call.request.query);
    const Paging paging = query.ordered_page("user", Order::ascending);
    if (!query.ok()) co_return query.reply();
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    auto page = scope->directory->users(scope->principal->organization, paging.bounds());
    const bool done = paging.cut(page);
    ListWriter list;
    for (const UserPtr& user : page) append_user(list.item(to_base62("user", user->id)), *user);
    co_return list.finish(done);
}

Task<HttpResponse> create_member(Call call) {
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();
    const PrincipalPtr principal = scope->principal;
    BodyReader body(call.request.body);
    User user;
    user.organization = principal->organization;
    user.email = read_email(body, Presence::required).value_or("");
    user.full_name = body.text({"fullName"}, kNameRule).value_or("");
    user.role = read_role(body, Presence::optional).value_or(Role::viewer);
    user.application = read_application_id(body, *scope).value;
    user.created_at = user.updated_at = call.context->clock.now();
    WipedText password = read_new_password(body, {"password", Presence::required}, user.email);
    if (!body.ok()) co_return body.reply();
    if (!may_touch(*principal, user.role)) co_return reply_role_too_high();
    if (scope->directory->users(user.organization, {}).size() >= kMembersMax)
        co_return fault(409, "too_many", "An organization has at most 10000 users.");

    const Result<std::string> hash = co_await call.context->passwords.hash(std::move(password));
    if (!hash) co_return fault(hash.error(), *call.context);
    user.password_hash = *hash;
    if (Result<void> ensured = co_await ensure_organization(call, principal); !ensured)
        co_return fault(ensured.error(), *call.context);
    const Result<User> created = co_await call.context->engine.directory().create(
        std::move(user), author_of(call, *principal));
    if (!created) co_return reply_change_failed(created.error(), *call.context);
    co_return reply_user(201, *created);
}

Task<HttpResponse> get_member(Call call) {
    const auto member = enter_member(call);
    if (!member) co_return member.error();
    co_return reply_user(200, *member->user);
}

namespace {

// What a PATCH asks for.
struct MemberPatch {
    Member<std::string> full_name;
    Member<std::string> email;
    Member<Role> role;
    Member<ApplicationId> application;
    Member<bool> is_active;
    bool has_password = false;
    WipedText password;

    void apply(User& user) const {
        if (full_name) user.full_name = *full_name.value;
        if (email) user.email = *email.value;
        if (role) user.role = *role.value;
        if (application.is_given) user.application = application.value;
        if (is_active) user.is_active = *is_active.value;
    }
};

MemberPatch read_patch(BodyReader& body, const EnteredMember& member) {
    MemberPatch patch;
    patch.full_name = body.text({"fullName", Presence::patch}, kNameRule);
    patch.email = read_email(body, Presence::patch);
    patch.role = read_role(body, Presence::patch);
    patch.application = read_application_id(body, member.scope);
    patch.is_active = body.flag({"isActive", Presence::patch});
    constexpr Spec kPassword{"password", Presence::patch};
    patch.has_password = body.raw(kPassword).is_given;
    patch.password = read_new_password(body, kPassword, patch.email.value_or(member.user->email));
    return patch;
}

}  // namespace

Task<HttpResponse> patch_member(Call call) {
    const auto member = enter_member(call);
    if (!member) co_return member.error();
    const PrincipalPtr principal = member->scope.principal;
    BodyReader body(call.request.body);
    MemberPatch patch = read_patch(body, *member);
    if (!body.ok()) co_return body.reply();
    // With a session that somebody else got hold of, this would be a way around the current password.
    if (patch.has_password && principal->user && principal->user->id == member->user->id)
        co_return fault(403, "own_password", "Change your own password with account/password.");

    std::string hash;
    if (patch.has_password) {
        Result<std::string> made = co_await call.context->passwords.hash(std::move(patch.password));
        if (!made) co_return fault(made.error(), *call.context);
        hash = *std::move(made);
    }
    const Timestamp now = call.context->clock.now();
    bool is_too_high = false;
    DirectoryService::Change<User> change = [&](User& user) -> Result<void> {
        is_too_high = !may_touch(*principal, user.role) ||
                      !may_touch(*principal, patch.role.value_or(user.role));
        if (is_too_high) return fail(ErrorCode::invalid, "The role is too high.");
        patch.apply(user);
        if (patch.has_password) user.password_hash = hash;
        user.updated_at = now;
        return {};
    };
    const Result<User> changed = co_await call.context->engine.directory().change(
        member->user->id, std::move(change), author_of(call, *principal));
    if (is_too_high) co_return reply_role_too_high();
    if (!changed) co_return reply_change_failed(changed.error(), *call.context);
    co_return reply_user(200, *changed);
}

Task<HttpResponse> delete_member(Call call) {
    const auto member = enter_member(call);
    if (!member) co_return member.error();
    const PrincipalPtr principal = member->scope.principal;
    if (!may_touch(*principal, member->user->role)) co_return reply_role_too_high();
    const Result<void> removed =
        co_await remove_user(&call.context->engine.directory(), &call.context->store,
                             member->user->id, author_of(call, *principal));
    if (!removed) co_return reply_change_failed(removed.error(), *call.context);
    co_return no_content();
}

}  // namespace posthaste::accounts
