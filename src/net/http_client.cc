#include "net/http_client.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/client_core.h"
#include "net/client_exchange.h"

namespace posthaste {

HttpClient::HttpClient(const Executor& executor, HttpClientOptions options)
    : core_(std::make_shared<ClientCore>(executor, std::move(options))) {}

HttpClient::~HttpClient() { core_->stop(); }

Result<void> HttpClient::check_tls() {
    const auto context = core_->tls();
    if (!context) return std::unexpected(context.error());
    return {};
}

Task<TransportResult> HttpClient::send(OutboundRequest request) {
    ClientExchange exchange(core_, std::move(request));
    if (exchange.start() == ClientExchange::Started::pending) {
        const auto wait = [](auto handler, ClientExchange* waiting) {
            waiting->when_finished(std::move(handler));
        };
        co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
            wait, asio::use_awaitable_t<Executor>{}, &exchange);
    }
    co_return exchange.take_result();
}

void HttpClient::stop() { core_->stop(); }

HttpClientStatistics HttpClient::statistics() const {
    HttpClientStatistics result = core_->statistics;
    result.connections_idle = core_->pool.size();
    return result;
}

}  // namespace posthaste
