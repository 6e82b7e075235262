#pragma once

// Who looks at the dashboard: whoever the credentials name, or, where none are required, the server's own organization.

#include <expected>
#include <optional>

#include "api/principal.h"
#include "api/route.h"
#include "base/id.h"
#include "domain/author.h"
#include "domain/directory.h"

namespace posthaste::dashboard {

struct Viewer {
    OrganizationId organization;
    std::optional<ApplicationId> application;  // set: sees nothing but that one
    PrincipalPtr principal;                    // null: nobody, where nobody need log in
    DirectoryPtr directory;

    [[nodiscard]] bool sees(const Endpoint& endpoint) const;
    [[nodiscard]] bool sees(const Event& event) const;
};

// Whether the caller may what the route takes; else the answer.
[[nodiscard]] std::expected<Viewer, HttpResponse> enter(const Call& call);

[[nodiscard]] Author author_of(const Call& call, const Viewer& viewer);

// The endpoint that the text names by id, if the viewer sees it; tombstones too.
[[nodiscard]] PreparedEndpointPtr find_endpoint(const Viewer& viewer, std::string_view text);

}  // namespace posthaste::dashboard
