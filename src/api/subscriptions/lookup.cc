#include "api/subscriptions/lookup.h"

#include "api/reply.h"

namespace posthaste::subscriptions {

PreparedEndpointPtr find_subscription(const ApiContext& context, EndpointId id) {
    PreparedEndpointPtr found = context.engine.directory().current()->find(id);
    if (!found || found->config.is_deleted ||
        found->config.organization != context.settings.organization)
        return nullptr;
    return found;
}

HttpResponse reply_no_subscription() { return reply_detail(404, "Subscription not found"); }

}  // namespace posthaste::subscriptions
