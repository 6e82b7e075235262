// The audit log of the caller's organization, newest first.

#include <charconv>

#include "api/accounts/handlers.h"
#include "api/native/core.h"
#include "base/bytes.h"

namespace posthaste::accounts {

using namespace native;

namespace {

void append_entry(std::string& out, const AuditEntry& entry) {
    ObjectWriter writer(out);
    writer.number("sequence", static_cast<std::int64_t>(entry.sequence));
    writer.time("at", entry.at);
    writer.text("actor", entry.actor);
    writer.text("actorName", entry.actor_name);
    writer.text("address", entry.address);
    writer.text("action", entry.action);
    writer.text("object", entry.object);
    writer.raw("before", entry.before.empty() ? "null" : entry.before);
    writer.raw("after", entry.after.empty() ? "null" : entry.after);
    writer.text("hash", to_hex(entry.hash));
    writer.close();
}

std::optional<std::uint64_t> parse_sequence(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return std::nullopt;
    return number;
}

}  // namespace

Task<HttpResponse> list_audit(Call call) {
    Query query(call.request.query);
    Paging paging = query.page_by_name();
    paging.order = Order::descending;
    AuditQuery wanted;
    wanted.actor = query.text("actor");
    wanted.action = query.text("action");
    wanted.object = query.text("object");
    wanted.since = query.time("since");
    wanted.until = query.time("until");
    if (!query.ok()) co_return query.reply();
    const auto cursor = parse_sequence(paging.name);
    if (!paging.name.empty() && !cursor) {
        Issues issues;
        issues.add({"query", "iterator"}, "The iterator is not one that a list returned.");
        co_return issues.reply();
    }
    const Entered scope = enter(call, Level::organization);
    if (!scope) co_return scope.error();

    wanted.organization = scope->principal->organization;
    wanted.newest_first = paging.reads_descending();
    wanted.limit = paging.limit + 1;
    if (cursor) (wanted.newest_first ? wanted.below : wanted.above) = *cursor;
    auto entries = co_await call.context->store.read_audit(std::move(wanted));
    if (!entries) co_return fault(entries.error(), *call.context);
    const bool done = paging.cut(*entries);
    ListWriter list;
    for (const AuditEntry& entry : *entries)
        append_entry(list.item(std::to_string(entry.sequence)), entry);
    co_return list.finish(done);
}

}  // namespace posthaste::accounts
