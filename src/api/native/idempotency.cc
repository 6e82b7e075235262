#include "api/native/idempotency.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/authenticator.h"
#include "api/native/answers.h"
#include "api/request_locks.h"
#include "domain/digest.h"

namespace posthaste::native {

namespace {

namespace json = boost::json;

std::string encode(const HttpResponse& response) {
    json::object body;
    body["status"] = response.status;
    body["headers"] = response.headers;
    body["body"] = response.body;
    return json::serialize(body);
}

// None when the text is not what encode() writes.
std::optional<HttpResponse> decode(const std::string& text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (!object) return std::nullopt;
    const json::value* status = object->if_contains("status");
    const json::value* headers = object->if_contains("headers");
    const json::value* body = object->if_contains("body");
    if (!status || !status->is_int64() || !headers || !headers->is_string() || !body ||
        !body->is_string())
        return std::nullopt;
    HttpResponse response;
    response.status = static_cast<int>(status->get_int64());
    response.headers = headers->get_string();
    response.body = body->get_string();
    return response;
}

Task<Result<Record>> find_answer(Call call, OrganizationId organization, std::string name) {
    RecordQuery query;
    query.kind = RecordKind::answer;
    query.organization = organization;
    query.name = name;
    query.limit = 1;
    Result<std::vector<Record>> found = co_await call.context->store.read_records(std::move(query));
    if (!found) co_return std::unexpected(std::move(found).error());
    if (!found->empty()) co_return std::move(found->front());
    Record fresh;
    fresh.kind = RecordKind::answer;
    fresh.organization = organization;
    fresh.name = std::move(name);
    co_return fresh;
}

bool is_kept(const Record& record, Timestamp now) {
    return record.revision > 0 && record.expires_at && *record.expires_at > now;
}

}  // namespace

std::optional<Id> request_key(const HttpRequest& request, const Principal& principal) {
    const auto key = request.header("idempotency-key");
    if (!key || key->empty()) return std::nullopt;
    // A separator that no part can hold keeps the parts apart.
    std::string named;
    named.reserve(principal.subject.size() + principal.organization_name.size() + key->size() +
                  request.target.size() + 3);
    named += principal.organization_name;
    named += '\n';
    named += principal.subject;
    named += '\n';
    named += *key;
    named += '\n';
    named += request.target;
    return digest_id(named);
}

Task<HttpResponse> answer_once(Handler handler, Call call) {
    const ApiContext& context = *call.context;
    const auto principal = call.authenticator->authenticate(call.request, context.clock.now(),
                                                            context.engine.directory());
    std::optional<Id> key;
    if (principal && (*principal)->permissions.allow(call.route->access))
        key = request_key(call.request, **principal);
    // Whom the route does not take hears that from the handler, and nobody's answer.
    if (!key) co_return co_await handler(call);

    const HeldLock held = co_await hold(&context.request_locks, *key);
    Result<Record> record = co_await find_answer(call, (*principal)->organization, to_uuid(*key));
    if (!record) co_return fault(record.error(), context);
    if (is_kept(*record, context.clock.now())) {
        if (auto kept = decode(record->body)) co_return *std::move(kept);
    }
    HttpResponse response = co_await handler(call);
    if (response.status < 200 || response.status > 299) co_return response;
    record->body = encode(response);
    record->expires_at = context.clock.now() + kRepeatWindow;
    ConfigChange change;
    change.records.push_back(*std::move(record));
    // What was done stays done when its answer cannot be kept: only a repeat would be done again.
    static_cast<void>(co_await context.store.change_config(std::move(change)));
    co_return response;
}

}  // namespace posthaste::native
