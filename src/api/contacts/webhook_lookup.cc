#include "api/contacts/webhook_lookup.h"

#include "api/contacts/account.h"
#include "api/reply.h"

namespace posthaste::contacts {

PreparedEndpointPtr find_webhook(const Call& call, EndpointId id) {
    PreparedEndpointPtr found = call.context->engine.directory().current()->find(id);
    if (!found || found->config.is_deleted || found->config.profile != Profile::contacts)
        return nullptr;
    const Endpoint& webhook = found->config;
    return is_hidden(call, webhook.organization, webhook.application) ? nullptr : found;
}

HttpResponse reply_no_webhook() { return reply_detail(404, "Webhook not found"); }

}  // namespace posthaste::contacts
