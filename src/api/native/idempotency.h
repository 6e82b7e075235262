#pragma once

// Idempotency-Key: a POST repeated with the same key, by the same token's subject and to the same target, is answered with
// what the first one was answered. Answers 2xx are kept as records for kRepeatWindow; a repeat that comes while the first is
// still running waits for it. Creating an event needs none of this: the event itself carries the key, in the same commit.

#include <optional>

#include "api/native/session.h"
#include "api/route.h"
#include "base/id.h"

namespace posthaste::native {

// A hash of what names this request among its organization's; none without the header "idempotency-key".
[[nodiscard]] std::optional<Id> request_key(const HttpRequest& request, const Principal& principal);

// Runs the handler at most once per key.
[[nodiscard]] Task<HttpResponse> answer_once(Handler handler, Call call);

}  // namespace posthaste::native
