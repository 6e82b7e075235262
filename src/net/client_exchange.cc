#include "net/client_exchange.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "net/client_core.h"
#include "net/client_request.h"
#include "net/system_clock.h"

namespace posthaste {

namespace {

using boost::system::error_code;

constexpr SteadyTime kNever = SteadyTime::max();
// With several addresses, none gets less than this while time is left.
constexpr std::chrono::milliseconds kAddressTimeMin{250};

Duration since(SteadyTime start, SteadyTime end) {
    return std::chrono::duration_cast<Duration>(end - start);
}

ResponseLimits response_limits(const HttpClientOptions& options) {
    ResponseLimits limits;
    limits.body_kept_max = options.response_body_max;
    limits.body_read_max = options.response_read_max;
    return limits;
}

asio::ip::tcp::endpoint to_endpoint(const IpAddress& address, std::uint16_t port) {
    if (address.is_v4()) {
        asio::ip::address_v4::bytes_type bytes{};
        std::copy_n(address.bytes.begin() + 12, 4, bytes.begin());
        return {asio::ip::address_v4(bytes), port};
    }
    return {asio::ip::address_v6(address.bytes), port};
}

std::string in_brackets(const IpAddress& address) {
    return address.is_v4() ? to_string(address) : "[" + to_string(address) + "]";
}

}  // namespace

ClientExchange::ClientExchange(std::shared_ptr<ClientCore> core, OutboundRequest request)
    : core_(std::move(core)),
      request_(std::move(request)),
      response_(response_limits(core_->options)) {}

ClientExchange::~ClientExchange() {
    // The coroutine was destroyed before it could wait.
    if (started_at_ != SteadyTime{} && !finished_) finish(AttemptOutcome::interrupted, {});
}

SteadyTime ClientExchange::clock_now() const { return core_->options.now(); }

ClientExchange::Started ClientExchange::start() {
    started_at_ = clock_now();
    deadline_ = started_at_ + request_.timeout;
    ++core_->statistics.requests;
    core_->add(*this);
    if (core_->stopped) {
        finish(AttemptOutcome::interrupted, "The server is stopping.");
    } else if (target().host.empty()) {
        finish(AttemptOutcome::blocked, "The endpoint's URL is not valid.");
    } else if ((connection_ = core_->pool.take(target(), started_at_))) {
        ++core_->statistics.connections_reused;
        reused_ = true;
        phase_started_at_ = started_at_;
        connection_->set_user(this);
        send_request();
    } else {
        start_fresh();
    }
    return finished_ ? Started::finished : Started::pending;
}

void ClientExchange::enter(Phase phase, SteadyTime deadline) {
    phase_ = phase;
    phase_deadline_ = deadline;
}

void ClientExchange::start_fresh() {
    enter(Phase::resolving, kNever);
    phase_started_at_ = clock_now();
    if (const auto literal = parse_ip(target().host)) {
        Resolution known;
        known.addresses.push_back(*literal);
        return choose_addresses(known);
    }
    if (const Resolution* known = core_->resolver.resolve(target().host, *this))
        return choose_addresses(*known);
    resolving_ = true;
}

void ClientExchange::on_resolved(const Resolution& resolution) {
    resolving_ = false;
    choose_addresses(resolution);
}

void ClientExchange::choose_addresses(const Resolution& resolution) {
    const SteadyTime now = clock_now();
    result_.timings.dns = since(phase_started_at_, now);
    if (resolution.addresses.empty()) return finish(AttemptOutcome::dns_failed, resolution.error);
    std::string refused;
    addresses_.clear();
    for (const IpAddress& address : resolution.addresses) {
        const std::string_view reason = core_->options.guard.refused_because(address);
        if (reason.empty())
            addresses_.push_back(address);
        else
            refused.append(refused.empty() ? "" : ", ")
                .append(to_string(address))
                .append(" (")
                .append(reason)
                .append(")");
    }
    if (addresses_.empty())
        return finish(
            AttemptOutcome::blocked,
            target().host + " is at an address that may not be reached: " + refused + ".");
    phase_started_at_ = now;
    connect_deadline_ = now + core_->options.connect_timeout;
    next_address_ = 0;
    connect_next();
}

void ClientExchange::connect_next(Resume resume) {
    while (next_address_ < addresses_.size()) {
        const SteadyTime now = clock_now();
        const auto left = static_cast<std::int64_t>(addresses_.size() - next_address_);
        const auto share =
            std::max<SteadyTime::duration>((connect_deadline_ - now) / left, kAddressTimeMin);
        enter(Phase::connecting, std::min(now + share, connect_deadline_));
        const IpAddress& address = addresses_[next_address_++];
        drop_connection();
        connection_ = std::make_shared<ClientConnection>(core_->executor);
        connection_->set_user(this);
        const error_code error = connection_->connect(to_endpoint(address, target().port));
        if (!error) return;
        connect_error_ = in_brackets(address) + ": " + error.message();
    }
    finish(AttemptOutcome::connect_failed,
           "No connection to " + target().authority + ": " + connect_error_ + ".", resume);
}

void ClientExchange::on_connected(error_code error) {
    if (error) {
        connect_error_ = in_brackets(addresses_[next_address_ - 1]) + ": " + error.message();
        return connect_next();
    }
    const SteadyTime now = clock_now();
    result_.timings.connect = since(phase_started_at_, now);
    ++core_->statistics.connections_opened;
    if (!target().tls) return send_request();

    phase_started_at_ = now;
    enter(Phase::securing, now + core_->options.tls_timeout);
    auto context = core_->tls();
    if (!context) return finish(AttemptOutcome::tls_failed, std::move(context).error().message);
    auto session = (*context)->open(connection_->descriptor(), target().host, target().port);
    if (!session) return finish(AttemptOutcome::tls_failed, std::move(session).error().message);
    connection_->start_tls(std::move(*session));
}

void ClientExchange::on_secured(std::string problem) {
    if (!problem.empty()) return finish(AttemptOutcome::tls_failed, std::move(problem));
    result_.timings.tls = since(phase_started_at_, clock_now());
    send_request();
}

void ClientExchange::send_request() {
    enter(Phase::sending, kNever);
    const std::string& payload = body_of(*request_.event);
    write_request_head(connection_->head(), target(), core_->options.user_agent, request_.headers,
                       payload.size());
    switch (connection_->write(payload)) {
        case ClientConnection::Written::all:
            connection_->arm_read_later();
            on_written({});
            return;
        // An answer, or a receiver that hangs up, must be seen even while we still write.
        case ClientConnection::Written::pending: connection_->arm_read(); return;
        case ClientConnection::Written::failed:
            connection_->arm_read_later();
            on_written(asio::error::broken_pipe);
            return;
    }
}

void ClientExchange::on_written(error_code error) {
    // A receiver may refuse a request before it has read it all, and hang up: what it said is still to be read. The armed
    // read tells either way.
    if (error) write_failed_ = true;
    if (phase_ != Phase::sending) return;
    phase_started_at_ = clock_now();
    const auto limit = core_->options.first_byte_timeout;
    enter(Phase::waiting, limit.count() > 0 ? phase_started_at_ + limit : kNever);
}

void ClientExchange::on_received(ClientConnection& connection) {
    if (!got_byte_) {
        got_byte_ = true;
        const SteadyTime now = clock_now();
        // An answer that overtakes the request took no time at all.
        if (phase_ == Phase::waiting) result_.timings.first_byte = since(phase_started_at_, now);
        enter(Phase::reading, kNever);
    }
    std::size_t consumed = 0;
    const ClientResponse::State state = response_.put(connection.unread(), consumed);
    connection.consume(consumed);
    if (state != ClientResponse::State::more) return answer(state);
    if (connection.is_full())
        return lose("The receiver sent a header or chunk line that is too long.");
    connection.arm_read();
}

void ClientExchange::on_ended(ClientConnection&, error_code error) {
    if (!error && got_byte_) {
        const ClientResponse::State state = response_.put_end();
        return state == ClientResponse::State::complete ? answer(state) : lose(response_.problem());
    }
    if (reused_ && !got_byte_ && !retried_) {
        // Receivers close idle connections all the time; this one did so before it could have read the request.
        retried_ = true;
        reused_ = false;
        write_failed_ = false;
        ++core_->statistics.stale_retries;
        drop_connection();
        return start_fresh();
    }
    if (!error) return lose("The receiver closed the connection without answering.");
    lose("The connection to the receiver was lost: " + error.message() + ".");
}

void ClientExchange::keep_answer() {
    result_.status = response_.status();
    result_.headers = response_.take_headers();
    result_.body = response_.take_body();
}

void ClientExchange::answer(ClientResponse::State state) {
    if (state == ClientResponse::State::bad) return lose(response_.problem());
    keep_answer();
    if (!response_.retry_after().empty()) {
        result_.retry_after = parse_retry_after(response_.retry_after(), SystemClock().now());
    }
    const bool quiet = state == ClientResponse::State::complete && response_.keeps_alive() &&
                       !write_failed_ && !connection_->is_writing() &&
                       connection_->unread().empty();
    if (quiet && !core_->stopped) {
        const SteadyTime now = clock_now();
        core_->put_idle(target(), std::move(connection_), now);
    }
    finish(classify_status(result_.status), {});
}

// The connection ended, or what came over it cannot be trusted, after the request may have been seen.
void ClientExchange::lose(std::string problem) {
    if (response_.has_head()) keep_answer();
    finish(AttemptOutcome::broken, std::move(problem));
}

void ClientExchange::expire(SteadyTime now) {
    if (now < phase_deadline_ && now < deadline_) return;
    if (phase_ == Phase::connecting && now < deadline_ && now < connect_deadline_ &&
        next_address_ < addresses_.size()) {
        connect_error_ = in_brackets(addresses_[next_address_ - 1]) + ": no answer in time";
        return connect_next(Resume::posted);
    }
    std::string_view doing;
    switch (phase_) {
        case Phase::resolving: doing = "resolving the host name"; break;
        case Phase::connecting: doing = "connecting"; break;
        case Phase::securing: doing = "the TLS handshake"; break;
        case Phase::sending: doing = "sending the request"; break;
        case Phase::waiting: doing = "waiting for the answer"; break;
        case Phase::reading: doing = "reading the answer"; break;
    }
    if (phase_ == Phase::reading && response_.has_head()) keep_answer();
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_at_);
    finish(AttemptOutcome::timed_out,
           "Timed out after " + std::to_string(spent.count()) + " ms while " + std::string(doing) +
               ".",
           Resume::posted);
}

void ClientExchange::interrupt() {
    if (!finished_)
        finish(AttemptOutcome::interrupted, "The attempt was interrupted.", Resume::posted);
}

void ClientExchange::drop_connection() {
    if (!connection_) return;
    connection_->close();
    connection_.reset();
}

// Nothing may touch *this afterwards: resuming the coroutine destroys it.
void ClientExchange::finish(AttemptOutcome outcome, std::string error, Resume resume) {
    ASSERT(!finished_);
    finished_ = true;
    core_->remove(*this);
    if (resolving_) core_->resolver.cancel(target().host, *this);
    drop_connection();
    result_.outcome = outcome;
    result_.error = std::move(error);
    result_.reused_connection = reused_;
    result_.timings.total = since(started_at_, clock_now());
    if (!handler_) return;
    if (cancellation_.is_connected()) cancellation_.clear();
    auto handler = std::move(handler_);
    if (resume == Resume::posted)
        asio::post(core_->executor, std::move(handler));
    else
        handler();
}

}  // namespace posthaste
