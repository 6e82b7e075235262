// Content filters: the input's first line is a filter, the rest a payload.

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "domain/filter.h"
#include "domain/filter_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

void check_fault(const FilterFault& fault, std::string_view text) {
    ASSERT(fault.offset <= text.size());
    ASSERT(!fault.message.empty());
    ASSERT(fault.path.empty() || fault.path.front() == '/');
}

bool matches(std::string_view filter, const FilterInput& input) {
    const auto compiled = Filter::compile(filter);
    ASSERT(compiled.has_value());
    return (*compiled)->matches(input);
}

// De Morgan and friends must hold between a filter and what is built around it, as far as the limits leave room for it.
void check_laws(const std::string& filter, const FilterInput& input, bool is_match) {
    const std::string negated = "{\"$not\":" + filter + "}";
    const std::string twice = "{\"$and\":[" + filter + "," + filter + "]}";
    const std::string either = "{\"$or\":[" + filter + "," + negated + "]}";
    if (!Filter::compile(either)) return;
    ASSERT(matches(negated, input) != is_match);
    if (Filter::compile(twice)) ASSERT(matches(twice, input) == is_match);
    ASSERT(matches(either, input));
}

}  // namespace

void run_filter(std::string_view input) {
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string filter{input.substr(0, line)};
    const std::string payload{input.substr(std::min(line + 1, input.size()))};
    const auto compiled = Filter::compile(filter);
    if (!compiled) {
        check_fault(compiled.error(), filter);
        return;
    }
    ASSERT(is_valid_utf8(filter) && parse_filter_text(filter).has_value());
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    const bool is_json = parser.parse(payload).get(element) == simdjson::SUCCESS;
    const std::array<std::string, 2> channels = {"eu", "beta"};
    const FilterInput facts{is_json ? &element : nullptr, "user.created", channels};
    check_laws(filter, facts, (*compiled)->matches(facts));
}

}  // namespace posthaste::fuzz
