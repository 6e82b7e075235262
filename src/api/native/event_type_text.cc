#include "api/native/event_type_text.h"

namespace posthaste::native {

std::string_view to_string(SchemaMode mode) {
    switch (mode) {
        case SchemaMode::off: return "off";
        case SchemaMode::warn: return "warn";
        case SchemaMode::reject: return "reject";
    }
    return "off";
}

std::optional<SchemaMode> parse_schema_mode(std::string_view text) {
    for (const SchemaMode mode : {SchemaMode::off, SchemaMode::warn, SchemaMode::reject})
        if (text == to_string(mode)) return mode;
    return std::nullopt;
}

void append_event_type(std::string& out, const EventType& type, EventTypeContent content) {
    ObjectWriter writer(out);
    writer.text("name", type.name);
    writer.text("description", type.description);
    writer.flag("archived", type.is_archived);
    writer.flag("deprecated", type.is_deprecated);
    const bool shows_schemas = type.schemas && content == EventTypeContent::whole;
    writer.raw("schemas", shows_schemas ? std::string_view(*type.schemas) : "null");
    writer.text_or_null("featureFlag", type.feature_flag);
    if (type.group_name) writer.text("groupName", *type.group_name);
    writer.text("payloadValidation", to_string(type.schema_mode));
    writer.time("createdAt", type.created_at);
    writer.time("updatedAt", type.updated_at);
    writer.close();
}

}  // namespace posthaste::native
