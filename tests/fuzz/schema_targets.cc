// JSON Schemas of event types, which are customers' texts: the input's first line is a schema, the rest a payload.

#include <algorithm>
#include <string>
#include <vector>

#include "api/json_scan.h"
#include "api/schema_check.h"
#include "base/assert.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr std::size_t kFaultsMax = 3;

bool is_sound(const SchemaFault& fault) {
    return !fault.message.empty() && (fault.path.empty() || fault.path.front() == '/');
}

bool fits(const std::string& schema, std::string_view payload) {
    const auto compiled = Schema::compile(schema);
    ASSERT(compiled.has_value());
    return (*compiled)->check(payload).empty();
}

// What must hold between a schema and what is built around it. Not of references, which then mean something else, and not of
// texts that may use up the budget of steps.
void check_laws(const std::string& schema, std::string_view payload, bool is_fitting) {
    if (schema.find('$') != std::string::npos || schema.size() + payload.size() > 256) return;
    const std::string negated = "{\"not\":" + schema + "}";
    const std::string twice = "{\"allOf\":[" + schema + "," + schema + "]}";
    const std::string either = "{\"anyOf\":[" + schema + "," + negated + "]}";
    if (!Schema::compile(either)) return;
    ASSERT(fits(negated, payload) != is_fitting);
    ASSERT(fits(either, payload));
    if (Schema::compile(twice)) ASSERT(fits(twice, payload) == is_fitting);
}

}  // namespace

void run_schema(std::string_view input) {
    const std::size_t line = std::min(input.find('\n'), input.size());
    const std::string schema{input.substr(0, line)};
    const std::string_view payload = input.substr(std::min(line + 1, input.size()));
    const auto fault = check_schemas("{\"1\":" + schema + "}");
    if (fault) ASSERT(is_sound(*fault));
    const auto compiled = Schema::compile(schema);
    if (!compiled) {
        ASSERT(is_sound(compiled.error()));
        ASSERT(fault || scan_json(schema).fault);
        return;
    }
    const std::vector<SchemaFault> faults = (*compiled)->check(payload, kFaultsMax);
    ASSERT(faults.size() <= kFaultsMax && std::ranges::all_of(faults, is_sound));
    // Or a number in it is beyond what can be compared.
    const bool is_readable = (*Schema::compile("true"))->check(payload).empty();
    if (scan_json(payload).fault) ASSERT(!is_readable);
    if (!is_readable) {
        ASSERT(faults.size() == 1 && faults.front().path.empty());
        return;
    }
    check_laws(schema, payload, faults.empty());
}

}  // namespace posthaste::fuzz
