#pragma once

// Every handler of the accounts' route table (routes.cc), each defined in the file of its resource.

#include "api/route.h"

namespace posthaste::accounts {

// login.cc
Task<HttpResponse> set_up(Call call);
Task<HttpResponse> log_in(Call call);
Task<HttpResponse> log_out(Call call);

// account.cc
Task<HttpResponse> get_account(Call call);
Task<HttpResponse> patch_account(Call call);
Task<HttpResponse> change_password(Call call);
Task<HttpResponse> list_sessions(Call call);
Task<HttpResponse> end_session(Call call);
Task<HttpResponse> end_other_sessions(Call call);

// members.cc
Task<HttpResponse> list_members(Call call);
Task<HttpResponse> create_member(Call call);
Task<HttpResponse> get_member(Call call);
Task<HttpResponse> patch_member(Call call);
Task<HttpResponse> delete_member(Call call);

// keys.cc
Task<HttpResponse> list_keys(Call call);
Task<HttpResponse> create_key(Call call);
Task<HttpResponse> get_key(Call call);
Task<HttpResponse> patch_key(Call call);
Task<HttpResponse> delete_key(Call call);

// audit.cc
Task<HttpResponse> list_audit(Call call);

}  // namespace posthaste::accounts
