#include "net/request_parser.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "net/target.h"

namespace posthaste {

namespace {

namespace http = boost::beast::http;
using boost::system::error_code;
using BeastView = boost::beast::string_view;

std::string_view to_std(BeastView text) { return {text.data(), text.size()}; }

Method to_method(http::verb verb) {
    switch (verb) {
        case http::verb::get: return Method::get;
        case http::verb::head: return Method::head;
        case http::verb::post: return Method::post;
        case http::verb::put: return Method::put;
        case http::verb::patch: return Method::patch;
        case http::verb::delete_: return Method::delete_;
        case http::verb::options: return Method::options;
        default: return Method::other;
    }
}

RequestRefusal explain(const error_code& ec) {
    if (ec == http::error::header_limit) return {431, "the request's header is too large"};
    if (ec == http::error::bad_method) return {400, "malformed method"};
    if (ec == http::error::bad_target) return {400, "malformed request target"};
    if (ec == http::error::bad_version) return {400, "unsupported or malformed HTTP version"};
    if (ec == http::error::bad_field) return {400, "malformed header name"};
    if (ec == http::error::bad_value) return {400, "malformed header value"};
    if (ec == http::error::bad_content_length) return {400, "malformed Content-Length"};
    if (ec == http::error::multiple_content_length) return {400, "more than one Content-Length"};
    if (ec == http::error::bad_transfer_encoding)
        return {400, "Transfer-Encoding conflicts with another header"};
    if (ec == http::error::bad_line_ending) return {400, "lines must end in CRLF"};
    return {400, "malformed request"};
}

// The fields that decide about framing, routing and the connection, gathered while the head is parsed.
struct Facts {
    int content_lengths = 0;
    int transfer_encodings = 0;
    int hosts = 0;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view host;
    std::optional<std::string_view> expect;
};

// The grammar. It stops at the end of the head, so the body's hooks are never called.
class Grammar final : public http::basic_parser<true> {
public:
    Grammar(std::vector<HeaderView>& headers, std::size_t header_count_max, RequestHead& head,
            Facts& facts)
        : headers_(headers), header_count_max_(header_count_max), head_(head), facts_(facts) {
        body_limit(boost::none);
    }

    void begin_input(std::string_view input) { input_ = input; }
    [[nodiscard]] const std::optional<RequestRefusal>& refusal() const { return refusal_; }
    [[nodiscard]] bool has_request_line() const { return has_request_line_; }

private:
    void on_request_impl(http::verb verb, BeastView method, BeastView target, int version,
                         error_code&) override {
        has_request_line_ = true;
        head_.version = version == 11 ? HttpVersion::http_1_1 : HttpVersion::http_1_0;
        head_.method = to_method(verb);
        head_.method_text = to_std(method);
        head_.target = to_std(target);
    }

    void on_field_impl(http::field field, BeastView name_in, BeastView value_in,
                       error_code& ec) override {
        const std::string_view name = to_std(name_in);
        const std::string_view value = to_std(value_in);
        if (is_folded(name)) return refuse({400, "folded header lines are not accepted"}, ec);
        if (headers_.size() == header_count_max_) return refuse({431, "too many headers"}, ec);
        headers_.push_back({name, value});
        switch (field) {
            case http::field::content_length:
                ++facts_.content_lengths;
                facts_.content_length = value;
                break;
            case http::field::transfer_encoding:
                ++facts_.transfer_encodings;
                facts_.transfer_encoding = value;
                break;
            case http::field::host:
                ++facts_.hosts;
                facts_.host = value;
                break;
            case http::field::expect:
                // A second Expect makes the expectation one that is not known.
                facts_.expect = facts_.expect ? std::string_view("repeated") : value;
                break;
            default: break;
        }
    }

    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(BeastView, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, BeastView, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastView, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}
    void on_response_impl(int, BeastView, int, error_code&) override {}

    // Beast unfolds silently. A field is reported when its CRLF and the byte behind it are there: a blank continues it.
    [[nodiscard]] bool is_folded(std::string_view name) const {
        const auto offset = static_cast<std::size_t>(name.data() - input_.data()) + name.size();
        const std::size_t line_end = input_.find('\r', offset);
        if (line_end == std::string_view::npos || line_end + 2 >= input_.size()) return false;
        const char next = input_[line_end + 2];
        return next == ' ' || next == '\t';
    }

    void refuse(RequestRefusal refusal, error_code& ec) {
        refusal_ = refusal;
        ec = http::error::bad_value;
    }

    std::vector<HeaderView>& headers_;
    const std::size_t header_count_max_;
    RequestHead& head_;
    Facts& facts_;
    std::string_view input_;
    std::optional<RequestRefusal> refusal_;
    bool has_request_line_ = false;
};

bool is_decimal(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

class RequestParser::Sink {
public:
    explicit Sink(RequestLimits limits) : limits_(limits) {
        headers_.reserve(limits.header_count_max);
        reset();
    }

    void reset() {
        headers_.clear();
        head_ = {};
        facts_ = {};
        consumed_ = 0;
        grammar_.emplace(headers_, limits_.header_count_max, head_, facts_);
        // The whole head is bounded below; Beast counts only from where it last stopped.
        grammar_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    }

    Progress parse(std::string_view input) {
        error_code ec;
        grammar_->begin_input(input);
        const std::string_view fresh = input.substr(consumed_);
        consumed_ += grammar_->put(asio::const_buffer(fresh.data(), fresh.size()), ec);
        if (ec == http::error::need_more) return wait(input);
        if (ec) return refuse(grammar_->refusal() ? *grammar_->refusal() : judge_error(ec, input));
        if (consumed_ > limits_.header_bytes_max)
            return refuse({431, "the request's header is too large"});
        return finish();
    }

    const RequestLimits limits_;
    std::vector<HeaderView> headers_;
    RequestHead head_;
    Facts facts_;
    RequestRefusal refusal_;
    std::size_t consumed_ = 0;
    std::optional<Grammar> grammar_;

private:
    Progress refuse(RequestRefusal refusal) {
        refusal_ = refusal;
        return Progress::refused;
    }

    // The head is incomplete: refuse what can only become too large.
    Progress wait(std::string_view input) {
        if (is_long_line(input)) return refuse(judge_long_line(input));
        if (input.size() >= limits_.header_bytes_max)
            return refuse({431, "the request's header is too large"});
        return Progress::need_more;
    }

    // Beast may not have reported a request line that is there: after a piece that ended inside of it, Beast waits for the
    // end of the head.
    [[nodiscard]] bool is_long_line(std::string_view input) const {
        const std::size_t line_bytes_max = limits_.target_bytes_max + 64;
        return !grammar_->has_request_line() && input.size() > line_bytes_max &&
               input.substr(0, line_bytes_max).find('\n') == std::string_view::npos;
    }

    [[nodiscard]] static RequestRefusal judge_long_line(std::string_view input) {
        if (input.substr(0, 64).find(' ') == std::string_view::npos)
            return {400, "malformed method"};
        return {414, "the request target is too long"};
    }

    [[nodiscard]] RequestRefusal judge_error(const error_code& ec, std::string_view input) const {
        if (ec == http::error::header_limit && is_long_line(input)) return judge_long_line(input);
        return explain(ec);
    }

    Progress finish() {
        if (head_.target.size() > limits_.target_bytes_max)
            return refuse({414, "the request target is too long"});
        head_.headers = headers_;
        head_.keep_alive = grammar_->keep_alive();
        if (const auto refusal = judge_target()) return refuse(*refusal);
        if (const auto refusal = judge_framing()) return refuse(*refusal);
        if (const auto refusal = judge_host()) return refuse(*refusal);
        if (const auto refusal = judge_expect()) return refuse(*refusal);
        return Progress::done;
    }

    std::optional<RequestRefusal> judge_target() {
        if (head_.method_text == "CONNECT" || head_.method_text == "TRACE")
            return RequestRefusal{501, "this method is not implemented"};
        const auto parts = split_target(head_.target, head_.method);
        if (!parts) return RequestRefusal{400, "malformed request target"};
        head_.path = parts->path;
        head_.query = parts->query;
        return std::nullopt;
    }

    std::optional<RequestRefusal> judge_framing() {
        if (facts_.transfer_encodings > 0) {
            if (head_.version == HttpVersion::http_1_0)
                return RequestRefusal{400, "Transfer-Encoding is not allowed in HTTP/1.0"};
            if (facts_.content_lengths > 0)
                return RequestRefusal{400,
                                      "Transfer-Encoding and Content-Length exclude each other"};
            if (facts_.transfer_encodings > 1 ||
                !boost::beast::iequals(
                    BeastView(facts_.transfer_encoding.data(), facts_.transfer_encoding.size()),
                    "chunked"))
                return RequestRefusal{400, "Transfer-Encoding must be exactly one \"chunked\""};
            head_.framing = Framing::chunked;
        } else if (facts_.content_lengths > 0) {
            if (facts_.content_lengths > 1)
                return RequestRefusal{400, "more than one Content-Length"};
            if (!is_decimal(facts_.content_length))
                return RequestRefusal{400, "malformed Content-Length"};
            head_.content_length = grammar_->content_length().value_or(0);
            head_.framing = head_.content_length > 0 ? Framing::sized : Framing::none;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<RequestRefusal> judge_host() const {
        if (facts_.hosts > 1) return RequestRefusal{400, "more than one Host"};
        if (facts_.hosts == 0 && head_.version == HttpVersion::http_1_1)
            return RequestRefusal{400, "Host is missing"};
        if (facts_.hosts == 1 && !is_authority(facts_.host))
            return RequestRefusal{400, "malformed Host"};
        return std::nullopt;
    }

    std::optional<RequestRefusal> judge_expect() {
        // HTTP/1.0 knows no expectations, and a server ignores them there.
        if (!facts_.expect || head_.version == HttpVersion::http_1_0) return std::nullopt;
        const BeastView value(facts_.expect->data(), facts_.expect->size());
        if (!boost::beast::iequals(value, "100-continue"))
            return RequestRefusal{417, "unknown expectation"};
        head_.expects_continue = true;
        return std::nullopt;
    }
};

RequestParser::RequestParser(RequestLimits limits) : sink_(std::make_unique<Sink>(limits)) {}
RequestParser::~RequestParser() = default;

void RequestParser::reset() { sink_->reset(); }
RequestParser::Progress RequestParser::parse(std::string_view input) { return sink_->parse(input); }
const RequestHead& RequestParser::head() const { return sink_->head_; }
std::size_t RequestParser::head_bytes() const { return sink_->consumed_; }
const RequestRefusal& RequestParser::refusal() const { return sink_->refusal_; }

}  // namespace posthaste
