// GET /api/v1/live: what happens, pushed while it happens.

#include <memory>
#include <vector>

#include "api/authenticator.h"
#include "api/dashboard/handlers.h"
#include "api/dashboard/live_stream.h"
#include "api/dashboard/overview_document.h"
#include "api/dashboard/viewer.h"
#include "api/native/answers.h"
#include "api/native/query.h"
#include "api/native/session.h"
#include "api/reply.h"
#include "base/bytes.h"
#include "engine/figures.h"

namespace posthaste::dashboard {

namespace {

// What a request's credentials were, to ask again later what they are worth.
class Credentials {
public:
    explicit Credentials(const Call& call)
        : context_(*call.context), authenticator_(*call.authenticator), route_(*call.route) {
        for (const HeaderView& header : call.request.headers)
            if (equal_ignoring_case(header.name, "authorization") ||
                equal_ignoring_case(header.name, "cookie"))
                kept_.emplace_back(header.name, header.value);
    }

    // Are they worth as much as then?
    [[nodiscard]] bool are_good_for(const Viewer& viewer) const {
        if (!viewer.principal) return true;  // nobody, whom nothing can be taken from
        std::vector<HeaderView> headers;
        for (const auto& [name, value] : kept_) headers.push_back({name, value});
        HttpRequest request;
        request.method = Method::get;
        request.headers = headers;
        const auto now =
            authenticator_.authenticate(request, context_.clock.now(), context_.engine.directory());
        return now && (*now)->permissions.allow(route_.access) &&
               (*now)->organization == viewer.organization &&
               (*now)->is_application == viewer.principal->is_application &&
               (*now)->application == viewer.principal->application;
    }

private:
    const ApiContext& context_;
    Authenticator& authenticator_;
    const ApiRoute& route_;
    std::vector<std::pair<std::string, std::string>> kept_;
};

// False: there is nothing of that name for this viewer.
bool narrow(LiveFilter& filter, const Viewer& viewer, const std::optional<std::string>& application,
            const std::optional<std::string>& endpoint) {
    filter.application = viewer.application;
    if (application) {
        const auto found =
            native::find_application(*viewer.directory, viewer.organization, *application);
        if (!found) return false;
        if (filter.application && *filter.application != found->config.id) return false;
        filter.application = found->config.id;
    }
    if (!endpoint) return true;
    const PreparedEndpointPtr found = find_endpoint(viewer, *endpoint);
    if (!found) return false;
    filter.endpoint = found->config.id;
    return true;
}

LiveStream::Options make_options(const Call& call, const Viewer& viewer, LiveFilter filter) {
    LiveStream::Options options;
    options.filter = filter;
    options.version = call.context->settings.version;
    options.is_admitted = [credentials = Credentials(call), viewer] {
        return credentials.are_good_for(viewer);
    };
    if (sees_the_server(call, viewer))
        options.totals = [&figures = call.context->figures](const Tally& tally) {
            return totals_json(tally, figures.in_flight());
        };
    return options;
}

}  // namespace

Task<HttpResponse> watch_live(Call call) {
    native::Query query(call.request.query);
    const auto application = query.identifier("appId");
    const auto endpoint = query.identifier("endpointId");
    if (!query.ok()) co_return query.reply();
    const auto viewer = enter(call);
    if (!viewer) co_return viewer.error();
    LiveFilter filter{viewer->organization, std::nullopt, std::nullopt};
    if (!narrow(filter, *viewer, application, endpoint)) co_return native::entity_not_found();
    auto stream = std::make_shared<LiveStream>(make_options(call, *viewer, filter));
    if (!stream->join(call.context->engine.live()))
        co_return native::fault(503, "too_many_streams",
                                "As many watch already as may watch at a time.");
    HttpResponse response = reply(200, {}, "text/event-stream");
    response.headers += "cache-control: no-store\r\nx-accel-buffering: no\r\n";
    response.stream = std::move(stream);
    co_return response;
}

}  // namespace posthaste::dashboard
