#include "server/audit_head.h"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr Duration kEvery = 1h;

}  // namespace

Task<Result<void>> AuditHead::note(Store* store) {
    AuditQuery query;
    query.newest_first = true;
    query.limit = 1;
    const auto last = co_await store->read_audit(std::move(query));
    if (!last) {
        log_.notice(Severity::warning, "audit", last.error().message);
        co_return std::unexpected(last.error());
    }
    if (last->empty() || last->front().sequence == noted_) co_return Result<void>{};
    noted_ = last->front().sequence;
    log_.notice(Severity::info, "audit",
                fmt::format("{} entries, head {}", noted_, to_hex(last->front().hash)));
    co_return Result<void>{};
}

Task<void> AuditHead::watch(Store* store) {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (true) {
        static_cast<void>(co_await note(store));
        timer.expires_after(kEvery);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable_t<Executor>(), ignored));
    }
}

}  // namespace posthaste
