#pragma once

// The door in front of the APIs that answer errors as {"detail": …}: who asks, whether they may, for whom they act, and how
// the audit log will name them.

#include <expected>

#include "api/principal.h"
#include "api/route.h"
#include "api/token.h"
#include "domain/author.h"
#include "ports/http.h"

namespace posthaste {

// Null: nobody that is known, and the route asks for nobody.
using Admission = std::expected<PrincipalPtr, HttpResponse>;

// In open mode everybody is let in, and valid credentials say for whom they act; in required mode nobody is without. Either
// way the permissions of a known caller must allow what the route takes. The answer is 401 or 403.
[[nodiscard]] Admission admit(const Call& call);

// For routes that want a principal in both modes: the same answers.
[[nodiscard]] Admission admit_known(const Call& call);

// What was wrong with the credentials: 401 {"detail":"Not authenticated"} with WWW-Authenticate, 403, 404 or 400.
[[nodiscard]] HttpResponse reply_refused(TokenFault fault);
// 403 {"detail": …}
[[nodiscard]] HttpResponse reply_forbidden(const ApiRoute& route);

// Whose objects the caller sees and makes. Without credentials: those of the server's own organization.
struct Owner {
    OrganizationId organization;
    ApplicationId application;
};
[[nodiscard]] Owner owner_of(const Call& call);
// Stores the owner's organization and application, unless they are known. Before an object is made in them.
[[nodiscard]] Task<Result<void>> ensure_owner(Call call);
// The same for the server itself, which makes an object before anybody calls. `directory` must outlive the task.
[[nodiscard]] Task<Result<void>> ensure_owner(DirectoryService* directory, Owner owner,
                                              Timestamp now);
// The application of objects that name none; every organization has one.
[[nodiscard]] ApplicationId default_application(const ApiSettings& settings,
                                                OrganizationId organization);

[[nodiscard]] Author author_of(const Call& call);
[[nodiscard]] Author author_of(const Call& call, const Principal& principal);

}  // namespace posthaste
