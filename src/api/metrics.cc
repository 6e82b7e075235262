#include "api/handlers.h"
#include "api/reply.h"

namespace posthaste {

Task<HttpResponse> get_metrics(Call call) {
    co_return reply(200, call.context->metrics.render(),
                    "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace posthaste
