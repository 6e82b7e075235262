// The greeting of the server: the dashboard for browsers, a line of JSON for programs.

#include "api/asset_reply.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

bool wants_html(const HttpRequest& request) {
    const auto accept = request.header("accept");
    return accept && accept->find("text/html") != std::string_view::npos;
}

std::string greeting(const ApiSettings& settings) {
    if (settings.greeting == Greeting::subscriptions)
        return R"({"message":"Welcome to Webhook Delivery Service"})";
    std::string body = R"({"message":"FastAPI webhook dispatcher is running","env":)";
    append_json_string(body, settings.environment);
    return body + '}';
}

}  // namespace

Task<HttpResponse> get_root(Call call) {
    HttpResponse response = wants_html(call.request) ? reply_page(call.request, "/index.html")
                                                     : reply(200, greeting(call.context->settings));
    // One address, two representations: caches must keep them apart.
    response.headers += "vary: Accept\r\n";
    co_return response;
}

}  // namespace posthaste
