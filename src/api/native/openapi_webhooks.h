#pragma once

// Event types out of an OpenAPI document in JSON or YAML: its `webhooks` (3.1) or `x-webhooks` (3.0), each with the JSON Schema
// of its body made self-contained. Pure. Local references are followed; OpenAPI 3.0's own words (nullable, example, boolean
// exclusiveMinimum) become those of JSON Schema.

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/schema_check.h"

namespace posthaste::native {

struct WebhookType {
    std::string name;
    std::string description;
    bool is_deprecated = false;
    std::optional<std::string> schemas;     // {"1": schema}
    std::optional<std::string> group_name;  // the first tag
};

// In the document's order. The fault's path leads into the document.
[[nodiscard]] std::expected<std::vector<WebhookType>, SchemaFault> read_webhooks(
    std::string_view document);

}  // namespace posthaste::native
