// Health: what load balancers and Svix's own health check ask for. No token is needed.

#include "api/native/core.h"
#include "api/native/handlers.h"

namespace posthaste::native {

// Upstream lists its database, queue and cache; here the store is all of them.
Task<HttpResponse> get_health(Call call) {
    const StoreStats stats = call.context->store.stats();
    const std::string_view one = stats.healthy ? "{\"status\":\"ok\"}" : "{\"status\":\"error\"}";
    std::string body;
    ObjectWriter writer(body);
    for (const std::string_view name : {"database", "queue", "cache"}) writer.raw(name, one);
    writer.close();
    co_return reply(stats.healthy ? 200 : 500, std::move(body));
}

Task<HttpResponse> ping(Call call) {
    static_cast<void>(call);
    co_return no_content();
}

}  // namespace posthaste::native
