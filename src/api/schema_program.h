#pragma once

// A compiled JSON Schema: nodes that refer to each other by number, so that $ref may lead back. Constant after compiling.

#include <re2/re2.h>

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/schema_check.h"

namespace posthaste {

using SchemaNumber = long double;  // holds every 64-bit integer and every double exactly
using SchemaIndex = std::uint32_t;
using SchemaPattern = std::unique_ptr<const re2::RE2>;

// One bit per type; an integer is a number as well.
enum SchemaTypes : std::uint8_t {
    kSchemaNull = 1,
    kSchemaBoolean = 2,
    kSchemaObject = 4,
    kSchemaArray = 8,
    kSchemaNumber = 16,
    kSchemaInteger = 32,
    kSchemaString = 64,
};

// A bound on a count: of characters, elements or members.
struct SchemaCount {
    std::size_t min = 0;
    std::size_t max = SIZE_MAX;
};

struct SchemaNode {
    std::optional<bool> literal;        // the schemas true and false
    std::optional<SchemaIndex> target;  // of $ref, which makes its siblings void

    std::uint8_t types = 0;  // 0: any
    const boost::json::array* values = nullptr;
    const boost::json::value* constant = nullptr;

    std::optional<SchemaNumber> multiple_of;
    std::optional<SchemaNumber> minimum;
    std::optional<SchemaNumber> maximum;
    std::optional<SchemaNumber> above;
    std::optional<SchemaNumber> below;

    SchemaCount length;
    SchemaPattern pattern;

    SchemaCount item_count;
    bool has_unique_items = false;
    std::vector<SchemaIndex> tuple;    // items as an array
    std::optional<SchemaIndex> items;  // items as a schema, or additionalItems behind a tuple
    std::optional<SchemaIndex> contains;

    SchemaCount member_count;
    std::vector<std::string> required;
    std::map<std::string, SchemaIndex, std::less<>> properties;
    std::vector<std::pair<SchemaPattern, SchemaIndex>> pattern_properties;
    std::optional<SchemaIndex> additional_properties;
    std::optional<SchemaIndex> property_names;
    std::vector<std::pair<std::string, SchemaIndex>> dependent_schemas;
    std::vector<std::pair<std::string, std::vector<std::string>>> dependent_names;

    std::vector<SchemaIndex> all_of;
    std::vector<SchemaIndex> any_of;
    std::vector<SchemaIndex> one_of;
    std::optional<SchemaIndex> negated;
    std::optional<SchemaIndex> condition;
    std::optional<SchemaIndex> consequence;
    std::optional<SchemaIndex> alternative;
};

struct Schema::Program {
    boost::json::value document;    // what `values` and `constant` point into
    std::vector<SchemaNode> nodes;  // the root first
};

// "/a/0" and the like: appends "/" and the token, escaped as RFC 6901 says.
void append_schema_pointer(std::string& pointer, std::string_view token);

[[nodiscard]] std::optional<SchemaNumber> schema_number(const boost::json::value& value);

// schema_compiler.cc
[[nodiscard]] std::expected<std::unique_ptr<const Schema::Program>, SchemaFault> compile_schema(
    boost::json::value document);
// schema_evaluation.cc
[[nodiscard]] std::vector<SchemaFault> evaluate_schema(const Schema::Program& program,
                                                       const boost::json::value& payload,
                                                       std::size_t faults_max);

}  // namespace posthaste
