#include "server/commands/bench/sink.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <string_view>
#include <utility>

#include "server/commands/bench/lean_http.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::size_t kBufferBytes = 256u << 10;
constexpr std::uint64_t kSignatureEvery = 1000;
constexpr std::size_t kClose = std::string_view::npos;
// What epoll carries: a connection's descriptor, or an origin's index with this bit, or kWake.
constexpr std::uint64_t kListenerBit = 1ULL << 32;
constexpr std::uint64_t kWake = 1ULL << 33;

void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

bool watch(const FileDescriptor& epoll, int fd, std::uint64_t tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = tag;
    return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

Result<std::unique_ptr<DeliverySink>> DeliverySink::start(Options options, Ledger& ledger) {
    std::unique_ptr<DeliverySink> sink(new DeliverySink(std::move(options), ledger));
    if (auto opened = sink->open(); !opened) return std::unexpected(opened.error());
    DeliverySink* raw = sink.get();
    sink->thread_ = std::thread([raw] { raw->run(); });
    return sink;
}

DeliverySink::DeliverySink(Options options, Ledger& ledger)
    : options_(std::move(options)), ledger_(ledger), buffer_(kBufferBytes) {}

DeliverySink::~DeliverySink() { stop(); }

Result<void> DeliverySink::open() {
    epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
    wake_ = FileDescriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!epoll_.is_open() || !wake_.is_open() || !watch(epoll_, wake_.get(), kWake))
        return fail(ErrorCode::io, "cannot set up epoll: " + last_system_error());
    for (unsigned i = 0; i < options_.origins; ++i) {
        ASSIGN_OR_RETURN(auto listener, open_listener("127.0.0.1", 0));
        Origin origin;
        origin.port = bound_port(listener);
        origin.behaviour = std::make_unique<std::atomic<OriginBehaviour>>(OriginBehaviour::answer);
        if (!watch(epoll_, listener.get(), kListenerBit | i))
            return fail(ErrorCode::io, "cannot set up epoll: " + last_system_error());
        origin.listener = std::move(listener);
        origins_.push_back(std::move(origin));
    }
    return {};
}

void DeliverySink::stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    thread_.join();
    for (std::size_t fd = 0; fd < connections_.size(); ++fd)
        if (connections_[fd].origin != 0) ::close(static_cast<int>(fd));
    connections_.clear();
}

void DeliverySink::set_behaviour(unsigned origin, OriginBehaviour behaviour) {
    origins_[origin].behaviour->store(behaviour);
}

void DeliverySink::watch_for_first() {
    first_seen_ns_.store(0);
    watching_.store(true);
}

std::int64_t DeliverySink::cpu_micros() const {
    clockid_t clock{};
    timespec ts{};
    auto& thread = const_cast<std::thread&>(thread_);
    if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return 0;
    ::clock_gettime(clock, &ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000;
}

void DeliverySink::run() {
    std::array<epoll_event, 256> events{};
    while (!stopping_.load(std::memory_order_relaxed)) {
        const int ready =
            ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
            if (tag == kWake) continue;
            if ((tag & kListenerBit) != 0) {
                accept_all(static_cast<unsigned>(tag & 0xFFFFFFFF));
            } else {
                on_readable(static_cast<int>(tag));
            }
        }
    }
}

void DeliverySink::accept_all(unsigned origin) {
    for (;;) {
        const int fd = ::accept4(origins_[origin].listener.get(), nullptr, nullptr,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const auto index = static_cast<std::size_t>(fd);
        if (index >= connections_.size()) connections_.resize(index + 64);
        // Origins are kept off by one: 0 is a free slot.
        connections_[index].origin = origin + 1;
        connections_[index].partial.clear();
        count(counts_.connections);
        if (!watch(epoll_, fd, static_cast<std::uint64_t>(fd))) close_connection(fd);
    }
}

void DeliverySink::close_connection(int fd) {
    Connection& connection = connections_[static_cast<std::size_t>(fd)];
    connection.origin = 0;
    connection.partial = {};
    ::close(fd);
}

void DeliverySink::on_readable(int fd) {
    Connection& connection = connections_[static_cast<std::size_t>(fd)];
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) close_connection(fd);
        return;
    }
    std::string_view data(buffer_.data(), static_cast<std::size_t>(got));
    if (!connection.partial.empty()) data = connection.partial.append(data);
    const std::size_t used = serve(fd, connection.origin - 1, data);
    if (used == kClose) return close_connection(fd);
    if (used == data.size()) {
        connection.partial.clear();
    } else if (connection.partial.empty()) {
        connection.partial.assign(data.substr(used));
    } else {
        connection.partial.erase(0, used);
    }
}

std::size_t DeliverySink::serve(int fd, unsigned origin, std::string_view data) {
    std::size_t used = 0;
    while (used < data.size()) {
        const std::string_view rest = data.substr(used);
        const LeanHead head = scan_head(rest);
        if (head.outcome == LeanHead::Outcome::malformed) {
            count(counts_.malformed);
            return kClose;
        }
        if (head.outcome == LeanHead::Outcome::incomplete || rest.size() < head.total()) break;
        used += head.total();
        if (origins_[origin].behaviour->load(std::memory_order_relaxed) == OriginBehaviour::hang) {
            count(counts_.hanging);
            continue;
        }
        take_delivery(rest.substr(0, head.head_bytes),
                      rest.substr(head.head_bytes, head.body_bytes), head.webhook_id);
        const ssize_t sent = ::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
        if (sent != static_cast<ssize_t>(kAnswer.size()) || head.close) return kClose;
    }
    return used;
}

void DeliverySink::take_delivery(std::string_view head, std::string_view body,
                                 std::string_view webhook_id) {
    const auto number = read_event_number(body);
    const std::int64_t now = monotonic_nanos();
    const auto receipt =
        number ? ledger_.receive(*number, now, hash_bytes(webhook_id)) : Ledger::Receipt::unknown;
    if (receipt == Ledger::Receipt::unknown) count(counts_.unknown);
    if (receipt == Ledger::Receipt::other_id) count(counts_.other_id);
    if (watching_.load(std::memory_order_relaxed)) {
        first_seen_ns_.store(now);
        watching_.store(false);
    }
    if (seen_++ % kSignatureEvery == 0) check_signature(head, body, webhook_id);
}

void DeliverySink::check_signature(std::string_view head, std::string_view body,
                                   std::string_view webhook_id) {
    const std::string_view timestamp = find_field(head, "webhook-timestamp");
    const std::string_view signatures = find_field(head, "webhook-signature");
    // A generator sending straight to the sink does not sign.
    if (signatures.empty()) return;
    count(counts_.signatures_checked);
    if (verify_standard(options_.key, webhook_id, timestamp, signatures, body, wall_clock()) !=
        Verification::valid)
        count(counts_.signatures_bad);
}

}  // namespace posthaste
