// Two programs that run in the browser, made from dashboard/ when the binary was built. Each of their addresses is answered with
// the same page; what is shown there the program finds out, from the APIs that everybody has. A page needs no credentials; what
// it asks for does.

#include "api/asset_reply.h"
#include "api/pages/routes.h"

namespace posthaste::pages {

namespace {

Task<HttpResponse> get_dashboard(Call call) { co_return reply_page(call.request, "/index.html"); }

Task<HttpResponse> get_portal(Call call) { co_return reply_page(call.request, "/portal.html"); }

constexpr ApiRoute page(std::string_view pattern, Handler handler, std::string_view name) {
    return {Method::get, pattern, handler, name, Access::anyone, RouteKind::page};
}

constexpr ApiRoute kRoutes[] = {
    page("/dashboard", get_dashboard, "dashboard"),
    page("/dashboard/{page}", get_dashboard, "dashboard.page"),
    page("/dashboard/{page}/{id}", get_dashboard, "dashboard.item"),
    page("/dashboard/{page}/{id}/{other}", get_dashboard, "dashboard.part"),
    page("/portal", get_portal, "portal"),
    page("/portal/{page}", get_portal, "portal.page"),
    page("/portal/{page}/{id}", get_portal, "portal.item"),
    page("/portal/{page}/{id}/{other}", get_portal, "portal.part"),
    // What app-portal-access gives out.
    page("/app-portal", get_portal, "app_portal"),
};

}  // namespace

std::span<const ApiRoute> routes() { return kRoutes; }

}  // namespace posthaste::pages
