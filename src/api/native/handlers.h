#pragma once

// Every handler of the native API's route table (routes.cc), each defined in the file of its resource.

#include "api/route.h"

namespace posthaste::native {

// system.cc
Task<HttpResponse> get_health(Call call);
Task<HttpResponse> ping(Call call);

// applications.cc
Task<HttpResponse> list_applications(Call call);
Task<HttpResponse> create_application(Call call);
Task<HttpResponse> get_application(Call call);
Task<HttpResponse> put_application(Call call);
Task<HttpResponse> patch_application(Call call);
Task<HttpResponse> delete_application(Call call);

}  // namespace posthaste::native
