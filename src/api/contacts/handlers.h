#pragma once

// Every handler of the contacts API's table (routes.cc), each defined in the file of its resource. Their names are those of
// the original's functions, which the operationIds of the API's description are made of.

#include "api/route.h"

namespace posthaste::contacts {

// users.cc
Task<HttpResponse> create_user(Call call);
Task<HttpResponse> register_user(Call call);
Task<HttpResponse> read_users(Call call);
Task<HttpResponse> read_user_by_id(Call call);

// login.cc
Task<HttpResponse> login_access_token(Call call);
Task<HttpResponse> test_token(Call call);

// contacts.cc
Task<HttpResponse> create_subscriber(Call call);
Task<HttpResponse> list_subscribers(Call call);
Task<HttpResponse> get_subscriber(Call call);
Task<HttpResponse> update_subscriber(Call call);
Task<HttpResponse> delete_subscriber(Call call);

// webhooks.cc
Task<HttpResponse> create_webhook(Call call);
Task<HttpResponse> list_webhooks(Call call);
Task<HttpResponse> get_webhook(Call call);
Task<HttpResponse> update_webhook(Call call);
Task<HttpResponse> delete_webhook(Call call);

// webhook_trials.cc
Task<HttpResponse> test_webhook(Call call);
Task<HttpResponse> test_webhook_provider(Call call);

}  // namespace posthaste::contacts
