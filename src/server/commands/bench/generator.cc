#include "server/commands/bench/generator.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>
#include <utility>

#include <fmt/format.h>

#include "server/commands/bench/lean_http.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr std::size_t kBufferBytes = 64u << 10;
constexpr std::int64_t kRestNanos = 10'000'000;  // between attempts to connect, and after a refusal
constexpr std::int64_t kEndNanosMax = 15'000'000'000;
constexpr int kConnectMillis = 2000;

void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::int64_t thread_cpu_micros(clockid_t clock) {
    timespec ts{};
    ::clock_gettime(clock, &ts);
    return static_cast<std::int64_t>(ts.tv_sec) * 1'000'000 + ts.tv_nsec / 1000;
}

}  // namespace

Result<std::unique_ptr<LoadGenerator>> LoadGenerator::create(Options options, Ledger& ledger) {
    std::unique_ptr<LoadGenerator> generator(new LoadGenerator(std::move(options), ledger));
    if (auto opened = generator->open(); !opened) return std::unexpected(opened.error());
    return generator;
}

LoadGenerator::LoadGenerator(Options options, Ledger& ledger)
    : options_(std::move(options)), ledger_(ledger), buffer_(kBufferBytes) {}

LoadGenerator::~LoadGenerator() { end(); }

Result<void> LoadGenerator::open() {
    if (options_.paths.empty()) return fail(ErrorCode::invalid, "no targets to send to");
    for (const std::string& path : options_.paths) {
        if (path.size() != options_.paths.front().size())
            return fail(ErrorCode::invalid, "the targets' paths differ in length");
    }
    const std::string body =
        options_.body_before + make_event_body(options_.payload_bytes) + options_.body_behind;
    path_at_ = std::string_view("POST ").size();
    request_ = fmt::format("POST {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n",
                           options_.paths.front(), options_.server.host, options_.server.port);
    if (!options_.authorization.empty())
        request_ += fmt::format("Authorization: {}\r\n", options_.authorization);
    if (options_.idempotency_keys) {
        request_ += "Idempotency-Key: auto_";
        key_at_ = request_.size();
        request_.append(kEventNumberDigits, '0');
        request_ += "\r\n";
    }
    request_ += fmt::format("Content-Length: {}\r\n\r\n", body.size());
    number_at_ = request_.size() + options_.body_before.size() + kEventNumberAt;
    request_ += body;

    epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.is_open())
        return fail(ErrorCode::io, "cannot set up epoll: " + last_system_error());
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        if (!connect(i)) {
            return fail(ErrorCode::unavailable,
                        fmt::format("cannot connect to {}:{}; is the server running?",
                                    options_.server.host, options_.server.port));
        }
        idle_.push_back(i);
    }
    return {};
}

void LoadGenerator::begin(Load load) {
    end();
    load_ = std::move(load);
    issued_ = 0;
    ending_.store(false);
    done_.store(false);
    thread_ = std::thread([this] { run(); });
}

void LoadGenerator::finish() {
    if (thread_.joinable()) thread_.join();
}

void LoadGenerator::end() {
    if (!thread_.joinable()) return;
    ending_.store(true);
    thread_.join();
}

std::int64_t LoadGenerator::cpu_micros() const {
    const std::int64_t before = cpu_before_.load();
    auto& thread = const_cast<std::thread&>(thread_);
    clockid_t clock{};
    if (done_.load() || !thread.joinable() ||
        ::pthread_getcpuclockid(thread.native_handle(), &clock) != 0)
        return before;
    return before + thread_cpu_micros(clock);
}

void LoadGenerator::run() {
    // Open loops need wake-ups on time; the kernel's default slack is 50 µs.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    start_ns_ = monotonic_nanos();
    while (!ending_.load(std::memory_order_relaxed)) {
        const std::int64_t now = monotonic_nanos();
        if (!resting_.empty()) revive(now);
        issue_due(now);
        if (issued_ >= load_.events_max && waiting_ == 0) break;
        wait(nanos_to_wait(monotonic_nanos()));
    }
    finish_outstanding();
    cpu_before_.fetch_add(thread_cpu_micros(CLOCK_THREAD_CPUTIME_ID));
    done_.store(true, std::memory_order_release);
}

void LoadGenerator::finish_outstanding() {
    const std::int64_t deadline = monotonic_nanos() + kEndNanosMax;
    while (waiting_ > 0 && monotonic_nanos() < deadline) wait(50'000'000);
    for (std::size_t i = 0; i < connections_.size(); ++i)
        if (connections_[i].phase == Phase::waiting) lose(i);
}

std::int64_t LoadGenerator::due_of_next() const {
    return start_ns_ + std::llround(static_cast<double>(issued_) * 1e9 / load_.rate);
}

bool LoadGenerator::more_to_issue(std::int64_t now) const {
    if (issued_ >= load_.events_max) return false;
    return load_.rate <= 0 || due_of_next() <= now;
}

void LoadGenerator::issue_due(std::int64_t now) {
    while (!idle_.empty() && more_to_issue(now)) {
        const std::size_t index = idle_.back();
        idle_.pop_back();
        send_next(index, now);
    }
}

std::int64_t LoadGenerator::nanos_to_wait(std::int64_t now) const {
    std::int64_t nanos = 100'000'000;
    if (!resting_.empty()) nanos = kRestNanos / 2;
    if (load_.rate > 0 && issued_ < load_.events_max && !idle_.empty())
        nanos = std::min(nanos, due_of_next() - now);
    return std::max<std::int64_t>(nanos, 0);
}

void LoadGenerator::wait(std::int64_t nanos) {
    std::array<epoll_event, 256> events{};
    timespec timeout{};
    timeout.tv_sec = nanos / 1'000'000'000;
    timeout.tv_nsec = nanos % 1'000'000'000;
    const int ready = ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                     &timeout, nullptr);
    for (int i = 0; i < ready; ++i)
        on_readable(static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64));
}

void LoadGenerator::send_next(std::size_t index, std::int64_t now) {
    Connection& connection = connections_[index];
    const std::uint32_t target = load_.targets[issued_ % load_.targets.size()];
    const std::int64_t due = load_.rate > 0 ? due_of_next() : now;
    const auto number = ledger_.issue(target, due);
    if (!number) {
        load_.events_max = issued_;
        idle_.push_back(index);
        return;
    }
    ++issued_;
    const std::string& path = options_.paths[target];
    std::memcpy(request_.data() + path_at_, path.data(), path.size());
    write_event_number(request_.data() + number_at_, *number);
    if (key_at_ != 0) write_event_number(request_.data() + key_at_, *number);
    connection.number = *number;
    connection.phase = Phase::waiting;
    ++waiting_;
    count(counts_.sent);
    // The socket is empty when its only request was answered, so a request of any sane size fits its buffer.
    const ssize_t sent =
        ::send(connection.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) lose(index);
}

void LoadGenerator::on_readable(std::size_t index) {
    Connection& connection = connections_[index];
    if (connection.phase == Phase::broken) return;
    const ssize_t got = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), 0);
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) lose(index);
        return;
    }
    std::string_view data(buffer_.data(), static_cast<std::size_t>(got));
    if (!connection.partial.empty()) data = connection.partial.append(data);
    const LeanHead head = scan_head(data);
    if (head.outcome == LeanHead::Outcome::malformed || connection.phase != Phase::waiting) {
        lose(index);
    } else if (head.outcome == LeanHead::Outcome::incomplete || data.size() < head.total()) {
        if (connection.partial.empty()) connection.partial.assign(data);
    } else {
        on_answer(index, head.status, head.close);
    }
}

void LoadGenerator::on_answer(std::size_t index, int status, bool close) {
    Connection& connection = connections_[index];
    const std::int64_t now = monotonic_nanos();
    connection.partial.clear();
    --waiting_;
    connection.phase = Phase::idle;
    const bool accepted = status >= 200 && status <= 299;
    if (accepted) {
        ledger_.acknowledge(connection.number, now);
    } else {
        count(counts_.refused);
        counts_.last_refusal.store(status, std::memory_order_relaxed);
    }
    if (close) return lose(index);
    if (!accepted) {
        connection.retry_ns = now + kRestNanos;
        resting_.push_back(index);
    } else if (load_.rate <= 0 && issued_ < load_.events_max &&
               !ending_.load(std::memory_order_relaxed)) {
        send_next(index, now);
    } else {
        idle_.push_back(index);
    }
}

void LoadGenerator::lose(std::size_t index) {
    Connection& connection = connections_[index];
    if (connection.phase == Phase::waiting) {
        count(counts_.unanswered);
        --waiting_;
    }
    std::erase(idle_, index);
    if (std::find(resting_.begin(), resting_.end(), index) == resting_.end())
        resting_.push_back(index);
    connection.phase = Phase::broken;
    connection.partial.clear();
    connection.socket.reset();
    connection.retry_ns = monotonic_nanos() + kRestNanos;
}

void LoadGenerator::revive(std::int64_t now) {
    for (std::size_t i = 0; i < resting_.size();) {
        const std::size_t index = resting_[i];
        Connection& connection = connections_[index];
        const bool due = connection.retry_ns <= now;
        if (due && (connection.phase != Phase::broken || connect(index))) {
            resting_[i] = resting_.back();
            resting_.pop_back();
            idle_.push_back(index);
            continue;
        }
        if (due) connection.retry_ns = now + kRestNanos;
        ++i;
    }
}

bool LoadGenerator::connect(std::size_t index) {
    Connection& connection = connections_[index];
    auto socket = open_connection(options_.server.host, options_.server.port, kConnectMillis);
    if (!socket) return false;
    const int flags = ::fcntl(socket->get(), F_GETFL);
    ::fcntl(socket->get(), F_SETFL, flags | O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket->get(), &event) != 0) return false;
    connection.socket = std::move(*socket);
    connection.phase = Phase::idle;
    count(counts_.reconnects);
    return true;
}

}  // namespace posthaste
