#pragma once

// Every handler of the native API's route table (routes.cc), each defined in the file of its resource.

#include "api/route.h"

namespace posthaste::native {

// system.cc
Task<HttpResponse> get_health(Call call);
Task<HttpResponse> ping(Call call);

// openapi.cc
Task<HttpResponse> get_openapi(Call call);

// applications.cc
Task<HttpResponse> list_applications(Call call);
Task<HttpResponse> create_application(Call call);
Task<HttpResponse> get_application(Call call);
Task<HttpResponse> put_application(Call call);
Task<HttpResponse> patch_application(Call call);
Task<HttpResponse> delete_application(Call call);

// endpoints.cc
Task<HttpResponse> list_endpoints(Call call);
Task<HttpResponse> create_endpoint(Call call);
Task<HttpResponse> get_endpoint(Call call);
Task<HttpResponse> put_endpoint(Call call);
Task<HttpResponse> patch_endpoint(Call call);
Task<HttpResponse> delete_endpoint(Call call);
Task<HttpResponse> get_endpoint_secret(Call call);
Task<HttpResponse> rotate_endpoint_secret(Call call);

// endpoint_headers.cc
Task<HttpResponse> get_endpoint_headers(Call call);
Task<HttpResponse> put_endpoint_headers(Call call);
Task<HttpResponse> patch_endpoint_headers(Call call);

// filter_trial.cc
Task<HttpResponse> test_filter(Call call);

// event_types.cc
Task<HttpResponse> list_event_types(Call call);
Task<HttpResponse> create_event_type(Call call);
Task<HttpResponse> get_event_type(Call call);
Task<HttpResponse> put_event_type(Call call);
Task<HttpResponse> patch_event_type(Call call);
Task<HttpResponse> delete_event_type(Call call);

// access.cc
Task<HttpResponse> create_app_portal_access(Call call);
Task<HttpResponse> create_dashboard_access(Call call);
Task<HttpResponse> logout(Call call);

// environment.cc
Task<HttpResponse> export_environment(Call call);
Task<HttpResponse> import_environment(Call call);

// operational_endpoints.cc
Task<HttpResponse> list_operational_endpoints(Call call);
Task<HttpResponse> create_operational_endpoint(Call call);
Task<HttpResponse> get_operational_endpoint(Call call);
Task<HttpResponse> put_operational_endpoint(Call call);
Task<HttpResponse> delete_operational_endpoint(Call call);
Task<HttpResponse> get_operational_secret(Call call);
Task<HttpResponse> rotate_operational_secret(Call call);
Task<HttpResponse> get_operational_headers(Call call);
Task<HttpResponse> put_operational_headers(Call call);

}  // namespace posthaste::native
