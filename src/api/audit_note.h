#pragma once

// The audit log's entry for a request that succeeded, of a route that wants one (ApiRoute::audit).

#include "api/route.h"

namespace posthaste {

// Answers what `answer` answers. A success that cannot be noted is a failure: nobody reads a secret, or repeats a delivery,
// without leaving a trace.
[[nodiscard]] Task<HttpResponse> note_success(Call call, Task<HttpResponse> answer);

}  // namespace posthaste
