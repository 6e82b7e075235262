#pragma once

// Event types as the native API reads and writes them.

#include <optional>
#include <string>
#include <string_view>

#include "api/native/body.h"
#include "api/principal.h"
#include "api/route.h"
#include "base/result.h"
#include "domain/model.h"
#include "ports/task.h"

namespace posthaste::native {

enum class EventTypeForm : std::uint8_t {
    create,   // EventTypeIn: with a name
    replace,  // EventTypeUpdate: what is omitted is reset
    patch,    // EventTypePatch: what is omitted stays
};

struct EventTypeInput {
    EventTypeForm form = EventTypeForm::create;
    std::string name;
    Member<std::string> description;
    Member<bool> is_archived;
    Member<bool> is_deprecated;
    Member<std::string> schemas;
    Member<std::string> feature_flag;
    Member<std::string> group_name;
    std::optional<SchemaMode> schema_mode;

    void apply_to(EventType& type, Timestamp now) const;
};

// Meaningful when the body is ok().
[[nodiscard]] EventTypeInput read_event_type(BodyReader& body, EventTypeForm form);

// Makes the event type that the input names, or changes the one there is, for the caller; their organization is stored already.
[[nodiscard]] Task<Result<void>> import_event_type(Call call, PrincipalPtr principal,
                                                   EventTypeInput input);

enum class EventTypeContent : std::uint8_t { whole, without_schemas };
void append_event_type(std::string& out, const EventType& type, EventTypeContent content);

// "off", "warn", "reject"
[[nodiscard]] std::string_view to_string(SchemaMode mode);
[[nodiscard]] std::optional<SchemaMode> parse_schema_mode(std::string_view text);

}  // namespace posthaste::native
