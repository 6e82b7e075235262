// The parsers of HTTP messages. All of them take input split anywhere, so each target feeds the same bytes at several paces
// and asserts that nothing but the pace was different.

#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "domain/kept_headers.h"
#include "net/chunk_decoder.h"
#include "net/client_response.h"
#include "net/request_parser.h"
#include "server/commands/bench/lean_http.h"
#include "server/commands/message_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr Pace kOtherPaces[] = {Pace::bytes, Pace::pieces};

// ---- requests ----

struct RequestVerdict {
    RequestParser::Progress progress = RequestParser::Progress::need_more;
    int status = 0;
    std::size_t head_bytes = 0;
    std::vector<std::string> texts;  // what the head says, or why it is refused
    Framing framing = Framing::none;
    std::uint64_t content_length = 0;
    bool keep_alive = false;
    bool expects_continue = false;

    friend bool operator==(const RequestVerdict&, const RequestVerdict&) = default;
};

bool is_line_text(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void check_head(const RequestHead& head, std::string_view input, std::size_t head_bytes) {
    ASSERT(head_bytes <= input.size() && input.substr(0, head_bytes).ends_with("\r\n\r\n"));
    ASSERT(!head.target.empty() && is_line_text(head.target));
    ASSERT(head.path.find('?') == std::string_view::npos);
    int lengths = 0;
    int encodings = 0;
    for (const HeaderView& header : head.headers) {
        ASSERT(!header.name.empty() && is_line_text(header.name) && is_line_text(header.value));
        lengths += equal_ignoring_case(header.name, "content-length");
        encodings += equal_ignoring_case(header.name, "transfer-encoding");
    }
    ASSERT(lengths + encodings <= 1);
    ASSERT((head.framing == Framing::chunked) == (encodings == 1));
    if (head.framing == Framing::sized) ASSERT(lengths == 1 && head.content_length > 0);
}

RequestVerdict parse_request(std::string_view input, Pace pace) {
    RequestParser parser(
        {.header_bytes_max = 2048, .header_count_max = 20, .target_bytes_max = 512});
    parser.reset();
    Pacer pacer(pace);
    RequestVerdict verdict;
    std::size_t arrived = 0;
    while (verdict.progress == RequestParser::Progress::need_more && arrived < input.size()) {
        arrived += pacer.next(input.size() - arrived);
        verdict.progress = parser.parse(input.substr(0, arrived));
    }
    if (verdict.progress == RequestParser::Progress::refused) {
        verdict.status = parser.refusal().status;
        verdict.texts.emplace_back(parser.refusal().reason);
    }
    if (verdict.progress != RequestParser::Progress::done) return verdict;
    const RequestHead& head = parser.head();
    verdict.head_bytes = parser.head_bytes();
    check_head(head, input, verdict.head_bytes);
    verdict.texts = {std::string(head.method_text), std::string(head.path),
                     std::string(head.query)};
    for (const HeaderView& header : head.headers) {
        verdict.texts.emplace_back(header.name);
        verdict.texts.emplace_back(header.value);
    }
    verdict.framing = head.framing;
    verdict.content_length = head.content_length;
    verdict.keep_alive = head.keep_alive;
    verdict.expects_continue = head.expects_continue;
    return verdict;
}

// ---- chunked bodies ----

struct ChunkVerdict {
    ChunkDecoder::Event last = ChunkDecoder::Event::need_more;
    std::string body;
    std::size_t taken = 0;

    friend bool operator==(const ChunkVerdict&, const ChunkVerdict&) = default;
};

ChunkVerdict decode_chunks(std::string_view input, Pace pace) {
    ChunkDecoder decoder;
    Pacer pacer(pace);
    ChunkVerdict verdict;
    while (verdict.last == ChunkDecoder::Event::need_more && verdict.taken < input.size()) {
        const std::size_t size = pacer.next(input.size() - verdict.taken);
        std::string_view piece = input.substr(verdict.taken, size);
        do {
            verdict.last = decoder.next(piece);
            if (verdict.last == ChunkDecoder::Event::data) verdict.body += decoder.data();
        } while (verdict.last == ChunkDecoder::Event::data);
        verdict.taken += size - piece.size();
    }
    return verdict;
}

// ---- answers ----

struct ResponseVerdict {
    ClientResponse::State state = ClientResponse::State::more;
    int status = 0;
    bool keeps_alive = false;
    std::string body;
    std::string headers;
    std::string retry_after;

    friend bool operator==(const ResponseVerdict&, const ResponseVerdict&) = default;
};

// Text that any page and store takes, of lines that are whole.
void check_headers(std::string_view text) {
    ASSERT(is_valid_utf8(text));
    const KeptHeaderList list = read_kept_headers(text);
    std::size_t bytes = 0;
    for (const KeptHeader& header : list.headers) {
        ASSERT(!header.name.empty());
        for (const char c : header.value) ASSERT(c != '\r' && c != '\0' && c != '\x1b');
        bytes += header.name.size() + header.value.size() + std::string_view(": \n").size();
    }
    ASSERT(bytes <= kKeptHeadersBytesMax);
    ASSERT(list.left_out != 0 || bytes == text.size());
}

ResponseVerdict parse_response(std::string_view input, Pace pace, const ResponseLimits& limits) {
    ClientResponse response(limits);
    Pacer pacer(pace);
    ResponseVerdict verdict;
    std::size_t arrived = 0;
    std::size_t taken = 0;
    while (verdict.state == ClientResponse::State::more && arrived < input.size()) {
        arrived += pacer.next(input.size() - arrived);
        std::size_t consumed = 0;
        verdict.state = response.put(input.substr(taken, arrived - taken), consumed);
        taken += consumed;
        ASSERT(taken <= arrived);
    }
    if (verdict.state == ClientResponse::State::more) verdict.state = response.put_end();
    if (verdict.state == ClientResponse::State::bad) {
        ASSERT(!response.problem().empty());
        return verdict;
    }
    ASSERT(response.has_head());
    verdict.status = response.status();
    ASSERT(verdict.status >= 100 && verdict.status <= 999);
    if (verdict.state == ClientResponse::State::complete)
        verdict.keeps_alive = response.keeps_alive();
    verdict.retry_after = response.retry_after();
    verdict.body = response.take_body();
    ASSERT(verdict.body.size() <= limits.body_kept_max);
    verdict.headers = response.take_headers();
    check_headers(verdict.headers);
    return verdict;
}

// ---- the tools' reader ----

struct MessageVerdict {
    bool failed = false;
    std::size_t taken = 0;
    std::vector<std::string> texts;
    std::uint64_t body_bytes = 0;
    int status = 0;
    bool keep_alive = false;

    friend bool operator==(const MessageVerdict&, const MessageVerdict&) = default;
};

MessageVerdict read_message(MessageReader::Kind kind, std::string_view input, Pace pace) {
    constexpr std::size_t kBodyMax = 64;
    MessageReader reader(kind, kBodyMax);
    Pacer pacer(pace);
    MessageVerdict verdict;
    while (!reader.complete() && !reader.failed() && verdict.taken < input.size()) {
        const std::size_t size = pacer.next(input.size() - verdict.taken);
        const std::size_t taken = reader.feed(input.substr(verdict.taken, size));
        ASSERT(taken == size || reader.complete() || reader.failed());
        verdict.taken += taken;
    }
    if (!reader.complete() && !reader.failed()) reader.finish();
    verdict.failed = reader.failed();
    if (verdict.failed) verdict.texts.push_back(reader.failure());
    if (!reader.complete()) return verdict;
    HttpMessage message = reader.take();
    ASSERT(message.body.size() == std::min<std::uint64_t>(kBodyMax, message.body_bytes));
    for (const MessageField& field : message.fields) {
        ASSERT(!field.name.empty());
        verdict.texts.push_back(field.name);
        verdict.texts.push_back(field.value);
    }
    verdict.texts.push_back(std::move(message.method));
    verdict.texts.push_back(std::move(message.target));
    verdict.texts.push_back(std::move(message.body));
    verdict.body_bytes = message.body_bytes;
    verdict.status = message.status;
    verdict.keep_alive = message.keep_alive;
    return verdict;
}

}  // namespace

// What is accepted, and as what, does not depend on the pace. A request that is going to be refused may be refused earlier in
// one piece: of several pieces, Beast looks at the second one only when the empty line has come.
void run_request(std::string_view input) {
    using Progress = RequestParser::Progress;
    const RequestVerdict whole = parse_request(input, Pace::whole);
    for (const Pace pace : kOtherPaces) {
        const RequestVerdict other = parse_request(input, pace);
        if (whole.progress == Progress::done || other.progress == Progress::done)
            ASSERT(whole == other);
        if (whole.progress == Progress::need_more) ASSERT(other.progress == Progress::need_more);
    }
}

void run_chunks(std::string_view input) {
    const ChunkVerdict whole = decode_chunks(input, Pace::whole);
    ASSERT(whole.body.size() <= input.size());
    for (const Pace pace : kOtherPaces) ASSERT(decode_chunks(input, pace) == whole);
}

void run_response(std::string_view input) {
    // How much of a long body is read depends on how it arrives, so the comparison goes without that limit.
    const ResponseLimits unlimited{.body_kept_max = 64, .body_read_max = std::size_t{1} << 40};
    const ResponseVerdict whole = parse_response(input, Pace::whole, unlimited);
    for (const Pace pace : kOtherPaces) {
        ASSERT(parse_response(input, pace, unlimited) == whole);
        (void)parse_response(input, pace, {.body_kept_max = 16, .body_read_max = 32});
    }
}

void run_message(std::string_view input) {
    for (const MessageReader::Kind kind :
         {MessageReader::Kind::request, MessageReader::Kind::response}) {
        const MessageVerdict whole = read_message(kind, input, Pace::whole);
        for (const Pace pace : kOtherPaces) ASSERT(read_message(kind, input, pace) == whole);
    }
}

// What comes behind a head says nothing about it.
void run_lean_head(std::string_view input) {
    using Outcome = LeanHead::Outcome;
    const LeanHead head = scan_head(input);
    const std::size_t end = input.find("\r\n\r\n");
    if (end == std::string_view::npos) {
        ASSERT(head.outcome != Outcome::complete);
        return;
    }
    const std::string_view alone = input.substr(0, end + 4);
    const LeanHead same = scan_head(alone);
    ASSERT(head.outcome != Outcome::incomplete && head.outcome == same.outcome);
    if (head.outcome == Outcome::malformed) return;
    ASSERT(head.head_bytes == alone.size() && same.head_bytes == alone.size());
    ASSERT(head.status == same.status && head.body_bytes == same.body_bytes);
    ASSERT(head.close == same.close && head.webhook_id == same.webhook_id);
    ASSERT(head.status == 0 || (head.status >= 100 && head.status <= 999));
    for (std::size_t at = alone.find('\n'); at != std::string_view::npos;
         at = alone.find('\n', at + 1))
        ASSERT(alone[at - 1] == '\r');
    if (head.body_bytes > 0)
        ASSERT(find_field(alone, "content-length").find_first_not_of("0123456789") ==
               std::string_view::npos);
}

}  // namespace posthaste::fuzz
