#include "api/subscriptions/lookup.h"

#include "api/admission.h"
#include "api/reply.h"

namespace posthaste::subscriptions {

PreparedEndpointPtr find_subscription(const Call& call, EndpointId id) {
    PreparedEndpointPtr found = call.context->engine.directory().current()->find(id);
    if (!found || found->config.is_deleted || found->config.profile != Profile::subscriptions ||
        found->config.application != owner_of(call).application)
        return nullptr;
    return found;
}

HttpResponse reply_no_subscription() { return reply_detail(404, "Subscription not found"); }

}  // namespace posthaste::subscriptions
