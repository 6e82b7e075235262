#include "server/commands/message_reader.h"

#include "base/bytes.h"
#include "base/text.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace posthaste {
namespace {

constexpr std::size_t kHeadBytesMax = 64u << 10;

bool parse_number(std::string_view text, int base, std::uint64_t& out) {
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return !text.empty() && error == std::errc{} && rest == text.data() + text.size();
}

bool is_token_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool lists_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equal_ignoring_case(trim_blanks(list.substr(0, comma)), token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

std::string_view HttpMessage::field(std::string_view name) const {
    for (const MessageField& f : fields)
        if (equal_ignoring_case(f.name, name)) return f.value;
    return {};
}

bool MessageReader::in_line_state() const {
    switch (state_) {
        case State::first_line:
        case State::fields:
        case State::chunk_size:
        case State::chunk_end:
        case State::trailers: return true;
        case State::fixed_body:
        case State::until_close:
        case State::chunk_data:
        case State::complete:
        case State::failed: return false;
    }
    return false;
}

std::size_t MessageReader::feed(std::string_view input) {
    std::size_t taken = 0;
    while (taken < input.size() && !complete() && !failed()) {
        const std::string_view rest = input.substr(taken);
        if (!in_line_state()) {
            const std::size_t size =
                state_ == State::until_close
                    ? rest.size()
                    : static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, rest.size()));
            take_body(rest.substr(0, size));
            taken += size;
            continue;
        }
        const std::size_t newline = rest.find('\n');
        const std::size_t size = newline == std::string_view::npos ? rest.size() : newline + 1;
        head_bytes_ += size;
        if (head_bytes_ > kHeadBytesMax) {
            give_up("the head exceeds 64 KiB");
            break;
        }
        line_.append(rest.substr(0, size));
        taken += size;
        if (newline == std::string_view::npos) break;
        line_.pop_back();
        if (!line_.empty() && line_.back() == '\r') line_.pop_back();
        const std::string line = std::exchange(line_, {});
        on_line(line);
    }
    return taken;
}

void MessageReader::finish() {
    if (state_ == State::until_close) {
        message_.keep_alive = false;
        state_ = State::complete;
    } else if (!complete() && !idle()) {
        give_up("the connection ended in the middle of a message");
    }
}

bool MessageReader::take_continue_request() { return std::exchange(wants_continue_, false); }

HttpMessage MessageReader::take() {
    HttpMessage message = std::move(message_);
    reset();
    return message;
}

void MessageReader::reset() {
    message_ = HttpMessage{};
    state_ = State::first_line;
    line_.clear();
    head_bytes_ = 0;
    body_left_ = 0;
    http_1_0_ = false;
    wants_continue_ = false;
}

void MessageReader::give_up(std::string reason) {
    failure_ = std::move(reason);
    state_ = State::failed;
}

void MessageReader::on_line(std::string_view line) {
    switch (state_) {
        case State::first_line:
            // A blank line before a request is tolerated (RFC 9112 §2.2).
            if (!line.empty()) on_first_line(line);
            return;
        case State::fields: line.empty() ? on_head_end() : on_field(line); return;
        case State::chunk_size: on_chunk_size(line); return;
        case State::chunk_end:
            if (!line.empty()) return give_up("a chunk is longer than it said");
            // The limit is on a head; the lines of many chunks may add up to more.
            head_bytes_ = 0;
            state_ = State::chunk_size;
            return;
        case State::trailers:
            if (line.empty()) state_ = State::complete;
            return;
        case State::fixed_body:
        case State::until_close:
        case State::chunk_data:
        case State::complete:
        case State::failed: return;
    }
}

void MessageReader::on_first_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    if (first == std::string_view::npos || first == 0) return give_up("malformed first line");
    std::string_view version;
    if (kind_ == Kind::request) {
        const std::size_t last = line.rfind(' ');
        if (last == first) return give_up("malformed request line");
        message_.method = line.substr(0, first);
        message_.target = line.substr(first + 1, last - first - 1);
        version = line.substr(last + 1);
    } else {
        version = line.substr(0, first);
        std::uint64_t status = 0;
        if (!parse_number(line.substr(first + 1, 3), 10, status) || status < 100 || status > 599)
            return give_up("malformed status line");
        message_.status = static_cast<int>(status);
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return give_up("not HTTP/1.1");
    http_1_0_ = version == "HTTP/1.0";
    state_ = State::fields;
}

void MessageReader::on_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return give_up("malformed header line");
    const std::string_view name = line.substr(0, colon);
    if (!std::all_of(name.begin(), name.end(), is_token_char))
        return give_up("malformed header name");
    message_.fields.push_back(
        {std::string(name), std::string(trim_blanks(line.substr(colon + 1)))});
}

void MessageReader::on_head_end() {
    const bool interim = kind_ == Kind::response && message_.status < 200;
    if (interim) return reset();
    const std::string_view connection = message_.field("connection");
    message_.keep_alive =
        http_1_0_ ? lists_token(connection, "keep-alive") : !lists_token(connection, "close");
    const std::string_view encoding = message_.field("transfer-encoding");
    const std::string_view length = message_.field("content-length");
    wants_continue_ =
        kind_ == Kind::request && equal_ignoring_case(message_.field("expect"), "100-continue");
    if (kind_ == Kind::response && (message_.status == 204 || message_.status == 304)) {
        state_ = State::complete;
    } else if (!encoding.empty()) {
        if (!equal_ignoring_case(encoding, "chunked") || !length.empty())
            return give_up("unusable body framing");
        state_ = State::chunk_size;
    } else if (!length.empty()) {
        if (!parse_number(length, 10, body_left_)) return give_up("malformed Content-Length");
        state_ = body_left_ == 0 ? State::complete : State::fixed_body;
    } else {
        state_ = kind_ == Kind::request ? State::complete : State::until_close;
    }
    // The lines of a chunked body have a budget of their own.
    head_bytes_ = 0;
    if (complete()) wants_continue_ = false;
}

void MessageReader::on_chunk_size(std::string_view line) {
    const std::string_view digits = trim_blanks(line.substr(0, line.find(';')));
    if (!parse_number(digits, 16, body_left_)) return give_up("malformed chunk size");
    state_ = body_left_ == 0 ? State::trailers : State::chunk_data;
}

void MessageReader::take_body(std::string_view bytes) {
    message_.body_bytes += bytes.size();
    const std::size_t room = body_max_ - std::min(body_max_, message_.body.size());
    message_.body.append(bytes.substr(0, std::min(room, bytes.size())));
    if (state_ == State::until_close) return;
    body_left_ -= bytes.size();
    if (body_left_ == 0) state_ = state_ == State::chunk_data ? State::chunk_end : State::complete;
}

}  // namespace posthaste
