// Users in a data folder on which no server runs.

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "api/authenticator.h"
#include "api/native/session.h"
#include "base/bytes.h"
#include "crypto/argon2_passwords.h"
#include "domain/account_rules.h"
#include "engine/directory_service.h"
#include "engine/user_removal.h"
#include "net/system_clock.h"
#include "net/system_entropy.h"
#include "server/data_lock.h"
#include "server/encryption_keys.h"
#include "server/open_store.h"
#include "server/user_admin.h"

namespace posthaste {

namespace {

class FolderAdmin final : public UserAdmin {
public:
    explicit FolderAdmin(OrganizationId organization) : organization_(organization) {}
    ~FolderAdmin() override {
        if (store_) store_->close();
    }

    Result<void> open(const ServerConfig& config);
    Result<UserRow> add(UserDraft draft) override;
    Result<std::vector<UserRow>> list() override;
    Result<UserRow> set_password(const std::string& email, WipedText password) override;
    Result<UserRow> set_role(const std::string& email, Role role) override;
    Result<void> remove(const std::string& email) override;

private:
    template <class T>
    Result<T> run(Task<Result<T>> task);
    [[nodiscard]] Result<UserPtr> find(const std::string& email);
    Result<UserRow> change(const std::string& email, DirectoryService::Change<User> change);
    [[nodiscard]] Author author() const;

    const OrganizationId organization_;
    asio::io_context loop_{1};
    SystemClock clock_;
    SystemEntropy entropy_;
    DataLock lock_;  // before the store: given back after it is gone
    std::unique_ptr<Store> store_;
    std::unique_ptr<DirectoryHolder> holder_;
    std::unique_ptr<DirectoryService> directory_;
};

UserRow row_of(const User& user) {
    UserRow row;
    row.id = to_base62("user", user.id);
    row.email = user.email;
    row.full_name = user.full_name;
    row.role = to_string(user.role);
    if (user.application) row.application = to_base62("app", *user.application);
    row.is_active = user.is_active;
    return row;
}

Result<void> keep(std::optional<std::string_view> fault) {
    if (fault) return fail(ErrorCode::invalid, std::string(*fault));
    return {};
}

template <class T>
Result<T> FolderAdmin::run(Task<Result<T>> task) {
    Result<T> outcome = fail(ErrorCode::stopping, "did not finish");
    auto keep_outcome = [&outcome](std::exception_ptr error, Result<T> result) {
        if (!error) outcome = std::move(result);
    };
    asio::co_spawn(loop_, std::move(task), std::move(keep_outcome));
    loop_.restart();
    loop_.run();
    return outcome;
}

Result<void> FolderAdmin::open(const ServerConfig& config) {
    ASSIGN_OR_RETURN(auto lock, DataLock::try_acquire(config.database_dir));
    if (!lock)
        return fail(ErrorCode::unavailable,
                    fmt::format("a server runs on {}: go through it with --server and --token, or "
                                "stop it",
                                config.database_dir));
    lock_ = *std::move(lock);
    ASSIGN_OR_RETURN(const EncryptionKeys keys, load_encryption_keys(config));
    std::vector<ReactorPost> posts;
    posts.emplace_back([this](std::move_only_function<void()> function) {
        asio::post(loop_, std::move(function));
    });
    ASSIGN_OR_RETURN(store_, open_store(config, keys.ring, clock_, entropy_, std::move(posts)));
    ASSIGN_OR_RETURN(Directory::Contents contents, run(load_contents(store_.get())));
    holder_ = std::make_unique<DirectoryHolder>(Directory::holding(std::move(contents)));
    directory_ = std::make_unique<DirectoryService>(*holder_, *store_);
    return {};
}

Author FolderAdmin::author() const {
    Author author("posthaste user");
    author.at = clock_.now();
    return author;
}

Result<UserRow> FolderAdmin::add(UserDraft draft) {
    User user;
    user.organization = organization_;
    user.email = to_lower(draft.email);
    user.full_name = draft.full_name;
    user.role = draft.role;
    user.created_at = user.updated_at = clock_.now();
    if (auto fine = keep(fault_of_email(user.email)); !fine) return std::unexpected(fine.error());
    if (auto fine = keep(fault_of_password(draft.password.view(), user.email)); !fine)
        return std::unexpected(fine.error());
    if (!draft.application.empty()) {
        const auto application =
            native::find_application(*directory_->current(), organization_, draft.application);
        if (!application)
            return fail(ErrorCode::not_found,
                        fmt::format("there is no application {}", draft.application));
        user.application = application->config.id;
    }
    ASSIGN_OR_RETURN(user.password_hash, argon2_hash(draft.password.view()));
    Organization organization;
    organization.id = organization_;
    organization.name = to_base62("org", organization_);
    organization.created_at = user.created_at;
    if (auto done = run(directory_->ensure(std::move(organization))); !done)
        return std::unexpected(std::move(done).error());
    Result<User> created = run(directory_->create(std::move(user), author()));
    if (created) return row_of(*created);
    if (created.error().code == ErrorCode::exists)
        return fail(ErrorCode::exists,
                    fmt::format("there is a user with the address {} already", draft.email));
    return std::unexpected(std::move(created).error());
}

Result<std::vector<UserRow>> FolderAdmin::list() {
    std::vector<UserRow> rows;
    for (const UserPtr& user : directory_->current()->users(organization_, {}))
        rows.push_back(row_of(*user));
    return rows;
}

Result<UserPtr> FolderAdmin::find(const std::string& email) {
    const UserPtr user = directory_->current()->find_user(to_lower(email));
    if (!user || user->organization != organization_)
        return fail(ErrorCode::not_found, fmt::format("there is no user {}", email));
    return user;
}

Result<UserRow> FolderAdmin::change(const std::string& email,
                                    DirectoryService::Change<User> change) {
    ASSIGN_OR_RETURN(const UserPtr user, find(email));
    const Timestamp now = clock_.now();
    DirectoryService::Change<User> stamped = [&](User& changed) -> Result<void> {
        changed.updated_at = now;
        return change(changed);
    };
    ASSIGN_OR_RETURN(const User changed,
                     run(directory_->change(user->id, std::move(stamped), author())));
    return row_of(changed);
}

Result<UserRow> FolderAdmin::set_password(const std::string& email, WipedText password) {
    if (auto fine = keep(fault_of_password(password.view(), email)); !fine)
        return std::unexpected(fine.error());
    ASSIGN_OR_RETURN(const std::string hash, argon2_hash(password.view()));
    return change(email, [&hash](User& user) -> Result<void> {
        user.password_hash = hash;
        return {};
    });
}

Result<UserRow> FolderAdmin::set_role(const std::string& email, Role role) {
    return change(email, [role](User& user) -> Result<void> {
        user.role = role;
        return {};
    });
}

Result<void> FolderAdmin::remove(const std::string& email) {
    ASSIGN_OR_RETURN(const UserPtr user, find(email));
    return run(remove_user(directory_.get(), store_.get(), user->id, author()));
}

}  // namespace

Result<std::unique_ptr<UserAdmin>> administer_folder(const ServerConfig& config,
                                                     const std::string& organization) {
    auto admin = std::make_unique<FolderAdmin>(organization_id(organization));
    if (auto opened = admin->open(config); !opened)
        return std::unexpected(std::move(opened).error());
    return admin;
}

}  // namespace posthaste
