#pragma once

// Who asks, and for what: the principal of a request, the organization and application it speaks for, and the objects that the
// path names.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "api/principal.h"
#include "api/route.h"
#include "base/id.h"
#include "domain/directory.h"

namespace posthaste::native {

// What a route asks of the token.
enum class Level : std::uint8_t {
    organization,  // "O": an organization's token, else 403
    application,   // "A": or one of the application in the path, else 404
    either,        // "R": or one of any application of the organization
};

// Everything a handler needs to know about its caller. The objects are those of one snapshot.
struct Scope {
    PrincipalPtr principal;
    DirectoryPtr directory;
    PreparedApplicationPtr application;  // enter_application, enter_endpoint
    PreparedEndpointPtr endpoint;        // enter_endpoint; live
};
using Entered = std::expected<Scope, HttpResponse>;

// Checks the token, and that its holder may what the route takes; the answer is 401, 400 or 403.
[[nodiscard]] Entered enter(const Call& call, Level level);
// Also finds the application that the first param names, by id or uid; else 404.
[[nodiscard]] Entered enter_application(const Call& call, Level level);
// Also finds the live endpoint that param `index` names, by id or uid; else 404.
[[nodiscard]] Entered enter_endpoint(const Call& call, Level level, std::size_t index = 1);

// By id or uid (percent-decoded); null when there is none, or it belongs to somebody else.
[[nodiscard]] PreparedApplicationPtr find_application(const Directory& directory,
                                                      OrganizationId organization,
                                                      std::string_view id_or_uid);
[[nodiscard]] PreparedEndpointPtr find_endpoint(const Directory& directory,
                                                ApplicationId application,
                                                std::string_view id_or_uid);

// Stores the caller's organization with its first object.
[[nodiscard]] Task<Result<void>> ensure_organization(Call call, PrincipalPtr principal);

}  // namespace posthaste::native
