// The text work of the APIs: percent-encoding, query parameters, JSON strings, integers, Accept-Encoding.

#include <boost/json.hpp>
#include <charconv>
#include <string>

#include "api/accept_encoding.h"
#include "api/text.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/json_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

std::string percent_encode(std::string_view text) {
    std::string result;
    for (const char c : text) result += "%" + to_hex({&c, 1});
    return result;
}

// query_value(), the plain way.
std::optional<std::string> find_value(std::string_view query, std::string_view name) {
    std::optional<std::string> found;
    std::size_t at = 0;
    while (at < query.size()) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view pair = query.substr(at, end - at);
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (percent_decode(pair.substr(0, equals)) == name)
            found = equals == pair.size()
                        ? ""
                        : percent_decode(pair.substr(equals + 1), PlusSign::space);
        at = end + 1;
    }
    return found;
}

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    return count;
}

void check_integer(std::string_view text) {
    const auto parsed = parse_integer(text);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) ASSERT(parsed == value);
    if (!parsed) return;
    ASSERT(parse_integer(std::to_string(*parsed)) == parsed);
}

}  // namespace

// First line: a name. The rest: a query.
void run_query(std::string_view input) {
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string_view name = input.substr(0, line);
    const std::string_view query = input.substr(std::min(line + 1, input.size()));

    ASSERT(percent_decode(percent_encode(input)) == input);
    ASSERT(equals_decoded(percent_encode(input), input));
    ASSERT(percent_decode(query).size() <= query.size());
    ASSERT(equals_decoded(query, name) == (percent_decode(query) == name));
    ASSERT(query_value(query, name) == find_value(query, name));

    std::string literal;
    append_json_string(literal, input);
    boost::system::error_code error;
    const auto value = boost::json::parse(literal, error);
    ASSERT(!error.failed());
    ASSERT(std::string_view(value.as_string()) == utf8_prefix(input, input.size() * 3));

    for (const std::size_t max : {std::size_t{0}, std::size_t{3}, input.size()}) {
        const std::string start = first_characters(input, max);
        ASSERT(is_valid_utf8(start) && count_characters(start) <= max);
    }
    ASSERT(!is_valid_utf8(input) || first_characters(input, input.size()) == input);
    check_integer(name);
}

// A list that begins with gzip has said all; one that begins with what is not gzip says what it would have said.
void run_accept_encoding(std::string_view input) {
    const std::string list(input);
    ASSERT(takes_gzip("gzip," + list));
    ASSERT(takes_gzip(" GZIP ; q=0.5," + list));
    ASSERT(!takes_gzip("gzip;q=0," + list));
    ASSERT(takes_gzip("br, identity;q=0," + list) == takes_gzip(list));
}

}  // namespace posthaste::fuzz
