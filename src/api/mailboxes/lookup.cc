#include "api/mailboxes/lookup.h"

#include <algorithm>

#include "api/admission.h"
#include "api/reply.h"

namespace posthaste::mailboxes {

PreparedEndpointPtr find_any_mailbox(const Call& call, EndpointId id) {
    PreparedEndpointPtr found = call.context->engine.directory().current()->find(id);
    if (!found || found->config.profile != Profile::mailboxes ||
        found->config.application != owner_of(call).application)
        return nullptr;
    return found;
}

PreparedEndpointPtr find_mailbox(const Call& call, EndpointId id) {
    PreparedEndpointPtr found = find_any_mailbox(call, id);
    return found && !found->config.is_deleted ? found : nullptr;
}

std::vector<EndpointId> all_mailboxes(const Call& call) {
    const ApplicationId application = owner_of(call).application;
    const DirectoryPtr directory = call.context->engine.directory().current();
    std::vector<EndpointId> ids;
    for (const auto& mailbox : directory->list(application, Profile::mailboxes, 0, SIZE_MAX))
        ids.push_back(mailbox->config.id);
    PageBounds newest;
    newest.descending = true;
    newest.limit = call.context->settings.page_max;
    for (const auto& deleted : directory->tombstones(application, newest))
        if (deleted->config.profile == Profile::mailboxes) ids.push_back(deleted->config.id);
    std::ranges::sort(ids);
    return ids;
}

HttpResponse reply_no_mailbox() { return reply_detail(404, "Mailbox not found"); }

}  // namespace posthaste::mailboxes
