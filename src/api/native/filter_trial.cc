// Tries a filter on a sample: what would this endpoint have received?

#include <simdjson.h>

#include "api/native/core.h"
#include "api/native/endpoints.h"
#include "api/native/handlers.h"
#include "domain/filter.h"

namespace posthaste::native {

// {"filter"?, "payload", "eventType"?, "channels"?} -> {"matches"}. Without a filter in the body it is the endpoint's own.
Task<HttpResponse> test_filter(Call call) {
    const Entered scope = enter_endpoint(call, Level::application);
    if (!scope) co_return scope.error();
    BodyReader body(call.request.body);
    const auto given = read_filter(body, Presence::optional);
    const auto payload = body.raw_object({"payload", Presence::required, {}, "data"});
    const auto type = body.text({"eventType", Presence::optional, "event_type"});
    const auto channels = body.set({"channels"}, {});
    if (!body.ok()) co_return body.reply();

    const std::string filter_text =
        given ? *given.value : scope->endpoint->config.filter.value_or("{}");
    const auto filter = Filter::compile(filter_text);
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    const simdjson::padded_string text(*payload.value);
    const bool is_read = parser.parse(text).get(element) == simdjson::SUCCESS;
    const std::vector<std::string> named = channels.value_or({});
    FilterInput input;
    input.payload = is_read ? &element : nullptr;
    const std::string type_text = type.value_or("");
    input.type = type_text;
    input.channels = named;
    if (!filter) co_return unprocessable("filter", describe(filter.error()));
    std::string answer;
    ObjectWriter writer(answer);
    writer.flag("matches", (*filter)->matches(input));
    writer.close();
    co_return reply(200, std::move(answer));
}

}  // namespace posthaste::native
