#pragma once

// Finding mailboxes: endpoints of the caller's application that this API made.

#include <vector>

#include "api/route.h"
#include "domain/directory.h"
#include "ports/http.h"

namespace posthaste::mailboxes {

// A live one; null when there is none.
[[nodiscard]] PreparedEndpointPtr find_mailbox(const Call& call, EndpointId id);
// The same, deleted ones included.
[[nodiscard]] PreparedEndpointPtr find_any_mailbox(const Call& call, EndpointId id);
// All of them by id: the live ones, and those that were deleted last.
[[nodiscard]] std::vector<EndpointId> all_mailboxes(const Call& call);

// 404 {"detail":"Mailbox not found"}
[[nodiscard]] HttpResponse reply_no_mailbox();

}  // namespace posthaste::mailboxes
