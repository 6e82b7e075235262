// Create, list, get, change and delete mailboxes, and give them new keys.

#include "api/admission.h"
#include "api/mailboxes/handlers.h"
#include "api/mailboxes/lookup.h"
#include "api/mailboxes/mailbox_document.h"
#include "api/problems.h"
#include "api/reply.h"
#include "engine/random_text.h"

namespace posthaste::mailboxes {

namespace {

constexpr std::string_view kKeyPrefix = "mbx_";

Shown shown_to_all(const ApiContext& context) {
    return context.settings.auth == AuthMode::open ? Shown::everything : Shown::no_secrets;
}

Shown shown_to_maker(const ApiContext& context) {
    return context.settings.auth == AuthMode::open ? Shown::everything : Shown::key;
}

HttpResponse reply_mailbox(const Endpoint& mailbox, Shown shown) {
    std::string body;
    append_mailbox(body, mailbox, shown);
    return reply(200, std::move(body));
}

HttpResponse reply_failure(const Error& error, const ApiContext& context) {
    if (error.code == ErrorCode::not_found) return reply_no_mailbox();
    return reply_error(error, context.settings.retry_after);
}

Endpoint new_mailbox(const Call& call, const MailboxChanges& changes) {
    const Owner owner = owner_of(call);
    Endpoint mailbox;
    mailbox.organization = owner.organization;
    mailbox.application = owner.application;
    mailbox.profile = Profile::mailboxes;
    mailbox.created_at = call.context->clock.now();
    mailbox.updated_at = mailbox.created_at;
    mailbox.retry = mailboxes_retry_policy();
    mailbox.timeout = kTimeout;
    changes.apply_to(mailbox);
    if (!mailbox.ingest_key) mailbox.ingest_key = random_text(kKeyPrefix, call.context->entropy);
    return mailbox;
}

}  // namespace

Task<HttpResponse> create_mailbox(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const MailboxChanges changes = read_mailbox(problems, call.request.body, Purpose::create);
    if (!problems.none()) co_return problems.reply();
    if (const Result<void> ensured = co_await ensure_owner(call); !ensured)
        co_return reply_failure(ensured.error(), context);
    Endpoint mailbox = new_mailbox(call, changes);
    const Result<Endpoint> created =
        co_await context.engine.directory().create(std::move(mailbox), author_of(call));
    if (!created) co_return reply_failure(created.error(), context);
    co_return reply_mailbox(*created, shown_to_maker(context));
}

Task<HttpResponse> list_mailboxes(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto page_max = static_cast<std::int64_t>(context.settings.page_max);
    const std::int64_t skip = read_query_integer(problems, call.request.query, {.name = "skip"});
    const std::int64_t limit = read_query_integer(
        problems, call.request.query, {.name = "limit", .fallback = page_max, .max = page_max});
    if (!problems.none()) co_return problems.reply();

    const auto page = context.engine.directory().current()->list(
        owner_of(call).application, Profile::mailboxes, static_cast<std::size_t>(skip),
        static_cast<std::size_t>(limit));
    std::string body = "[";
    for (const PreparedEndpointPtr& mailbox : page) {
        if (body.size() > 1) body += ',';
        append_mailbox(body, mailbox->config, shown_to_all(context));
    }
    body += ']';
    co_return reply(200, std::move(body));
}

Task<HttpResponse> get_mailbox(Call call) {
    Problems problems;
    const auto id = read_path_id(problems, "mailbox_id", call.params[0]);
    if (!id) co_return problems.reply();
    const auto found = find_mailbox(call, EndpointId(*id));
    if (!found) co_return reply_no_mailbox();
    co_return reply_mailbox(found->config, shown_to_all(*call.context));
}

Task<HttpResponse> update_mailbox(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "mailbox_id", call.params[0]);
    MailboxChanges changes = read_mailbox(problems, call.request.body, Purpose::update);
    if (!problems.none()) co_return problems.reply();
    if (!find_mailbox(call, EndpointId(*id))) co_return reply_no_mailbox();

    DirectoryService::Change<Endpoint> change = [changes = std::move(changes),
                                                 now = context.clock.now()](Endpoint& mailbox) {
        changes.apply_to(mailbox);
        mailbox.updated_at = now;
        return Result<void>();
    };
    const Result<Endpoint> changed = co_await context.engine.directory().change(
        EndpointId(*id), std::move(change), author_of(call));
    if (!changed) co_return reply_failure(changed.error(), context);
    co_return reply_mailbox(*changed, shown_to_all(context));
}

// What waits is cancelled; what was handed in stays readable until retention takes it.
Task<HttpResponse> delete_mailbox(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "mailbox_id", call.params[0]);
    if (!id) co_return problems.reply();
    if (!find_mailbox(call, EndpointId(*id))) co_return reply_no_mailbox();
    const Result<Endpoint> removed =
        co_await context.engine.directory().remove(EndpointId(*id), author_of(call));
    if (!removed) co_return reply_failure(removed.error(), context);
    co_return reply_mailbox(*removed, shown_to_all(context));
}

// The old key is worth nothing from now on.
Task<HttpResponse> rotate_key(Call call) {
    const ApiContext& context = *call.context;
    Problems problems;
    const auto id = read_path_id(problems, "mailbox_id", call.params[0]);
    if (!id) co_return problems.reply();
    if (!find_mailbox(call, EndpointId(*id))) co_return reply_no_mailbox();
    DirectoryService::Change<Endpoint> change = [key = random_text(kKeyPrefix, context.entropy),
                                                 now = context.clock.now()](Endpoint& mailbox) {
        mailbox.ingest_key = key;
        mailbox.updated_at = now;
        return Result<void>();
    };
    const Result<Endpoint> changed = co_await context.engine.directory().change(
        EndpointId(*id), std::move(change), author_of(call));
    if (!changed) co_return reply_failure(changed.error(), context);
    co_return reply_mailbox(*changed, shown_to_maker(context));
}

}  // namespace posthaste::mailboxes
