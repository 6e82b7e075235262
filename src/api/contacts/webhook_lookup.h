#pragma once

// Finding a webhook: a live endpoint that this API made, and that the caller may know of.

#include "api/route.h"
#include "domain/directory.h"
#include "ports/http.h"

namespace posthaste::contacts {

// Active or not. In open mode anybody's, as in the original. Null when there is none.
[[nodiscard]] PreparedEndpointPtr find_webhook(const Call& call, EndpointId id);

// 404 {"detail":"Webhook not found"}
[[nodiscard]] HttpResponse reply_no_webhook();

}  // namespace posthaste::contacts
