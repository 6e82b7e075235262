#include "server/commands/listen_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr std::uint64_t kListenerTag = 0;
constexpr std::uint64_t kStopTag = ~0ULL;
constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kFillBytes = 64u << 10;
// Identities remembered for counting duplicates; beyond this, new ones are taken as unseen.
constexpr std::size_t kIdentitiesMax = 1'000'000;

std::string_view reason_of(int status) {
    switch (status) {
        case 200: return "OK";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 400: return "Bad Request";
        case 404: return "Not Found";
        case 410: return "Gone";
        case 429: return "Too Many Requests";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Status";
    }
}

}  // namespace

struct ListenServer::Connection {
    ConnectionId id = 0;
    FileDescriptor socket;
    MessageReader reader{MessageReader::Kind::request};
    std::string in;   // read, not yet parsed: the next requests
    std::string out;  // answer bytes on their way
    std::size_t out_sent = 0;
    bool answering = false;  // a request is taken and its answer is not finished
    bool counts = false;     // that answer is a delivery's
    bool parsing = false;    // parse() is on the stack and will go on by itself
    bool never = false;      // the answer will never come
    bool endless = false;
    bool keep_alive = true;
    bool peer_done = false;
    std::uint64_t fill_left = 0;  // bytes of a sized body still to be made
    ListenAnswer delayed;
    std::uint32_t interest = 0;
};

Result<std::unique_ptr<ListenServer>> ListenServer::create(ListenOptions options,
                                                           OnDelivery on_delivery) {
    std::unique_ptr<ListenServer> server(
        new ListenServer(std::move(options), std::move(on_delivery)));
    if (!server->options_.secret.empty()) {
        ASSIGN_OR_RETURN(server->key_, parse_secret(server->options_.secret));
    }
    ASSIGN_OR_RETURN(server->listener_,
                     open_listener(server->options_.host, server->options_.port));
    server->epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kListenerTag;
    if (::epoll_ctl(server->epoll_.get(), EPOLL_CTL_ADD, server->listener_.get(), &event) != 0)
        return fail(ErrorCode::io, "cannot set up epoll: " + last_system_error());
    server->started_ns_ = monotonic_nanos();
    return server;
}

ListenServer::ListenServer(ListenOptions options, OnDelivery on_delivery)
    : options_(std::move(options)), on_delivery_(std::move(on_delivery)) {}

ListenServer::~ListenServer() = default;

bool ListenServer::enough() const { return options_.count > 0 && answered_ >= options_.count; }

void ListenServer::run(int stop_fd) {
    epoll_event stop{};
    stop.events = EPOLLIN;
    stop.data.u64 = kStopTag;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stop_fd, &stop);
    std::array<epoll_event, 64> events{};
    while (!enough()) {
        const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                       next_timeout_ms());
        for (int i = 0; i < ready && !enough(); ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.u64 == kStopTag) return;
            if (event.data.u64 == kListenerTag) {
                accept_all();
            } else {
                on_event(event.data.u64, event.events);
            }
        }
        fire_timers();
    }
    connections_.clear();
}

int ListenServer::next_timeout_ms() const {
    if (timers_.empty()) return -1;
    const std::int64_t nanos = timers_.begin()->first - monotonic_nanos();
    return static_cast<int>(std::clamp<std::int64_t>((nanos + 999'999) / 1'000'000, 0, 60'000));
}

void ListenServer::accept_all() {
    for (;;) {
        FileDescriptor socket(
            ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!socket.is_open()) return;
        auto connection = std::make_unique<Connection>();
        connection->id = ++last_id_;
        connection->socket = std::move(socket);
        connection->interest = EPOLLIN | EPOLLRDHUP;
        epoll_event event{};
        event.events = connection->interest;
        event.data.u64 = connection->id;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->socket.get(), &event) == 0)
            connections_.emplace(connection->id, std::move(connection));
    }
}

void ListenServer::drop(Connection& connection) { connections_.erase(connection.id); }

void ListenServer::on_event(ConnectionId id, std::uint32_t events) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return drop(connection);
    if ((events & EPOLLRDHUP) != 0) {
        connection.peer_done = true;
        // Nobody waits for an answer that will not come.
        if (connection.never || connection.endless) return drop(connection);
    }
    if ((events & EPOLLOUT) != 0) {
        flush(connection);
        if (!connections_.contains(id)) return;
    }
    if ((events & EPOLLIN) != 0 && !connection.answering) return read_from(connection);
    update_interest(connection);
}

void ListenServer::update_interest(Connection& connection) {
    std::uint32_t wanted = 0;
    if (!connection.answering) wanted |= EPOLLIN;
    if (!connection.peer_done) wanted |= EPOLLRDHUP;
    if (connection.out_sent < connection.out.size()) wanted |= EPOLLOUT;
    if (wanted == connection.interest) return;
    connection.interest = wanted;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = connection.id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
}

void ListenServer::read_from(Connection& connection) {
    std::array<char, kReadBytes> buffer;
    const ssize_t got = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) {
        if (errno != EAGAIN && errno != EINTR) drop(connection);
        return;
    }
    if (got == 0) {
        if (!connection.reader.idle()) ++totals_.malformed;
        return drop(connection);
    }
    connection.in.append(buffer.data(), static_cast<std::size_t>(got));
    parse(connection);
}

// Takes requests until one has to wait for its answer. Never touches the connection after it may have been dropped.
void ListenServer::parse(Connection& connection) {
    const ConnectionId id = connection.id;
    connection.parsing = true;
    while (!connection.answering && !connection.in.empty()) {
        const std::size_t taken = connection.reader.feed(connection.in);
        connection.in.erase(0, taken);
        if (connection.reader.failed()) return refuse_malformed(connection);
        if (connection.reader.take_continue_request()) {
            connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
            flush(connection);
            if (!connections_.contains(id)) return;
        }
        if (!connection.reader.complete()) break;
        const HttpMessage request = connection.reader.take();
        handle(connection, request);
        if (!connections_.contains(id)) return;
        if (enough()) break;
    }
    connection.parsing = false;
    update_interest(connection);
}

void ListenServer::refuse_malformed(Connection& connection) {
    ++totals_.malformed;
    connection.keep_alive = false;
    connection.answering = true;
    connection.out +=
        fmt::format("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                    connection.reader.failure().size(), connection.reader.failure());
    flush(connection);
}

void ListenServer::note_identity(DeliveryReport& report, const ListenAnswer& answer) {
    const std::string identity(delivery_identity(report.request));
    if (identity.empty()) return;
    if (seen_.size() >= kIdentitiesMax && !seen_.contains(identity)) return;
    Seen& seen = seen_[identity];
    report.copies = ++seen.copies;
    report.duplicate = seen.answered_well;
    if (seen.copies == 1) {
        ++totals_.unique;
    } else {
        ++(seen.answered_well ? totals_.duplicates : totals_.retries);
    }
    if (answer.body == AnswerBody::ordinary && answer.status < 300) seen.answered_well = true;
}

void ListenServer::handle(Connection& connection, const HttpMessage& request) {
    ++totals_.deliveries;
    const Duration uptime{(monotonic_nanos() - started_ns_) / 1000};
    const ListenAnswer answer = choose_answer(options_, totals_.deliveries, uptime);
    DeliveryReport report{.number = totals_.deliveries,
                          .at = wall_clock(),
                          .request = request,
                          .signature = std::nullopt,
                          .copies = 1,
                          .duplicate = false,
                          .status = std::nullopt};
    note_identity(report, answer);
    if (answer.body != AnswerBody::none_ever) report.status = answer.status;
    if (answer.body == AnswerBody::none_ever || answer.status >= 300) ++totals_.failed_on_purpose;
    if (key_ && !request.body_cut()) {
        report.signature = check_signatures(request, *key_, report.at);
        switch (report.signature->verdict) {
            case SignatureVerdict::valid: ++totals_.signatures_valid; break;
            case SignatureVerdict::invalid: ++totals_.signatures_invalid; break;
            case SignatureVerdict::missing: ++totals_.signatures_missing; break;
        }
    }
    on_delivery_(report);
    this->answer(connection, answer, request.keep_alive);
}

void ListenServer::answer(Connection& connection, const ListenAnswer& answer, bool keep_alive) {
    connection.answering = true;
    connection.counts = true;
    connection.keep_alive = keep_alive;
    if (answer.body == AnswerBody::none_ever) {
        ++answered_;
        // A peer that has already left would never be noticed again.
        if (connection.peer_done) return drop(connection);
        connection.never = true;
        return update_interest(connection);
    }
    if (answer.delay.count() > 0) {
        connection.delayed = answer;
        timers_.emplace(monotonic_nanos() + answer.delay.count() * 1000, connection.id);
        return update_interest(connection);
    }
    begin_writing(connection, answer, keep_alive);
}

void ListenServer::fire_timers() {
    const std::int64_t now = monotonic_nanos();
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const ConnectionId id = timers_.begin()->second;
        timers_.erase(timers_.begin());
        const auto found = connections_.find(id);
        if (found == connections_.end()) continue;
        Connection& connection = *found->second;
        begin_writing(connection, connection.delayed, connection.keep_alive);
    }
}

void ListenServer::begin_writing(Connection& connection, const ListenAnswer& answer,
                                 bool keep_alive) {
    static constexpr std::string_view kBody = R"({"received":true})";
    connection.out += fmt::format("HTTP/1.1 {} {}\r\nContent-Type: application/json\r\n",
                                  answer.status, reason_of(answer.status));
    if (!keep_alive) connection.out += "Connection: close\r\n";
    switch (answer.body) {
        case AnswerBody::ordinary:
            connection.out += answer.status == 204 ? std::string("\r\n")
                                                   : fmt::format("Content-Length: {}\r\n\r\n{}",
                                                                 kBody.size(), kBody);
            break;
        case AnswerBody::sized:
            connection.out += fmt::format("Content-Length: {}\r\n\r\n", answer.body_bytes);
            connection.fill_left = answer.body_bytes;
            break;
        case AnswerBody::endless:
            connection.out += "Transfer-Encoding: chunked\r\n\r\n";
            connection.endless = true;
            break;
        case AnswerBody::none_ever: return;
    }
    flush(connection);
}

void ListenServer::refill(Connection& connection) {
    connection.out.clear();
    connection.out_sent = 0;
    if (connection.endless) {
        connection.out = fmt::format("{:x}\r\n", kFillBytes);
        connection.out.append(kFillBytes, '.').append("\r\n");
    } else {
        const std::size_t size =
            static_cast<std::size_t>(std::min<std::uint64_t>(connection.fill_left, kFillBytes));
        connection.out.assign(size, '.');
        connection.fill_left -= size;
    }
}

void ListenServer::flush(Connection& connection) {
    // An endless body is sent a round at a time, so that one connection does not keep the thread.
    for (int round = 0; round < 16; ++round) {
        if (connection.out_sent == connection.out.size()) {
            if (connection.fill_left == 0 && !connection.endless) break;
            refill(connection);
        }
        const ssize_t sent =
            ::send(connection.socket.get(), connection.out.data() + connection.out_sent,
                   connection.out.size() - connection.out_sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) return drop(connection);
            return update_interest(connection);
        }
        connection.out_sent += static_cast<std::size_t>(sent);
    }
    if (connection.out_sent == connection.out.size() &&
        (connection.fill_left > 0 || connection.endless))
        refill(connection);
    if (connection.out_sent < connection.out.size()) return update_interest(connection);
    connection.out.clear();
    connection.out_sent = 0;
    if (connection.answering && !connection.never) finish_answer(connection);
}

void ListenServer::finish_answer(Connection& connection) {
    connection.answering = false;
    if (std::exchange(connection.counts, false)) ++answered_;
    if (!connection.keep_alive || (connection.peer_done && connection.in.empty()))
        return drop(connection);
    if (!connection.in.empty() && !connection.parsing) return parse(connection);
    update_interest(connection);
}

}  // namespace posthaste
