#include "api/audit_note.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "api/admission.h"
#include "api/authenticator.h"
#include "api/native/answers.h"
#include "api/reply.h"
#include "api/text.h"
#include "engine/audit_text.h"

namespace posthaste {

namespace {

constexpr std::size_t kPathMax = 500;

// What the route's last {param} stood for, or who asked.
std::string object_of(const Call& call, const Author& author) {
    std::string_view last;
    for (const std::string_view param : call.params)
        if (!param.empty()) last = param;
    return last.empty() ? author.actor : percent_decode(last);
}

AuditEntry entry_of(const Call& call, const PrincipalPtr& principal) {
    const Author author = principal ? author_of(call, *principal) : author_of(call);
    AuditEntry entry = audit_entry(
        author, principal ? principal->organization : call.context->settings.organization,
        std::string(call.route->audit), object_of(call, author));
    boost::json::object after;
    after["path"] = call.request.path.substr(0, kPathMax);
    entry.after = boost::json::serialize(after);
    return entry;
}

HttpResponse reply_not_noted(const Call& call, const Error& error) {
    if (call.route->kind == RouteKind::native || call.route->kind == RouteKind::native_private)
        return native::fault(error, *call.context);
    return reply_error(error, call.context->settings.retry_after);
}

}  // namespace

Task<HttpResponse> note_success(Call call, Task<HttpResponse> answer) {
    // Asked before: what is done may end the session.
    auto principal = call.authenticator->authenticate(call.request, call.context->clock.now(),
                                                      call.context->engine.directory());
    HttpResponse response = co_await std::move(answer);
    if (response.status < 200 || response.status > 299) co_return response;
    AuditEntry entry = entry_of(call, principal ? *principal : nullptr);
    const Result<void> noted = co_await call.context->engine.directory().note(std::move(entry));
    if (!noted) co_return reply_not_noted(call, noted.error());
    co_return response;
}

}  // namespace posthaste
