#include "api/dashboard/viewer.h"

#include "api/admission.h"
#include "api/authenticator.h"
#include "api/native/session.h"
#include "api/text.h"

namespace posthaste::dashboard {

namespace {

Viewer viewer_of(const native::Scope& scope) {
    const Principal& principal = *scope.principal;
    Viewer viewer{principal.organization, std::nullopt, scope.principal, scope.directory};
    if (principal.is_application)
        viewer.application = principal.application.value_or(ApplicationId());
    return viewer;
}

}  // namespace

bool Viewer::sees(const Endpoint& endpoint) const {
    return endpoint.organization == organization &&
           (!application || endpoint.application == *application);
}

bool Viewer::sees(const Event& event) const {
    return event.organization == organization &&
           (!application || event.application == *application);
}

std::expected<Viewer, HttpResponse> enter(const Call& call) {
    const ApiContext& context = *call.context;
    const auto known = call.authenticator->authenticate(call.request, context.clock.now(),
                                                        context.engine.directory());
    if (!known && context.settings.auth == AuthMode::open)
        return Viewer{context.settings.organization, std::nullopt, nullptr,
                      context.engine.directory().current()};
    const native::Entered scope = native::enter(call, native::Level::either);
    if (!scope) return std::unexpected(scope.error());
    return viewer_of(*scope);
}

Author author_of(const Call& call, const Viewer& viewer) {
    return viewer.principal ? posthaste::author_of(call, *viewer.principal)
                            : posthaste::author_of(call);
}

PreparedEndpointPtr find_endpoint(const Viewer& viewer, std::string_view text) {
    const auto id = parse_base62("ep", text);
    if (!id) return nullptr;
    PreparedEndpointPtr found = viewer.directory->find(EndpointId(*id));
    return found && viewer.sees(found->config) ? found : nullptr;
}

}  // namespace posthaste::dashboard
