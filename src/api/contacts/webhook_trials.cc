// POST /api/v1/webhooks/{id}/test sends something now and says what came of it; POST /api/v1/webhooks/test is a receiver that
// a webhook may be pointed at.

#include "api/contacts/events.h"
#include "api/contacts/handlers.h"
#include "api/contacts/webhook_lookup.h"
#include "api/json_body.h"
#include "api/problems.h"
#include "api/reply.h"
#include "engine/trials.h"

namespace posthaste::contacts {

namespace {

HttpResponse reply_trial(bool is_success) {
    return reply(200, is_success ? R"({"success":true,"message":"Test webhook sent successfully"})"
                                 : R"({"success":false,"message":"Test webhook failed"})");
}

}  // namespace

Task<HttpResponse> test_webhook(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "webhook_id", call.params[0]);
    if (!id) co_return problems.reply();
    const PreparedEndpointPtr webhook = find_webhook(call, EndpointId(*id));
    if (!webhook || !webhook->config.is_active) co_return reply_no_webhook();
    const auto result =
        co_await context.trials.send(webhook, make_trial_event(webhook->config, context.entropy));
    if (!result) co_return reply_error(result.error(), context.settings.retry_after);
    co_return reply_trial(result->outcome == AttemptOutcome::delivered);
}

Task<HttpResponse> test_webhook_provider(Call call) {
    Problems problems;
    const auto object = read_object(problems, call.request.body);
    if (!object) co_return problems.reply();
    co_return reply(200, std::string(call.request.body));
}

}  // namespace posthaste::contacts
