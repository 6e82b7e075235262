#pragma once

// Every handler of the mailboxes API, each defined in the file of its resource.

#include "api/route.h"

namespace posthaste::mailboxes {

// mailboxes.cc
Task<HttpResponse> create_mailbox(Call call);
Task<HttpResponse> list_mailboxes(Call call);
Task<HttpResponse> get_mailbox(Call call);
Task<HttpResponse> update_mailbox(Call call);
Task<HttpResponse> delete_mailbox(Call call);
Task<HttpResponse> rotate_key(Call call);

// receive.cc
Task<HttpResponse> receive_webhook(Call call);

// webhooks.cc
Task<HttpResponse> list_webhooks(Call call);
Task<HttpResponse> get_webhook(Call call);
Task<HttpResponse> retry_webhook(Call call);

}  // namespace posthaste::mailboxes
