#include "api/handlers.h"
#include "api/reply.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

bool wants_html(const HttpRequest& request) {
    const auto accept = request.header("accept");
    return accept && accept->find("text/html") != std::string_view::npos;
}

constexpr std::string_view kPageTop = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>posthaste</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; }
pre { padding: .8rem; overflow-x: auto; border: 1px solid gray; border-radius: 6px; }
code { font: 14px/1.5 ui-monospace, monospace; }
</style>
<h1>posthaste</h1>
<p>A webhook delivery server is running here, version )html";

constexpr std::string_view kPageRest = R"html(.</p>
<p>Make a subscription, send it an event, look at the delivery:</p>
<pre><code>curl -X POST localhost:8000/subscriptions/ -H 'Content-Type: application/json' \
     -d '{"target_url": "https://example.com/webhook", "secret": "my_secret_key"}'

curl -X POST localhost:8000/webhooks/ingest/SUBSCRIPTION_ID -H 'Content-Type: application/json' \
     -d '{"event": "user.created", "data": {"id": 123}}'

curl localhost:8000/status/delivery/DELIVERY_ID</code></pre>
<p>Or do the same, and everything else, in the browser:</p>
<ul>
<li><a href="/docs">The APIs, to try</a> and <a href="/redoc">to read</a></li>
<li><a href="/subscriptions/">Subscriptions</a></li>
<li><a href="/health">Health</a> and <a href="/health/worker">workers</a></li>
<li><a href="/metrics">Metrics</a></li>
</ul>
</html>
)html";

std::string greeting(const ApiSettings& settings) {
    if (settings.greeting == Greeting::subscriptions)
        return R"({"message":"Welcome to Webhook Delivery Service"})";
    std::string body = R"({"message":"FastAPI webhook dispatcher is running","env":)";
    append_json_string(body, settings.environment);
    return body + '}';
}

}  // namespace

Task<HttpResponse> get_root(Call call) {
    HttpResponse response;
    if (wants_html(call.request)) {
        std::string page(kPageTop);
        page += call.context->settings.version;
        page += kPageRest;
        response = reply(200, std::move(page), kHtml);
        response.headers +=
            "content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
            "x-content-type-options: nosniff\r\n";
    } else {
        response = reply(200, greeting(call.context->settings));
    }
    // One address, two representations: caches must keep them apart.
    response.headers += "vary: Accept\r\n";
    co_return response;
}

}  // namespace posthaste
