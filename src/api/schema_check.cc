#include "api/schema_check.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <system_error>

#include "api/schema_program.h"

namespace posthaste {

namespace {

namespace json = boost::json;

constexpr std::size_t kSchemaDepthMax = 128;
constexpr std::size_t kPayloadDepthMax = 512;

std::expected<json::value, SchemaFault> parse(std::string_view text, std::size_t depth_max) {
    json::parse_options options;
    options.max_depth = depth_max;
    boost::system::error_code error;
    json::value value = json::parse({text.data(), text.size()}, error, {}, options);
    if (error == json::error::too_deep)
        return std::unexpected(
            SchemaFault{"", "This nests more than " + std::to_string(depth_max) + " levels deep."});
    if (error)
        return std::unexpected(SchemaFault{"", "This is not JSON: " + error.message() + "."});
    return value;
}

// A version as `schemas` spells it: a positive decimal number.
std::optional<std::uint32_t> parse_version(std::string_view name) {
    std::uint32_t version = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), end, version);
    if (error != std::errc{} || stop != end || version == 0 || name.front() == '0')
        return std::nullopt;
    return version;
}

// The schema of that version, or of the highest; null: there is none.
const json::value* choose(const json::object& schemas, std::uint32_t wanted) {
    const json::value* found = nullptr;
    std::uint32_t highest = 0;
    for (const auto& [name, schema] : schemas) {
        const auto version = parse_version(name);
        if (!version || (wanted != 0 && *version != wanted) || *version < highest) continue;
        highest = *version;
        found = &schema;
    }
    return found;
}

std::shared_ptr<const Schema> compile_version(const EventType& type, std::uint32_t version) {
    if (!type.schemas) return nullptr;
    const auto schemas = parse(*type.schemas, kSchemaDepthMax);
    if (!schemas || !schemas->is_object()) return nullptr;
    const json::value* const chosen = choose(schemas->as_object(), version);
    if (chosen == nullptr) return nullptr;
    auto program = compile_schema(*chosen);
    if (!program) return nullptr;
    return std::make_shared<const Schema>(std::move(*program));
}

}  // namespace

std::optional<SchemaFault> check_schemas(std::string_view text) {
    const auto schemas = parse(text, kSchemaDepthMax);
    if (!schemas) return schemas.error();
    if (!schemas->is_object())
        return SchemaFault{"", "schemas is an object of JSON Schemas by version."};
    for (const auto& [name, schema] : schemas->as_object()) {
        std::string pointer;
        append_schema_pointer(pointer, name);
        if (!parse_version(name))
            return SchemaFault{pointer, "A version is a number from 1 on, such as \"1\"."};
        auto program = compile_schema(schema);
        if (program) continue;
        SchemaFault fault = std::move(program).error();
        fault.path.insert(0, pointer);
        return fault;
    }
    return std::nullopt;
}

Schema::Schema(std::unique_ptr<const Program> program) : program_(std::move(program)) {}
Schema::~Schema() = default;

std::expected<std::shared_ptr<const Schema>, SchemaFault> Schema::compile(std::string_view text) {
    auto document = parse(text, kSchemaDepthMax);
    if (!document) return std::unexpected(std::move(document).error());
    auto program = compile_schema(std::move(*document));
    if (!program) return std::unexpected(std::move(program).error());
    return std::make_shared<const Schema>(std::move(*program));
}

std::vector<SchemaFault> Schema::check(std::string_view payload, std::size_t faults_max) const {
    const auto value = parse(payload, kPayloadDepthMax);
    if (!value) return {value.error()};
    return evaluate_schema(*program_, *value, faults_max);
}

std::shared_ptr<const Schema> SchemaCache::find(const EventType& type,
                                                std::optional<std::uint32_t> version) {
    const Key key{type.id, type.revision, version.value_or(0)};
    if (const auto known = by_key_.find(key); known != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, known->second);
        return entries_.front().second;
    }
    entries_.emplace_front(key, compile_version(type, key.version));
    by_key_.emplace(key, entries_.begin());
    if (entries_.size() > entries_max_) {
        by_key_.erase(entries_.back().first);
        entries_.pop_back();
    }
    return entries_.front().second;
}

}  // namespace posthaste
