#include "net/http_server.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "net/http_server_core.h"

namespace posthaste {

std::uint64_t HttpServerMetrics::refused_with(int status) const {
    const auto* const found = std::find(kRefusals.begin(), kRefusals.end(), status);
    if (found == kRefusals.end()) return 0;
    return refused[static_cast<std::size_t>(found - kRefusals.begin())].value();
}

HttpServer::HttpServer(Executor executor, HttpServerOptions options, HttpHandler& handler)
    : core_(std::make_shared<HttpServerCore>(executor, std::move(options), handler)) {}

HttpServer::~HttpServer() { close(); }

Result<void> HttpServer::start() { return core_->listen(); }

std::uint16_t HttpServer::local_port(std::size_t index) const { return core_->local_port(index); }

void HttpServer::stop_accepting() { core_->stop_accepting(); }

Task<void> HttpServer::drain(Duration patience) { return core_->drain(patience); }

void HttpServer::close() {
    core_->stop_accepting();
    core_->close_all();
}

const HttpServerMetrics& HttpServer::metrics() const { return core_->metrics; }

}  // namespace posthaste
