#pragma once

// Users, for whoever sits at the server: in the data folder when no server runs on it, or through a server that does. Blocking.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "domain/access.h"
#include "domain/wipe.h"
#include "server/commands/commands.h"
#include "server/config.h"

namespace posthaste {

struct UserDraft {
    std::string email;
    std::string full_name;
    Role role = Role::viewer;
    std::string application;  // its id or uid; empty: all of the organization
    WipedText password;
};

struct UserRow {
    std::string id;  // "user_…"
    std::string email;
    std::string full_name;
    std::string role;
    std::string application;  // "app_…", or empty
    bool is_active = true;
};

class UserAdmin {
public:
    virtual ~UserAdmin() = default;
    virtual Result<UserRow> add(UserDraft draft) = 0;
    virtual Result<std::vector<UserRow>> list() = 0;
    // The user with that address; not_found names it. A new password ends their sessions.
    virtual Result<UserRow> set_password(const std::string& email, WipedText password) = 0;
    virtual Result<UserRow> set_role(const std::string& email, Role role) = 0;
    virtual Result<void> remove(const std::string& email) = 0;
};

// Holds the data folder until it goes. unavailable: a server runs on it. `organization`: "org_…".
[[nodiscard]] Result<std::unique_ptr<UserAdmin>> administer_folder(const ServerConfig& config,
                                                                   const std::string& organization);
// Users of the organization that the token belongs to.
[[nodiscard]] Result<std::unique_ptr<UserAdmin>> administer_server(const ServerAddress& server);

}  // namespace posthaste
