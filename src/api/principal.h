#pragma once

// Who asks: the holder of a token, of an API key, or a user who logged in. Nobody's principal is a null pointer.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "domain/access.h"
#include "domain/author.h"
#include "domain/directory.h"
#include "domain/token_recall.h"

namespace posthaste {

struct Principal {
    OrganizationId organization;
    std::string organization_name;  // "org_…", as the native API's tokens spell it
    std::string subject;
    bool is_application = false;               // limited to one application
    std::optional<ApplicationId> application;  // which; none when the id cannot be one
    std::vector<std::string> feature_flags;
    // Of a token of an application, which can be taken back.
    std::optional<TokenMarks> token;
    std::optional<Timestamp> token_expires_at;

    Permissions permissions;
    // One of these, of the snapshot the principal was made from; both null: a token of the native API.
    UserPtr user;
    ApiKeyPtr key;
    SessionPtr session;  // with `user`

    // As the audit log names it.
    std::string actor;
    std::string actor_name;
    std::optional<OrganizationId> audited_in;  // none: where the object is
};
using PrincipalPtr = std::shared_ptr<const Principal>;

}  // namespace posthaste
