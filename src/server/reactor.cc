#include "server/reactor.h"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace posthaste {

namespace {

HttpClientOptions client_options(const ServerConfig& config, const std::string& version) {
    HttpClientOptions options;
    options.guard = AddressGuard(config.allow_net);
    options.user_agent = "posthaste/" + version;
    options.verify_tls = config.verify_tls;
    options.ca_file = config.ca_file;
    return options;
}

HttpServerOptions server_options(const ServerConfig& config, Log& log) {
    HttpServerOptions options;
    options.body_bytes_max = config.body_bytes_max;
    options.on_error = [&log](std::string_view sentence) {
        log.notice(Severity::error, "http", sentence);
    };
    options.listen = {ListenAddress{config.listen_host, config.listen_port}};
    return options;
}

EngineLimits engine_limits(const ServerConfig& config) {
    EngineLimits limits;
    limits.in_flight_max = config.in_flight_max;
    limits.lane_in_flight_max = config.endpoint_in_flight_max;
    return limits;
}

}  // namespace

Reactor::Reactor(asio::io_context& loop, std::size_t index, std::size_t reactors,
                 const Shared& shared)
    : loop_(loop),
      drain_(shared.config.drain),
      alarms_(loop.get_executor(), clock_),
      telemetry_(shared.log),
      transport_(loop.get_executor(), client_options(shared.config, shared.settings.version)),
      engine_(loop.get_executor(), index, reactors,
              Engine::Ports{shared.store, transport_, clock_, alarms_, entropy_, telemetry_,
                            shared.mailboxes, shared.directory},
              engine_limits(shared.config)),
      api_(ApiContext{engine_, shared.store, clock_, shared.metrics, shared.settings, entropy_,
                      shared.request_locks}),
      server_(loop.get_executor(), server_options(shared.config, shared.log), api_),
      work_(asio::make_work_guard(loop)) {}

Result<void> Reactor::listen() { return server_.start(); }

void Reactor::start() {
    thread_ = std::thread([this] { loop_.run(); });
}

void Reactor::stop() {
    asio::post(loop_, [this] {
        auto ended = [this](std::exception_ptr) {
            work_.reset();
            loop_.stop();
        };
        asio::co_spawn(loop_, drain(), std::move(ended));
    });
}

Task<void> Reactor::drain() {
    co_await server_.drain(drain_);
    co_await engine_.stop(drain_);
}

void Reactor::join() { thread_.join(); }

}  // namespace posthaste
