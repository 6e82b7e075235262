#pragma once

// Every handler of the dashboard's route table (routes.cc), each defined in the file of its resource.

#include "api/route.h"

namespace posthaste::dashboard {

// deliveries.cc
Task<HttpResponse> list_deliveries(Call call);

// delivery.cc
Task<HttpResponse> get_delivery(Call call);
Task<HttpResponse> resend_delivery(Call call);

// endpoints.cc
Task<HttpResponse> list_endpoints(Call call);
Task<HttpResponse> get_endpoint(Call call);
Task<HttpResponse> patch_endpoint(Call call);

// overview.cc
Task<HttpResponse> get_overview(Call call);

// live.cc
Task<HttpResponse> watch_live(Call call);

}  // namespace posthaste::dashboard
