#include "api/native/openapi_webhooks.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>
#include <utility>

#include "api/native/document_text.h"

namespace posthaste::native {

namespace {

namespace json = boost::json;

constexpr std::size_t kHopsMax = 8;
constexpr std::string_view kComponents = "#/components/schemas/";
constexpr std::string_view kDefinitions = "#/definitions/";

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const json::value* member(const json::value* value, std::string_view name) {
    if (value == nullptr || !value->is_object()) return nullptr;
    return value->as_object().if_contains(name);
}

bool is_true(const json::value* value) {
    return value != nullptr && value->is_bool() && value->as_bool();
}

std::optional<std::string> text(const json::value* value) {
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->as_string());
}

// Puts the words of OpenAPI 3.0 into those of JSON Schema, moves references from the components to definitions, and notes which
// components they name. Recursion ends with the depth of the document.
class SchemaConverter {
public:
    std::set<std::string> named;

    void convert(json::value& value) {
        if (!value.is_object()) return;
        json::object& schema = value.as_object();
        convert_reference(schema);
        convert_words(schema);
        for (auto& field : schema) {
            const std::string_view name = field.key();
            if (is_one_of(name, {"properties", "patternProperties", "definitions", "$defs",
                                 "dependencies"})) {
                if (field.value().is_object())
                    for (auto& inner : field.value().as_object()) convert(inner.value());
            } else if (is_one_of(name, {"items", "allOf", "anyOf", "oneOf", "additionalProperties",
                                        "not", "if", "then", "else", "contains", "propertyNames",
                                        "additionalItems"})) {
                if (field.value().is_array())
                    for (json::value& inner : field.value().as_array()) convert(inner);
                convert(field.value());
            }
        }
    }

private:
    void convert_reference(json::object& schema) {
        const auto reference = text(schema.if_contains("$ref"));
        if (!reference || !reference->starts_with(kComponents)) return;
        const std::string rest = reference->substr(kComponents.size());
        named.insert(rest.substr(0, rest.find('/')));
        schema["$ref"] = std::string(kDefinitions) + rest;
    }

    static void convert_words(json::object& schema) {
        if (is_true(schema.if_contains("nullable"))) {
            json::value* const type = schema.if_contains("type");
            if (type != nullptr && type->is_string()) *type = json::array{*type, "null"};
            json::value* const values = schema.if_contains("enum");
            if (values != nullptr && values->is_array() && type != nullptr)
                values->as_array().emplace_back(nullptr);
        }
        schema.erase("nullable");
        if (const json::value* example = schema.if_contains("example")) {
            if (!schema.contains("examples")) schema["examples"] = json::array{*example};
            schema.erase("example");
        }
        convert_bound(schema, "exclusiveMinimum", "minimum");
        convert_bound(schema, "exclusiveMaximum", "maximum");
    }

    static void convert_bound(json::object& schema, std::string_view exclusive,
                              std::string_view inclusive) {
        const json::value* const flag = schema.if_contains(exclusive);
        if (flag == nullptr || !flag->is_bool()) return;
        const json::value* const bound = schema.if_contains(inclusive);
        if (!flag->as_bool() || bound == nullptr) {
            schema.erase(exclusive);
            return;
        }
        json::value moved = *bound;
        schema.erase(inclusive);
        schema[exclusive] = std::move(moved);
    }
};

class Reader {
public:
    explicit Reader(const json::value& document) : document_(document) {}

    std::expected<std::vector<WebhookType>, SchemaFault> read() {
        std::vector<WebhookType> types;
        for (const char* section : {"webhooks", "x-webhooks"}) {
            const json::value* const webhooks = member(&document_, section);
            if (webhooks == nullptr || !webhooks->is_object()) continue;
            for (const auto& [name, item] : webhooks->as_object()) {
                auto type = read_one(std::string(name), follow(&item));
                if (!type)
                    return std::unexpected(
                        SchemaFault{"/" + std::string(section) + "/" + std::string(name),
                                    std::move(type).error()});
                types.push_back(std::move(*type));
            }
        }
        if (types.empty())
            return std::unexpected(
                SchemaFault{"", "The document has no webhooks and no x-webhooks."});
        return types;
    }

private:
    // Follows references within the document.
    const json::value* follow(const json::value* value) const {
        for (std::size_t hop = 0; hop < kHopsMax; ++hop) {
            const auto reference = text(member(value, "$ref"));
            if (!reference || !reference->starts_with("#/")) return value;
            boost::system::error_code error;
            value = document_.find_pointer(std::string_view(*reference).substr(1), error);
            if (error) return nullptr;
        }
        return nullptr;
    }

    std::expected<WebhookType, std::string> read_one(std::string name,
                                                     const json::value* item) const {
        const json::value* operation = nullptr;
        for (const char* method : {"post", "put", "patch", "get", "delete"})
            if (operation == nullptr) operation = member(item, method);
        if (operation == nullptr) return std::unexpected("This webhook has no operation.");
        WebhookType type;
        type.name = std::move(name);
        type.description = text(member(operation, "description")).value_or("");
        for (const json::value* holder : {operation, item})
            for (const char* word : {"summary", "description"})
                if (type.description.empty())
                    type.description = text(member(holder, word)).value_or("");
        type.is_deprecated = is_true(member(operation, "deprecated"));
        const json::value* const tags = member(operation, "tags");
        if (tags != nullptr && tags->is_array() && !tags->as_array().empty())
            type.group_name = text(&tags->as_array()[0]);
        const json::value* const media =
            member(member(follow(member(operation, "requestBody")), "content"), "application/json");
        if (member(media, "schema") == nullptr) return type;
        type.schemas = make_schemas(*media);
        if (const auto fault = check_schemas(*type.schemas))
            return std::unexpected(fault->path + ": " + fault->message);
        return type;
    }

    std::string make_schemas(const json::value& media) const {
        SchemaConverter converter;
        json::value schema = *member(&media, "schema");
        converter.convert(schema);
        json::object definitions = collect_definitions(converter);
        if (schema.is_object()) {
            // Siblings of $ref are void in Draft 7, examples and definitions are not lost by it.
            json::object& root = schema.as_object();
            if (const auto example = example_of(media); example && !root.contains("examples"))
                root["examples"] = json::array{*example};
            for (auto& field : definitions) {
                json::value& held = root["definitions"];
                if (!held.is_object()) held = json::object();
                held.as_object()[field.key()] = std::move(field.value());
            }
        }
        json::object schemas;
        schemas["1"] = std::move(schema);
        return json::serialize(schemas);
    }

    // The components that are named, and those that these name.
    json::object collect_definitions(SchemaConverter& converter) const {
        json::object definitions;
        const json::value* const components = member(member(&document_, "components"), "schemas");
        while (!converter.named.empty()) {
            const std::string name = *converter.named.begin();
            converter.named.erase(converter.named.begin());
            const json::value* const found = member(components, name);
            if (found == nullptr || definitions.contains(name)) continue;
            json::value copy = *found;
            converter.convert(copy);
            definitions[name] = std::move(copy);
        }
        return definitions;
    }

    std::optional<json::value> example_of(const json::value& media) const {
        if (const json::value* one = member(&media, "example")) return *one;
        const json::value* const several = member(&media, "examples");
        if (several == nullptr || !several->is_object() || several->as_object().empty())
            return std::nullopt;
        const json::value* const value =
            member(follow(&several->as_object().begin()->value()), "value");
        if (value == nullptr) return std::nullopt;
        return *value;
    }

    const json::value& document_;
};

}  // namespace

std::expected<std::vector<WebhookType>, SchemaFault> read_webhooks(std::string_view document) {
    const DocumentValue parsed = read_document(document);
    if (!parsed)
        return std::unexpected(
            SchemaFault{"", "The document cannot be read: " + parsed.error().to_string() + "."});
    return Reader(*parsed).read();
}

}  // namespace posthaste::native
