#include "net/client_core.h"

#include "net/client_exchange.h"

namespace posthaste {

namespace {

constexpr std::chrono::milliseconds kDeadlineTick{20};
constexpr std::chrono::milliseconds kAgeTick{1'000};

PoolLimits pool_limits(const HttpClientOptions& options) {
    PoolLimits limits;
    limits.connections_idle_max = options.connections_idle_max;
    limits.connections_idle_per_origin_max = options.connections_idle_per_origin_max;
    limits.idle_timeout = options.idle_timeout;
    return limits;
}

ResolverOptions resolver_options(const HttpClientOptions& options) {
    ResolverOptions result;
    result.hosts_file = options.hosts_file;
    result.dns_servers = options.dns_servers;
    return result;
}

}  // namespace

ClientCore::ClientCore(const Executor& on, HttpClientOptions with)
    : executor(on),
      options(std::move(with)),
      pool(pool_limits(options)),
      resolver(on, resolver_options(options)),
      deadline_timer_(on),
      age_timer_(on) {}

void ClientCore::add(ClientExchange& exchange) {
    exchange.list_hook = {nullptr, first_};
    if (first_ != nullptr) first_->list_hook.previous = &exchange;
    first_ = &exchange;
    ++statistics.in_flight;
    arm_deadlines();
}

void ClientCore::remove(ClientExchange& exchange) {
    auto& hook = exchange.list_hook;
    (hook.previous == nullptr ? first_ : hook.previous->list_hook.next) = hook.next;
    if (hook.next != nullptr) hook.next->list_hook.previous = hook.previous;
    hook = {};
    --statistics.in_flight;
}

void ClientCore::put_idle(const Target& target, ClientConnectionPtr connection, SteadyTime now) {
    pool.put(target, std::move(connection), now);
    arm_ages();
}

Result<TlsContext*> ClientCore::tls() {
    if (!tls_) {
        ASSIGN_OR_RETURN(tls_,
                         TlsContext::create(options.ca_file,
                                            options.verify_tls ? TlsVerify::on : TlsVerify::off));
    }
    return tls_.get();
}

void ClientCore::arm_deadlines() {
    if (deadlines_armed_) return;
    deadlines_armed_ = true;
    deadline_timer_.expires_after(kDeadlineTick);
    deadline_timer_.async_wait([self = shared_from_this()](boost::system::error_code) {
        self->deadlines_armed_ = false;
        self->check_deadlines();
        if (self->first_ != nullptr) self->arm_deadlines();
    });
}

void ClientCore::check_deadlines() {
    const auto now = options.now();
    for (ClientExchange* exchange = first_; exchange != nullptr;) {
        ClientExchange* next = exchange->list_hook.next;
        exchange->expire(now);
        exchange = next;
    }
}

void ClientCore::arm_ages() {
    if (ages_armed_ || stopped) return;
    ages_armed_ = true;
    age_timer_.expires_after(kAgeTick);
    age_timer_.async_wait([self = shared_from_this()](boost::system::error_code) {
        self->ages_armed_ = false;
        self->pool.expire(self->options.now());
        if (self->pool.size() > 0) self->arm_ages();
    });
}

void ClientCore::stop() {
    stopped = true;
    while (first_ != nullptr) first_->interrupt();
    pool.clear();
    resolver.stop();
    deadline_timer_.cancel();
    age_timer_.cancel();
}

}  // namespace posthaste
