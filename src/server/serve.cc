#include "server/serve.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdlib>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "api/authenticator.h"
#include "api/orders/target.h"
#include "api/request_locks.h"
#include "crypto/argon2_passwords.h"
#include "server/audit_head.h"
#include "server/core_dumps.h"
#include "server/data_lock.h"
#include "server/encryption_keys.h"
#include "server/key_rotation.h"
#include "server/metrics_page.h"
#include "server/open_files.h"
#include "server/open_store.h"
#include "server/reactor.h"
#include "server/token_secret.h"

namespace posthaste {

namespace {

constexpr Duration kWatchEvery = 2s;

// What the APIs without logins own, in the organization that `posthaste token` makes tokens for: one application, whose id is
// fixed, so that every database agrees on it.
constexpr ApplicationId kDefaultApplication{0x0000000000007000, 0x8000000000000002};

// The reactors share their port among each other (SO_REUSEPORT), so a second server would silently share it too. Binding
// once without that option finds out, and picks the port when none is asked for.
Result<std::uint16_t> claim_port(const ServerConfig& config) {
    asio::io_context scratch;
    boost::system::error_code error;
    const auto address = asio::ip::make_address(config.listen_host, error);
    if (error)
        return fail(ErrorCode::invalid, fmt::format("{} is not an address", config.listen_host));
    asio::ip::tcp::acceptor probe(scratch);
    const asio::ip::tcp::endpoint endpoint(address, config.listen_port);
    probe.open(endpoint.protocol(), error);
    if (!error) probe.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) probe.bind(endpoint, error);
    if (!error) probe.listen(1, error);
    if (error)
        return fail(
            ErrorCode::io,
            fmt::format(
                "cannot listen on {}:{}: {}; stop what uses it, or choose another with --listen",
                config.listen_host, config.listen_port, error.message()));
    return probe.local_endpoint().port();
}

// An IPv6 address stands in brackets in a URL; "any address" is reached at localhost.
std::string url_host(const std::string& host) {
    if (host == "0.0.0.0" || host == "::") return "localhost";
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

template <class T>
Result<T> run_to_end(asio::io_context& loop, Task<Result<T>> task) {
    Result<T> outcome = fail(ErrorCode::stopping, "did not finish");
    auto keep = [&outcome](std::exception_ptr error, Result<T> result) {
        if (!error) outcome = std::move(result);
    };
    asio::co_spawn(loop, std::move(task), std::move(keep));
    loop.restart();
    loop.run();
    return outcome;
}

// Messages between reactors are functions posted to the other's loop.
class ReactorMailboxes final : public Mailboxes {
public:
    void hand_over(std::size_t reactor, std::vector<PendingDelivery> deliveries) override {
        auto deliver = [engine = engines[reactor], deliveries = std::move(deliveries)]() mutable {
            engine->receive(std::move(deliveries));
        };
        asio::post(*loops[reactor], std::move(deliver));
    }
    void announce_parked(std::size_t reactor, EndpointId endpoint, Timestamp due) override {
        asio::post(*loops[reactor], [engine = engines[reactor], endpoint, due] {
            engine->announce_parked(endpoint, due);
        });
    }

    void post(std::size_t reactor, std::move_only_function<void(Engine&)> run) override {
        auto deliver = [engine = engines[reactor], run = std::move(run)]() mutable {
            run(*engine);
        };
        asio::post(*loops[reactor], std::move(deliver));
    }

    std::vector<asio::io_context*> loops;  // both filled before any reactor runs
    std::vector<Engine*> engines;
};

// The page needs the reactors' counters and the reactors need the page; this breaks the circle.
class LatePage final : public MetricsPage {
public:
    std::string render() override { return page_ ? page_->render() : std::string(); }
    void set(MetricsPage* page) { page_ = page; }

private:
    MetricsPage* page_ = nullptr;
};

class Server {
public:
    explicit Server(const ServerConfig& config)
        : config_(config),
          log_(STDERR_FILENO, config.log_level, clock_, config.log_format),
          boot_(1) {}

    Result<int> run();

private:
    Result<void> open();
    Result<void> read_settings();
    Result<void> keep_objects();
    void build_reactors(const Recovery& recovery);
    void announce(const Recovery& recovery);
    void offer_set_up();
    void wait_for_signal();
    void shut_down();
    Task<void> watch_store();
    void report_problem();

    ServerConfig config_;
    SystemClock clock_;
    SystemEntropy entropy_;  // of the store's writer
    Log log_;
    asio::io_context boot_;  // the main thread's loop: start-up, signals, the store's state
    asio::signal_set signals_{boot_};
    ApiSettings settings_;
    std::vector<std::unique_ptr<asio::io_context>> loops_;
    DataLock data_lock_;  // before the store: given back after it is gone
    EncryptionKeys keys_;
    std::unique_ptr<SealedStore> store_;
    std::unique_ptr<DirectoryHolder> directory_;
    ReactorMailboxes mailboxes_;
    TallyBoard tally_;
    std::string problem_;  // of the store, as it was last logged
    AuditHead audit_head_{log_};
    RequestLocks request_locks_;
    SharedLoginGuard login_guard_;
    SetupToken setup_token_;
    KeyUses key_uses_;
    Argon2Passwords passwords_;  // after the loops, to which it answers
    ContactCounts contact_counts_;
    std::unique_ptr<LiveAudience> audience_;
    std::unique_ptr<Figures> figures_;
    std::unique_ptr<PrometheusPage> page_;
    LatePage late_page_;
    std::vector<std::unique_ptr<Reactor>> reactors_;
};

Result<void> Server::open() {
    std::size_t count = config_.reactors;
    if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
    std::vector<ReactorPost> posts;
    for (std::size_t i = 0; i < count; ++i) {
        loops_.push_back(std::make_unique<asio::io_context>(1));
        posts.emplace_back([loop = loops_.back().get()](std::move_only_function<void()> function) {
            asio::post(*loop, std::move(function));
        });
    }
    ASSIGN_OR_RETURN(data_lock_, DataLock::acquire(config_.database_dir));
    ASSIGN_OR_RETURN(keys_, load_encryption_keys(config_));
    ASSIGN_OR_RETURN(store_, open_store(config_, keys_.ring, clock_, entropy_, std::move(posts)));
    return {};
}

// What the APIs are told, from the configuration.
Result<void> Server::read_settings() {
    settings_.organization = organization_id(kDefaultOrganization);
    settings_.auth = config_.auth;
    settings_.application = kDefaultApplication;
    settings_.subscriptions_retry =
        subscriptions_retry(config_.subscriptions_attempts_max, config_.subscriptions_retry_base);
    settings_.orders_target = config_.orders_target;
    settings_.orders_secret = config_.orders_secret;
    settings_.greeting = config_.greeting;
    settings_.environment = config_.app_env;
    settings_.reactors = loops_.size();
    settings_.is_signup_open = config_.is_signup_open.value_or(config_.auth == AuthMode::open);
    settings_.contacts_webhooks_max = config_.contacts_webhooks_max;
    settings_.contacts_http_hosts = config_.contacts_http_hosts;

    ASSIGN_OR_RETURN(settings_.tokens, token_settings(config_.jwt_algorithm, config_.jwt_secret,
                                                      config_.database_dir));
    // A key that cannot be used is said at the start, not to each caller.
    if (auto keys = TokenKeys::create(settings_.tokens); !keys)
        return fail(ErrorCode::invalid, "--jwt-secret: " + keys.error().message);
    ASSIGN_OR_RETURN(settings_.user_tokens,
                     session_settings(config_.session_secret, config_.database_dir));
    settings_.public_url = config_.public_url;
    if (settings_.public_url.empty())
        settings_.public_url =
            fmt::format("http://{}:{}", url_host(config_.listen_host), config_.listen_port);
    settings_.native_retry = native_retry_policy();
    if (config_.retry_schedule) {
        settings_.native_retry.gaps = *config_.retry_schedule;
        settings_.native_retry.attempts_max =
            static_cast<std::uint32_t>(config_.retry_schedule->size() + 1);
    }
    settings_.native_timeout = config_.request_timeout;
    settings_.endpoint_https_only = config_.https_only;
    settings_.default_signature = config_.signature_type;
    return {};
}

// The objects that settings stand for. Before anything else may change the directory.
Result<void> Server::keep_objects() {
    DirectoryService directory(*directory_, *store_);
    return run_to_end(boot_, orders::keep_target(&directory, &settings_, clock_.now()));
}

void Server::build_reactors(const Recovery& recovery) {
    auto announce_job = [this](const Job& job) { reactors_.front()->take_job(job); };
    audience_ = std::make_unique<LiveAudience>(loops_.size());
    figures_ = std::make_unique<Figures>(clock_.now());
    const Shared shared{config_,         settings_,    *store_,        *directory_,  mailboxes_,
                        late_page_,      log_,         request_locks_, login_guard_, passwords_,
                        contact_counts_, setup_token_, key_uses_,      *figures_,    *audience_,
                        announce_job};
    std::vector<ReactorCounters> counters;
    for (std::size_t i = 0; i < loops_.size(); ++i) {
        reactors_.push_back(std::make_unique<Reactor>(*loops_[i], i, loops_.size(), shared));
        mailboxes_.loops.push_back(loops_[i].get());
        mailboxes_.engines.push_back(&reactors_.back()->engine());
        figures_->watch(&reactors_.back()->engine().metrics());
        counters.push_back(
            {&reactors_.back()->engine().metrics(), &reactors_.back()->http_metrics()});
    }
    page_ =
        std::make_unique<PrometheusPage>(std::move(counters), *store_, tally_, settings_.version);
    late_page_.set(page_.get());
    directory_->on_change([this](EndpointId id) {
        const std::size_t owner = owner_of(id, reactors_.size());
        asio::post(*loops_[owner],
                   [this, owner, id] { reactors_[owner]->engine().endpoint_changed(id); });
    });
    for (const auto& reactor : reactors_) reactor->engine().start(recovery);
    MaintenanceOptions maintenance;
    maintenance.retention = RetentionPolicy{config_.retention, config_.dead_retention};
    reactors_.front()->engine().start_maintenance(maintenance);
    reactors_.front()->resume_work();
}

void Server::announce(const Recovery& recovery) {
    for (const std::string& note : config_.notes) log_.notice(Severity::info, "config", note);
    if (config_.orders_target.empty())
        log_.notice(Severity::info, "config",
                    "no --orders-target-url is set: orders go to subscribed endpoints only");
    if (keys_.is_new)
        log_.notice(Severity::warning, "keys",
                    fmt::format("made a key for secrets at rest, {}: keep a copy of it, and not "
                                "beside the backups of the data, which cannot be read without it",
                                keys_.file));
    if (!recovery.lanes.empty())
        log_.notice(
            Severity::info, "recovery",
            fmt::format(
                "{} endpoints have deliveries waiting; {} had been on their way at the last stop",
                recovery.lanes.size(), recovery.deliveries_parked));
    log_.notice(Severity::info, "server",
                fmt::format("posthaste {} listens on http://{}:{}, data in {}, {} event loops",
                            settings_.version, config_.listen_host, config_.listen_port,
                            describe_database(config_), reactors_.size()));
}

// Whoever reads the log of a server that nobody owns becomes its owner.
void Server::offer_set_up() {
    if (config_.auth != AuthMode::required || directory_->load()->has_owner(settings_.organization))
        return;
    SystemEntropy entropy;
    log_.notice(
        Severity::warning, "accounts",
        fmt::format("nobody owns this server yet: make the first owner with this token, which is "
                    "good once and until the next start: {}",
                    setup_token_.issue(entropy)));
}

// Of a store that serves nevertheless: what stops it is said by those whom it stops.
void Server::report_problem() {
    const StoreStats stats = store_->stats();
    if (!stats.healthy || stats.problem == problem_) return;
    problem_ = stats.problem;
    if (!problem_.empty()) log_.notice(Severity::error, "store", problem_);
}

Task<void> Server::watch_store() {
    asio::steady_timer timer(boot_);
    while (true) {
        report_problem();
        if (Result<Tally> tally = co_await store_->tally()) tally_.put(*tally);
        figures_->sample(clock_.now());
        timer.expires_after(kWatchEvery);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable_t<Executor>(), ignored));
    }
}

void Server::wait_for_signal() {
    signals_.async_wait([this](const boost::system::error_code&, int) { boot_.stop(); });
    asio::co_spawn(boot_, watch_store(), [](std::exception_ptr) {});
    asio::co_spawn(boot_, audit_head_.watch(store_.get()), [](std::exception_ptr) {});
    KeyRotation rotation(keys_, *store_, log_, boot_);
    asio::co_spawn(boot_, rotation.run(), [](std::exception_ptr) {});
    boot_.restart();
    boot_.run();
}

void Server::shut_down() {
    log_.notice(Severity::info, "server", "stopping: no new requests, attempts in flight finish");
    // A second signal ends the process at once; what is committed is safe.
    std::signal(SIGTERM, [](int) { std::_Exit(130); });
    std::signal(SIGINT, [](int) { std::_Exit(130); });
    std::latch drained(static_cast<std::ptrdiff_t>(reactors_.size()));
    for (const auto& reactor : reactors_) reactor->stop([&drained] { drained.count_down(); });
    drained.wait();
    for (const auto& reactor : reactors_) reactor->end();
    for (const auto& reactor : reactors_) reactor->join();
    passwords_.stop();
    asio::io_context loop;
    static_cast<void>(run_to_end(loop, audit_head_.note(store_.get())));
    store_->close();
    log_.notice(Severity::info, "server", "stopped");
}

Result<int> Server::run() {
    ASSIGN_OR_RETURN(config_.listen_port, claim_port(config_));
    if (Result<void> opened = open(); !opened) return std::unexpected(opened.error());
    ASSIGN_OR_RETURN(const Recovery recovery, run_to_end(boot_, store_->recover()));
    ASSIGN_OR_RETURN(Directory::Contents contents, run_to_end(boot_, load_contents(store_.get())));
    directory_ = std::make_unique<DirectoryHolder>(Directory::holding(std::move(contents)));
    if (Result<void> read = read_settings(); !read) return std::unexpected(read.error());
    if (Result<void> kept = keep_objects(); !kept) return std::unexpected(kept.error());
    build_reactors(recovery);
    // From the first answer on, SIGTERM means an orderly stop. Until then it ends the process, which loses nothing.
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    for (const auto& reactor : reactors_)
        if (Result<void> listening = reactor->listen(); !listening)
            return std::unexpected(listening.error());
    passwords_.start();
    for (const auto& reactor : reactors_) reactor->start();
    announce(recovery);
    offer_set_up();
    wait_for_signal();
    shut_down();
    return 0;
}

}  // namespace

Result<int> serve(const ServerConfig& config) {
    std::signal(SIGPIPE, SIG_IGN);
    raise_open_files_limit();
    if (!config.core_dumps) {
        if (Result<void> done = forbid_core_dumps(); !done)
            return std::unexpected(std::move(done).error());
    }
    return Server(config).run();
}

}  // namespace posthaste
