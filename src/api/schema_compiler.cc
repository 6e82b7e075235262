// From a JSON Schema's text to its nodes. Whatever the Draft-7 metaschema refuses is refused here too, keyword by keyword;
// beyond it, what a server cannot do safely: remote references, references in circles, patterns that need backtracking.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "api/schema_program.h"
#include "api/text.h"

namespace posthaste {

namespace {

namespace json = boost::json;

constexpr std::size_t kNodesMax = 10'000;
constexpr std::size_t kPatternsMax = 64;
constexpr std::size_t kPatternBytesMax = 1024;
constexpr std::int64_t kPatternMemoryMax = 512 << 10;
// From here on counts are as good as unlimited, and doubles lose integers.
constexpr SchemaNumber kCountMax = 9007199254740992.0L;

// RE2 writes \u0041 as \x{0041}.
std::string translate_pattern(std::string_view pattern) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] != '\\' || i + 1 == pattern.size()) {
            out.push_back(pattern[i]);
            continue;
        }
        const bool is_unicode =
            pattern[i + 1] == 'u' && i + 5 < pattern.size() && pattern[i + 2] != '{';
        if (is_unicode) {
            out += "\\x{" + std::string(pattern.substr(i + 2, 4)) + "}";
            i += 5;
        } else {
            out.append(pattern.substr(i, 2));
            i += 1;
        }
    }
    return out;
}

std::optional<std::uint8_t> type_bit(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, std::uint8_t>, 7> kTypes = {{
        {"null", kSchemaNull},
        {"boolean", kSchemaBoolean},
        {"object", kSchemaObject},
        {"array", kSchemaArray},
        {"number", kSchemaNumber | kSchemaInteger},
        {"integer", kSchemaInteger},
        {"string", kSchemaString},
    }};
    const auto* const found =
        std::ranges::find(kTypes, name, &std::pair<std::string_view, std::uint8_t>::first);
    if (found == kTypes.end()) return std::nullopt;
    return found->second;
}

// The value that a JSON pointer (without '#', percent signs undone) leads to, or null.
const json::value* follow(const json::value& root, std::string_view pointer) {
    const json::value* at = &root;
    while (!pointer.empty()) {
        if (pointer.front() != '/') return nullptr;
        pointer.remove_prefix(1);
        const std::size_t length = std::min(pointer.find('/'), pointer.size());
        std::string token;
        for (std::size_t i = 0; i < length; ++i) {
            const bool is_escape = pointer[i] == '~' && i + 1 < length;
            if (is_escape) ++i;
            token.push_back(!is_escape ? pointer[i] : pointer[i] == '1' ? '/' : '~');
        }
        pointer.remove_prefix(length);
        if (at->is_object()) {
            at = at->as_object().if_contains(token);
        } else if (at->is_array()) {
            std::size_t index = 0;
            const char* const end = token.data() + token.size();
            if (std::from_chars(token.data(), end, index).ptr != end || token.empty())
                return nullptr;
            at = at->as_array().if_contains(index);
        } else {
            return nullptr;
        }
        if (at == nullptr) return nullptr;
    }
    return at;
}

// A function that fails leaves the fault behind and answers false.
class Compiler {
public:
    explicit Compiler(json::value document) : program_(std::make_unique<Schema::Program>()) {
        program_->document = std::move(document);
    }

    std::expected<std::unique_ptr<const Schema::Program>, SchemaFault> compile() {
        collect_ids(program_->document);
        resource_ = &program_->document;
        SchemaIndex root = 0;
        if (!compile_node(program_->document, root) || !check_circles())
            return std::unexpected(std::move(fault_));
        return std::move(program_);
    }

private:
    bool fail(std::string message) {
        fault_ = SchemaFault{pointer_, std::move(message)};
        return false;
    }

    void collect_ids(const json::value& value) {
        if (value.is_array())
            for (const json::value& item : value.as_array()) collect_ids(item);
        if (!value.is_object()) return;
        for (const auto& [name, member] : value.as_object()) {
            if (name == "$id" && member.is_string()) {
                std::string id{member.as_string()};
                if (id.ends_with('#')) id.pop_back();
                ids_.emplace(std::move(id), &value);
            } else if (name != "enum" && name != "const") {
                collect_ids(member);
            }
        }
    }

    // Runs `step` with the pointer one token longer.
    template <class Step>
    bool below(std::string_view token, Step step) {
        const std::size_t length = pointer_.size();
        append_schema_pointer(pointer_, token);
        if (!step()) return false;
        pointer_.resize(length);
        return true;
    }

    bool compile_node(const json::value& schema, SchemaIndex& index) {
        if (const auto known = indexes_.find(&schema); known != indexes_.end()) {
            index = known->second;
            return true;
        }
        if (program_->nodes.size() == kNodesMax) return fail("A schema has at most 10000 parts.");
        if (!schema.is_object() && !schema.is_bool())
            return fail("A schema is an object, true or false.");
        index = static_cast<SchemaIndex>(program_->nodes.size());
        indexes_.emplace(&schema, index);
        program_->nodes.emplace_back();
        places_.push_back(pointer_);
        SchemaNode node;
        if (schema.is_bool()) {
            node.literal = schema.as_bool();
        } else {
            const json::value* const outer = resource_;
            if (const json::value* id = schema.as_object().if_contains("$id");
                id != nullptr && id->is_string() && !id->as_string().starts_with('#'))
                resource_ = &schema;
            for (const auto& [name, value] : schema.as_object())
                if (!below(name,
                           [&] { return compile_keyword(schema.as_object(), name, value, node); }))
                    return false;
            resource_ = outer;
        }
        program_->nodes[index] = std::move(node);
        return true;
    }

    bool compile_keyword(const json::object& schema, std::string_view name,
                         const json::value& value, SchemaNode& node) {
        for (const Keyword& keyword : kKeywords)
            if (keyword.name == name) return (this->*keyword.compile)(value, node);
        // Behind a tuple, additionalItems says what items says otherwise; beside anything else it is void.
        if (name == "additionalItems") {
            std::optional<SchemaIndex> rest;
            if (!compile_optional(value, rest)) return false;
            const json::value* const items = schema.if_contains("items");
            if (items != nullptr && items->is_array()) node.items = rest;
        }
        return true;
    }

    bool compile_optional(const json::value& value, std::optional<SchemaIndex>& out) {
        SchemaIndex index = 0;
        if (!compile_node(value, index)) return false;
        out = index;
        return true;
    }
    template <auto Member>
    bool compile_schema_member(const json::value& value, SchemaNode& node) {
        return compile_optional(value, node.*Member);
    }

    template <auto Member>
    bool compile_schema_list(const json::value& value, SchemaNode& node) {
        if (!value.is_array() || value.as_array().empty())
            return fail("This keyword takes an array of at least one schema.");
        std::size_t at = 0;
        for (const json::value& item : value.as_array()) {
            SchemaIndex index = 0;
            if (!below(std::to_string(at++), [&] { return compile_node(item, index); }))
                return false;
            (node.*Member).push_back(index);
        }
        return true;
    }

    bool compile_items(const json::value& value, SchemaNode& node) {
        if (value.is_array()) return compile_schema_list<&SchemaNode::tuple>(value, node);
        return compile_optional(value, node.items);
    }

    // Calls `take(name, index)` for each schema of an object of schemas.
    template <class Take>
    bool compile_schema_map(const json::value& value, Take take) {
        if (!value.is_object()) return fail("This keyword takes an object of schemas.");
        for (const auto& [name, member] : value.as_object()) {
            SchemaIndex index = 0;
            if (!below(name, [&] { return compile_node(member, index) && take(name, index); }))
                return false;
        }
        return true;
    }
    bool compile_definitions(const json::value& value, SchemaNode&) {
        return compile_schema_map(value, [](std::string_view, SchemaIndex) { return true; });
    }
    bool compile_properties(const json::value& value, SchemaNode& node) {
        return compile_schema_map(value, [&](std::string_view name, SchemaIndex index) {
            node.properties.emplace(name, index);
            return true;
        });
    }
    bool compile_pattern_properties(const json::value& value, SchemaNode& node) {
        return compile_schema_map(value, [&](std::string_view name, SchemaIndex index) {
            SchemaPattern pattern;
            if (!compile_regex(name, pattern)) return false;
            node.pattern_properties.emplace_back(std::move(pattern), index);
            return true;
        });
    }

    bool compile_dependencies(const json::value& value, SchemaNode& node) {
        if (!value.is_object())
            return fail("dependencies takes an object of schemas and arrays of names.");
        for (const auto& [name, member] : value.as_object()) {
            const bool is_good = below(name, [&] {
                if (member.is_array()) {
                    node.dependent_names.emplace_back(name, std::vector<std::string>{});
                    return compile_names(member, node.dependent_names.back().second);
                }
                SchemaIndex index = 0;
                if (!compile_node(member, index)) return false;
                node.dependent_schemas.emplace_back(name, index);
                return true;
            });
            if (!is_good) return false;
        }
        return true;
    }

    bool compile_names(const json::value& value, std::vector<std::string>& names) {
        constexpr std::string_view kWrong = "This keyword takes an array of different names.";
        if (!value.is_array()) return fail(std::string(kWrong));
        for (const json::value& item : value.as_array()) {
            if (!item.is_string()) return fail(std::string(kWrong));
            names.emplace_back(item.as_string());
        }
        std::vector<std::string> sorted = names;
        std::ranges::sort(sorted);
        if (std::ranges::adjacent_find(sorted) != sorted.end()) return fail(std::string(kWrong));
        return true;
    }
    bool compile_required(const json::value& value, SchemaNode& node) {
        return compile_names(value, node.required);
    }

    bool compile_type(const json::value& value, SchemaNode& node) {
        constexpr std::string_view kWrong =
            "The types are null, boolean, object, array, number, integer and string; several stand "
            "in an array, each once.";
        const auto add = [&](const json::value& name) {
            const auto bit = name.is_string() ? type_bit(name.as_string()) : std::nullopt;
            if (!bit) return false;
            node.types = static_cast<std::uint8_t>(node.types | *bit);
            return true;
        };
        if (!value.is_array()) return add(value) || fail(std::string(kWrong));
        const json::array& names = value.as_array();
        for (std::size_t i = 0; i < names.size(); ++i)
            if (!add(names[i]) ||
                std::find(names.begin(), names.begin() + i, names[i]) != names.begin() + i)
                return fail(std::string(kWrong));
        return !names.empty() || fail(std::string(kWrong));
    }

    bool compile_enum(const json::value& value, SchemaNode& node) {
        if (!value.is_array()) return fail("enum takes an array.");
        node.values = &value.as_array();
        return true;
    }
    bool compile_const(const json::value& value, SchemaNode& node) {
        node.constant = &value;
        return true;
    }

    template <auto Member>
    bool compile_number(const json::value& value, SchemaNode& node) {
        node.*Member = schema_number(value);
        return (node.*Member).has_value() || fail("This keyword takes a number.");
    }
    bool compile_multiple_of(const json::value& value, SchemaNode& node) {
        node.multiple_of = schema_number(value);
        return (node.multiple_of && *node.multiple_of > 0) ||
               fail("multipleOf takes a number greater than 0.");
    }

    template <auto Member, auto Bound>
    bool compile_count(const json::value& value, SchemaNode& node) {
        const auto number = schema_number(value);
        if (!number || *number < 0 || std::floor(*number) != *number)
            return fail("This keyword takes an integer of at least 0.");
        (node.*Member).*Bound = *number >= kCountMax ? SIZE_MAX : static_cast<std::size_t>(*number);
        return true;
    }

    bool compile_unique(const json::value& value, SchemaNode& node) {
        if (!value.is_bool()) return fail("uniqueItems takes true or false.");
        node.has_unique_items = value.as_bool();
        return true;
    }

    bool compile_pattern(const json::value& value, SchemaNode& node) {
        if (!value.is_string()) return fail("pattern takes a string.");
        return compile_regex(value.as_string(), node.pattern);
    }
    bool compile_regex(std::string_view pattern, SchemaPattern& out) {
        if (++patterns_ > kPatternsMax) return fail("A schema has at most 64 patterns.");
        if (pattern.size() > kPatternBytesMax) return fail("A pattern has at most 1024 bytes.");
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_never_capture(true);
        options.set_max_mem(kPatternMemoryMax);
        out = std::make_unique<const re2::RE2>(translate_pattern(pattern), options);
        if (out->ok()) return true;
        return fail(
            "This pattern cannot be matched in linear time (look-around and back-references are "
            "left out), or is no "
            "regular expression: " +
            out->error() + ".");
    }

    bool check_string(const json::value& value, SchemaNode&) {
        return value.is_string() || fail("This keyword takes a string.");
    }
    bool check_boolean(const json::value& value, SchemaNode&) {
        return value.is_bool() || fail("This keyword takes true or false.");
    }
    bool check_array(const json::value& value, SchemaNode&) {
        return value.is_array() || fail("This keyword takes an array.");
    }

    bool compile_reference(const json::value& value, SchemaNode& node) {
        if (!value.is_string()) return fail("$ref takes a string.");
        const std::string reference{value.as_string()};
        const std::size_t hash = std::min(reference.find('#'), reference.size());
        const std::string base = reference.substr(0, hash);
        const std::string fragment = percent_decode(
            std::string_view(reference).substr(std::min(hash + 1, reference.size())));
        const json::value* resource = resource_;
        if (!base.empty()) {
            const auto known = ids_.find(base);
            if (known == ids_.end())
                return fail(
                    "A schema refers to parts of itself only, such as #/definitions/name; nothing "
                    "is fetched.");
            resource = known->second;
        }
        const json::value* target = nullptr;
        if (fragment.empty() || fragment.starts_with('/')) {
            target = follow(*resource, fragment);
        } else if (const auto named = ids_.find("#" + fragment); named != ids_.end()) {
            target = named->second;
        }
        if (target == nullptr) return fail("There is nothing at " + reference + " in this schema.");
        const json::value* const outer = std::exchange(resource_, resource);
        if (!compile_optional(*target, node.target)) return false;
        resource_ = outer;
        return true;
    }

    // A circle of parts that all look at the same value would never come to an end.
    bool check_circles() {
        enum class Mark : std::uint8_t { fresh, open, done };
        std::vector<Mark> marks(program_->nodes.size(), Mark::fresh);
        const std::function<bool(SchemaIndex)> visit = [&](SchemaIndex index) {
            if (marks[index] == Mark::done) return true;
            if (marks[index] == Mark::open) {
                pointer_ = places_[index];
                return fail("This schema refers to itself without going into the payload.");
            }
            marks[index] = Mark::open;
            for (const SchemaIndex next : same_place(program_->nodes[index]))
                if (!visit(next)) return false;
            marks[index] = Mark::done;
            return true;
        };
        for (SchemaIndex index = 0; index < program_->nodes.size(); ++index)
            if (!visit(index)) return false;
        return true;
    }

    static std::vector<SchemaIndex> same_place(const SchemaNode& node) {
        if (node.target) return {*node.target};
        std::vector<SchemaIndex> next;
        for (const auto* list : {&node.all_of, &node.any_of, &node.one_of})
            next.insert(next.end(), list->begin(), list->end());
        for (const auto& one : {node.negated, node.condition, node.consequence, node.alternative})
            if (one) next.push_back(*one);
        for (const auto& [name, index] : node.dependent_schemas) next.push_back(index);
        return next;
    }

    struct Keyword {
        std::string_view name;
        bool (Compiler::*compile)(const json::value&, SchemaNode&);
    };
    static const std::array<Keyword, 44> kKeywords;

    std::unique_ptr<Schema::Program> program_;
    std::map<std::string, const json::value*> ids_;
    const json::value* resource_ = nullptr;  // where the pointers of $ref begin
    std::map<const json::value*, SchemaIndex> indexes_;
    std::vector<std::string> places_;  // of the nodes
    std::size_t patterns_ = 0;
    std::string pointer_;
    SchemaFault fault_;
};

using Node = SchemaNode;
using Count = SchemaCount;
const std::array<Compiler::Keyword, 44> Compiler::kKeywords = {{
    {"$id", &Compiler::check_string},
    {"$schema", &Compiler::check_string},
    {"$comment", &Compiler::check_string},
    {"title", &Compiler::check_string},
    {"description", &Compiler::check_string},
    {"format", &Compiler::check_string},
    {"contentMediaType", &Compiler::check_string},
    {"contentEncoding", &Compiler::check_string},
    {"readOnly", &Compiler::check_boolean},
    {"writeOnly", &Compiler::check_boolean},
    {"examples", &Compiler::check_array},
    {"$ref", &Compiler::compile_reference},
    {"definitions", &Compiler::compile_definitions},
    {"type", &Compiler::compile_type},
    {"enum", &Compiler::compile_enum},
    {"const", &Compiler::compile_const},
    {"multipleOf", &Compiler::compile_multiple_of},
    {"minimum", &Compiler::compile_number<&Node::minimum>},
    {"maximum", &Compiler::compile_number<&Node::maximum>},
    {"exclusiveMinimum", &Compiler::compile_number<&Node::above>},
    {"exclusiveMaximum", &Compiler::compile_number<&Node::below>},
    {"minLength", &Compiler::compile_count<&Node::length, &Count::min>},
    {"maxLength", &Compiler::compile_count<&Node::length, &Count::max>},
    {"pattern", &Compiler::compile_pattern},
    {"minItems", &Compiler::compile_count<&Node::item_count, &Count::min>},
    {"maxItems", &Compiler::compile_count<&Node::item_count, &Count::max>},
    {"uniqueItems", &Compiler::compile_unique},
    {"items", &Compiler::compile_items},
    {"contains", &Compiler::compile_schema_member<&Node::contains>},
    {"minProperties", &Compiler::compile_count<&Node::member_count, &Count::min>},
    {"maxProperties", &Compiler::compile_count<&Node::member_count, &Count::max>},
    {"required", &Compiler::compile_required},
    {"properties", &Compiler::compile_properties},
    {"patternProperties", &Compiler::compile_pattern_properties},
    {"additionalProperties", &Compiler::compile_schema_member<&Node::additional_properties>},
    {"propertyNames", &Compiler::compile_schema_member<&Node::property_names>},
    {"dependencies", &Compiler::compile_dependencies},
    {"allOf", &Compiler::compile_schema_list<&Node::all_of>},
    {"anyOf", &Compiler::compile_schema_list<&Node::any_of>},
    {"oneOf", &Compiler::compile_schema_list<&Node::one_of>},
    {"not", &Compiler::compile_schema_member<&Node::negated>},
    {"if", &Compiler::compile_schema_member<&Node::condition>},
    {"then", &Compiler::compile_schema_member<&Node::consequence>},
    {"else", &Compiler::compile_schema_member<&Node::alternative>},
}};

}  // namespace

void append_schema_pointer(std::string& pointer, std::string_view token) {
    pointer.push_back('/');
    for (const char c : token) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer.push_back(c);
        }
    }
}

std::optional<SchemaNumber> schema_number(const json::value& value) {
    if (value.is_int64()) return static_cast<SchemaNumber>(value.as_int64());
    if (value.is_uint64()) return static_cast<SchemaNumber>(value.as_uint64());
    if (value.is_double()) return static_cast<SchemaNumber>(value.as_double());
    return std::nullopt;
}

std::expected<std::unique_ptr<const Schema::Program>, SchemaFault> compile_schema(
    json::value document) {
    return Compiler(std::move(document)).compile();
}

}  // namespace posthaste
