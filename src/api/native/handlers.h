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

// event_type_import.cc
Task<HttpResponse> import_event_types(Call call);

// access.cc
Task<HttpResponse> create_app_portal_access(Call call);
Task<HttpResponse> create_dashboard_access(Call call);
Task<HttpResponse> expire_tokens(Call call);
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

// create_message.cc
Task<HttpResponse> create_message(Call call);  // hot

// messages.cc
Task<HttpResponse> list_messages(Call call);
Task<HttpResponse> list_endpoint_messages(Call call);
Task<HttpResponse> get_message(Call call);
Task<HttpResponse> expunge_message_content(Call call);
Task<HttpResponse> expunge_message_contents(Call call);
Task<HttpResponse> list_destinations(Call call);
Task<HttpResponse> resend_message(Call call);
Task<HttpResponse> precheck_message(Call call);

// poller.cc
Task<HttpResponse> poll_messages(Call call);
Task<HttpResponse> poll_consumer(Call call);
Task<HttpResponse> seek_consumer(Call call);

// attempts.cc
Task<HttpResponse> list_attempts_by_endpoint(Call call);
Task<HttpResponse> list_attempts_by_message(Call call);
Task<HttpResponse> list_attempts_of_destination(Call call);
Task<HttpResponse> get_attempt(Call call);
Task<HttpResponse> expunge_attempt_content(Call call);

// endpoint_activity.cc
Task<HttpResponse> get_endpoint_stats(Call call);
Task<HttpResponse> send_example(Call call);

// background_tasks.cc
Task<HttpResponse> recover_endpoint(Call call);
Task<HttpResponse> replay_missing(Call call);
Task<HttpResponse> bulk_replay(Call call);
Task<HttpResponse> expunge_all_contents(Call call);
Task<HttpResponse> aggregate_event_types(Call call);
Task<HttpResponse> aggregate_application_stats(Call call);
Task<HttpResponse> redrive_dead_letters(Call call);
Task<HttpResponse> list_background_tasks(Call call);
Task<HttpResponse> get_background_task(Call call);

}  // namespace posthaste::native
