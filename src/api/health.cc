#include "api/handlers.h"
#include "api/reply.h"
#include "api/text.h"
#include "base/json_text.h"

namespace posthaste {

Task<HttpResponse> get_health(Call call) {
    const ApiContext& context = *call.context;
    const StoreStats stats = context.store.stats();
    std::string body =
        stats.healthy ? "{\"status\":\"up\",\"database\":" : "{\"status\":\"down\",\"database\":";
    append_json_string(body, stats.healthy ? "healthy" : "unhealthy: " + stats.problem);
    body += ",\"redis\":\"not configured\",\"timestamp\":";
    append_json_string(body, format_rfc3339(context.clock.now()));
    body += ",\"version\":";
    append_json_string(body, context.settings.version);
    if (stats.healthy && !stats.problem.empty()) {  // it serves, but somebody should look
        body += ",\"problem\":";
        append_json_string(body, stats.problem);
    }
    body += '}';
    co_return reply(stats.healthy ? 200 : 503, std::move(body));
}

Task<HttpResponse> get_worker_health(Call call) {
    const ApiContext& context = *call.context;
    Result<Tally> tally = co_await context.store.tally();
    std::string body = "{\"status\":";
    body += tally && context.store.stats().healthy ? "\"healthy\"" : "\"unhealthy\"";
    body += ",\"workers\":" + std::to_string(context.settings.reactors) + ",\"queue_size\":";
    body += tally ? std::to_string(tally->pending()) : "null";
    if (!tally) {
        body += ",\"error\":";
        append_json_string(body, tally.error().message);
    }
    body += '}';
    co_return reply(200, std::move(body));
}

}  // namespace posthaste
