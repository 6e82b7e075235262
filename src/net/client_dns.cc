#include "net/client_dns.h"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <iterator>
#include <unordered_map>

#include "base/assert.h"
#include "net/client_hosts.h"

namespace posthaste {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using boost::system::error_code;

constexpr int kQueryTimeoutMs = 2'000;
constexpr int kTries = 2;

// One socket of c-ares as seen by the reactor.
struct Watch {
    explicit Watch(const Executor& executor) : socket(executor) {}
    Descriptor socket;
    bool want_read = false;
    bool want_write = false;
    bool waits_read = false;
    bool waits_write = false;
};
using WatchPtr = std::shared_ptr<Watch>;

std::optional<IpAddress> address_of(const sockaddr* raw) {
    IpAddress address;
    if (raw->sa_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(raw);
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(&v4->sin_addr);
        address.bytes[10] = address.bytes[11] = 0xFF;
        std::copy_n(bytes, 4, address.bytes.begin() + 12);
        return address;
    }
    if (raw->sa_family != AF_INET6) return std::nullopt;
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(raw);
    std::copy_n(v6->sin6_addr.s6_addr, 16, address.bytes.begin());
    return address;
}

void prefer_v4(std::vector<IpAddress>& addresses) {
    std::vector<IpAddress> ordered;
    ordered.reserve(addresses.size());
    std::ranges::copy_if(addresses, std::back_inserter(ordered), &IpAddress::is_v4);
    std::ranges::remove_copy_if(addresses, std::back_inserter(ordered), &IpAddress::is_v4);
    addresses = std::move(ordered);
}

std::string describe(const std::string& host, int status) {
    switch (status) {
        case ARES_ENOTFOUND: return "The name " + host + " does not exist.";
        case ARES_ENODATA: return "The name " + host + " has no address.";
        case ARES_ETIMEOUT: return "No name server answered for " + host + ".";
        default:
            return "The name " + host + " could not be resolved: " + ares_strerror(status) + ".";
    }
}

}  // namespace

class ClientResolver::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(const Executor& executor, ResolverOptions options)
        : executor_(executor),
          options_(std::move(options)),
          hosts_(options_.hosts_file),
          timer_(executor) {}

    const Resolution* resolve(const std::string& host, ResolveWaiter& waiter) {
        const auto now = SteadyClock::now();
        const auto cached = cache_.find(host);
        if (cached != cache_.end() && cached->second.expires_at > now)
            return &cached->second.resolution;
        if (const auto* addresses = hosts_.find(host)) {
            Resolution answer{*addresses, {}};
            prefer_v4(answer.addresses);
            return remember(host, std::move(answer), options_.ttl_min);
        }
        if (const auto error = open_channel(); !error.empty()) {
            return remember(host, Resolution{{}, error}, options_.negative_ttl);
        }
        auto& waiters = waiting_[host];
        waiters.push_back(&waiter);
        if (waiters.size() == 1) ask(host);
        return nullptr;
    }

    void cancel(const std::string& host, ResolveWaiter& waiter) {
        const auto found = waiting_.find(host);
        if (found != waiting_.end()) std::erase(found->second, &waiter);
        for (Answer& answer : answers_) std::erase(answer.waiters, &waiter);
        std::erase(telling_, &waiter);
    }

    void stop() {
        stopped_ = true;
        waiting_.clear();
        answers_.clear();
        telling_.clear();
        timer_.cancel();
        if (!inside_ares_) close_channel();
    }

private:
    struct Cached {
        Resolution resolution;
        SteadyClock::time_point expires_at;
    };
    struct Answer {
        Resolution resolution;
        std::vector<ResolveWaiter*> waiters;
    };
    struct Question {
        Impl* resolver;
        std::string host;
    };

    std::string open_channel() {
        if (channel_ != nullptr) return {};
        static const int kLibrary = ares_library_init(ARES_LIB_INIT_ALL);
        ares_options settings{};
        std::string lookups = "b";  // the hosts file is ours
        settings.timeout = kQueryTimeoutMs;
        settings.tries = kTries;
        settings.lookups = lookups.data();
        settings.sock_state_cb = &Impl::on_socket_state;
        settings.sock_state_cb_data = this;
        int status = kLibrary;
        if (status == ARES_SUCCESS)
            status = ares_init_options(
                &channel_, &settings,
                ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
        if (status == ARES_SUCCESS && !options_.dns_servers.empty())
            status = ares_set_servers_ports_csv(channel_, options_.dns_servers.c_str());
        if (status == ARES_SUCCESS) return {};
        close_channel();
        return std::string("Name resolution cannot start: ") + ares_strerror(status) + ".";
    }

    void close_channel() {
        if (channel_ != nullptr) ares_destroy(channel_);
        channel_ = nullptr;
    }

    void ask(const std::string& host) {
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = ARES_AI_NOSORT;  // sorting would probe every address with a socket
        auto question = std::make_unique<Question>(Question{this, host});
        enter([&] {
            ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &Impl::on_answer,
                             question.release());
        });
        rearm();
    }

    // c-ares calls back from inside its own calls and must not be re-entered with a destroyed channel, so answers are
    // collected there and told afterwards from a clean stack.
    template <class Call>
    void enter(Call call) {
        inside_ares_ = true;
        call();
        inside_ares_ = false;
        if (stopped_) close_channel();
        if (answers_.empty() || tell_posted_) return;
        tell_posted_ = true;
        asio::post(executor_, [self = shared_from_this()] { self->tell(); });
    }

    void tell() {
        tell_posted_ = false;
        while (!answers_.empty()) {
            const Answer answer = std::move(answers_.back());
            answers_.pop_back();
            telling_ = answer.waiters;
            while (!telling_.empty()) {
                ResolveWaiter* waiter = telling_.back();
                telling_.pop_back();
                waiter->on_resolved(answer.resolution);
            }
        }
    }

    static void on_answer(void* argument, int status, int, ares_addrinfo* info) {
        const std::unique_ptr<Question> question(static_cast<Question*>(argument));
        const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned(
            info, &ares_freeaddrinfo);
        Impl& self = *question->resolver;
        if (self.stopped_) return;
        Resolution resolution;
        auto ttl = self.options_.negative_ttl;
        int ttl_seconds = INT32_MAX;
        for (auto* node = info == nullptr ? nullptr : info->nodes; node != nullptr;
             node = node->ai_next) {
            const auto address = address_of(node->ai_addr);
            if (!address) continue;
            resolution.addresses.push_back(*address);
            ttl_seconds = std::min(ttl_seconds, node->ai_ttl);
        }
        if (resolution.addresses.empty()) {
            resolution.error =
                describe(question->host, status == ARES_SUCCESS ? ARES_ENODATA : status);
        } else {
            prefer_v4(resolution.addresses);
            ttl = std::clamp<std::chrono::milliseconds>(
                std::chrono::seconds(std::max(ttl_seconds, 0)), self.options_.ttl_min,
                self.options_.ttl_max);
        }
        const Resolution* kept = self.remember(question->host, std::move(resolution), ttl);
        auto node = self.waiting_.extract(question->host);
        if (!node.empty()) self.answers_.push_back({*kept, std::move(node.mapped())});
    }

    const Resolution* remember(const std::string& host, Resolution resolution,
                               std::chrono::milliseconds ttl) {
        const auto now = SteadyClock::now();
        if (cache_.size() >= options_.names_max && !cache_.contains(host)) {
            std::erase_if(cache_,
                          [&](const auto& entry) { return entry.second.expires_at <= now; });
            if (cache_.size() >= options_.names_max) cache_.erase(cache_.begin());
        }
        Cached& entry = cache_[host];
        entry = Cached{std::move(resolution), now + ttl};
        return &entry.resolution;
    }

    static void on_socket_state(void* data, ares_socket_t socket, int readable, int writable) {
        static_cast<Impl*>(data)->watch(socket, readable != 0, writable != 0);
    }

    void watch(int socket, bool readable, bool writable) {
        auto found = watches_.find(socket);
        if (!readable && !writable) {
            if (found == watches_.end()) return;
            found->second->want_read = found->second->want_write = false;
            // c-ares closes the descriptor itself, right after this call.
            found->second->socket.release();
            watches_.erase(found);
            return;
        }
        if (found == watches_.end()) {
            auto watch = std::make_shared<Watch>(executor_);
            error_code error;
            watch->socket.assign(socket, error);
            if (error) return;  // the question runs into its time limit
            found = watches_.emplace(socket, std::move(watch)).first;
        }
        found->second->want_read = readable;
        found->second->want_write = writable;
        wait(found->second, socket);
    }

    void wait(const WatchPtr& watch, int socket) {
        if (watch->want_read && !watch->waits_read) {
            watch->waits_read = true;
            watch->socket.async_wait(Descriptor::wait_read,
                                     [self = shared_from_this(), watch, socket](error_code) {
                                         watch->waits_read = false;
                                         if (watch->want_read)
                                             self->process(watch, socket, ARES_SOCKET_BAD);
                                     });
        }
        if (watch->want_write && !watch->waits_write) {
            watch->waits_write = true;
            watch->socket.async_wait(Descriptor::wait_write,
                                     [self = shared_from_this(), watch, socket](error_code) {
                                         watch->waits_write = false;
                                         if (watch->want_write)
                                             self->process(watch, ARES_SOCKET_BAD, socket);
                                     });
        }
    }

    void process(const WatchPtr& watch, ares_socket_t readable, ares_socket_t writable) {
        if (stopped_ || channel_ == nullptr) return;
        enter([&] { ares_process_fd(channel_, readable, writable); });
        wait(watch, readable != ARES_SOCKET_BAD ? readable : writable);
        rearm();
    }

    // c-ares has no timer of its own: it says how long it may sleep.
    void rearm() {
        timeval next{};
        if (stopped_ || channel_ == nullptr || ares_timeout(channel_, nullptr, &next) == nullptr) {
            timer_.cancel();
            return;
        }
        timer_.expires_after(std::chrono::seconds(next.tv_sec) +
                             std::chrono::microseconds(next.tv_usec) +
                             std::chrono::milliseconds(1));
        timer_.async_wait([self = shared_from_this()](error_code error) {
            if (error || self->stopped_ || self->channel_ == nullptr) return;
            self->enter([&] { ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); });
            self->rearm();
        });
    }

    const Executor executor_;
    const ResolverOptions options_;
    HostsFile hosts_;
    Timer timer_;
    ares_channel channel_ = nullptr;
    std::unordered_map<std::string, Cached> cache_;
    std::unordered_map<std::string, std::vector<ResolveWaiter*>> waiting_;
    std::vector<Answer> answers_;
    std::vector<ResolveWaiter*> telling_;
    std::unordered_map<int, WatchPtr> watches_;
    bool inside_ares_ = false;
    bool tell_posted_ = false;
    bool stopped_ = false;
};

ClientResolver::ClientResolver(const Executor& executor, ResolverOptions options)
    : impl_(std::make_shared<Impl>(executor, std::move(options))) {}
ClientResolver::~ClientResolver() { stop(); }
const Resolution* ClientResolver::resolve(const std::string& host, ResolveWaiter& waiter) {
    return impl_->resolve(host, waiter);
}
void ClientResolver::cancel(const std::string& host, ResolveWaiter& waiter) {
    impl_->cancel(host, waiter);
}
void ClientResolver::stop() { impl_->stop(); }

}  // namespace posthaste
