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
    options.trusted_proxies = config.trusted_proxies;
    options.on_error = [&log](std::string_view sentence) {
        log.notice(Severity::error, "http", sentence);
    };
    if (config.access_log) {
        options.on_answer = [&log](const AnsweredRequest& answered) {
            log.notice(Severity::info, "access",
                       fmt::format("{} - \"{} {} {}\" {} {}", answered.client, answered.method,
                                   answered.path, answered.version, answered.status,
                                   reason_phrase(answered.status)));
        };
    }
    options.listen = {ListenAddress{config.listen_host, config.listen_port}};
    return options;
}

EngineLimits engine_limits(const ServerConfig& config) {
    EngineLimits limits;
    limits.in_flight_max = config.in_flight_max;
    limits.lane_in_flight_max = config.endpoint_in_flight_max;
    return limits;
}

HeaderNames header_names(SignatureHeaders headers) {
    switch (headers) {
        case SignatureHeaders::webhook: return HeaderNames::webhook;
        case SignatureHeaders::svix: return HeaderNames::svix;
        case SignatureHeaders::both: break;
    }
    return HeaderNames::both;
}

EngineRules engine_rules(const ServerConfig& config) {
    EngineRules rules;
    rules.native_headers = header_names(config.signature_headers);
    rules.disable_after = config.disable_after;
    rules.breaker = config.breaker;
    return rules;
}

OperationalSettings operational_settings(const ServerConfig& config) {
    OperationalSettings settings;
    settings.is_enabled = config.operational_webhooks;
    return settings;
}

LoginSettings login_settings(const ServerConfig& config) {
    LoginSettings settings;
    settings.session_lifetime = config.session_lifetime;
    return settings;
}

}  // namespace

Reactor::Reactor(asio::io_context& loop, std::size_t index, std::size_t reactors,
                 const Shared& shared)
    : loop_(loop),
      drain_(shared.config.drain),
      alarms_(loop.get_executor(), clock_),
      telemetry_(shared.log, shared.config.encrypt_payloads ? Answers::hidden : Answers::shown),
      transport_(loop.get_executor(), client_options(shared.config, shared.settings.version)),
      engine_(loop.get_executor(), index, reactors,
              Engine::Ports{shared.store, transport_, clock_, alarms_, entropy_, telemetry_,
                            shared.mailboxes, shared.directory, &shared.audience},
              engine_limits(shared.config), engine_rules(shared.config)),
      operational_(
          loop.get_executor(), operational_settings(shared.config), engine_.directory(), telemetry_,
          [this](std::shared_ptr<Event> event) { return engine_.accept(std::move(event)); }),
      jobs_(shared.store, clock_, shared.announce_job),
      job_runner_(loop.get_executor(),
                  JobRunner::Ports{shared.store, clock_, alarms_, telemetry_, shared.directory,
                                   [this](EventId event, EndpointId endpoint) {
                                       return engine_.resend(event, endpoint, Asker::job);
                                   },
                                   [this](EventId event) { return engine_.expunge(event); },
                                   [this](const Job& job) { operational_.on_job_finished(job); }}),
      logins_(loop.get_executor(), engine_.directory(), shared.passwords, shared.login_guard,
              login_settings(shared.config)),
      key_use_recorder_(loop.get_executor(), shared.key_uses, engine_.directory(), clock_, alarms_),
      outbox_(loop.get_executor(),
              Outbox::Ports{shared.store, clock_, alarms_, telemetry_, engine_.directory(),
                            [this](std::shared_ptr<Event> event) {
                                return engine_.accept(std::move(event));
                            }}),
      contacts_(Contacts::Ports{shared.store, clock_, entropy_, outbox_, shared.contact_counts}),
      trials_(transport_, clock_),
      api_(ApiContext{engine_, shared.store, clock_, shared.metrics, shared.settings, entropy_,
                      shared.request_locks, logins_, shared.passwords, contacts_, trials_,
                      shared.setup_token, shared.key_uses, shared.figures, &operational_, &jobs_,
                      &telemetry_}),
      server_(loop.get_executor(), server_options(shared.config, shared.log), api_),
      work_(asio::make_work_guard(loop)) {
    engine_.report_to(&operational_);
}

Result<void> Reactor::listen() { return server_.start(); }

void Reactor::start() {
    thread_ = std::thread([this] { loop_.run(); });
}

void Reactor::stop(std::function<void()> on_drained) {
    asio::post(loop_, [this, on_drained = std::move(on_drained)] {
        auto ended = [on_drained](std::exception_ptr) { on_drained(); };
        asio::co_spawn(loop_, drain(), std::move(ended));
    });
}

void Reactor::end() {
    asio::post(loop_, [this] {
        work_.reset();
        loop_.stop();
    });
}

Task<void> Reactor::drain() {
    co_await server_.drain(drain_);
    job_runner_.stop();
    co_await job_runner_.join();
    outbox_.stop();
    co_await outbox_.join();
    operational_.stop();
    co_await operational_.join();
    co_await logins_.join();
    key_use_recorder_.stop();
    co_await key_use_recorder_.join();
    co_await engine_.stop(drain_);
}

void Reactor::join() { thread_.join(); }

void Reactor::resume_work() {
    job_runner_.resume();
    outbox_.resume();
    key_use_recorder_.start();
}

void Reactor::take_job(Job job) {
    asio::post(loop_, [this, job = std::move(job)]() mutable { job_runner_.take(std::move(job)); });
}

}  // namespace posthaste
