#include "api/contacts/contact_document.h"

#include <boost/json/serialize.hpp>

#include "api/contacts/text.h"
#include "api/text.h"
#include "base/json_text.h"
#include "domain/email.h"

namespace posthaste::contacts {

namespace {

std::string json_text(std::string_view text) {
    std::string result;
    append_json_string(result, text);
    return result;
}

// A string; null clears.
std::optional<std::string> read_name(Problems& problems, std::string_view name,
                                     const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const auto text = read_string(problems, body_location(name), value);
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::optional<ContactStatus> status_of(Problems& problems, std::string_view location,
                                       std::optional<std::string_view> text,
                                       std::string_view input) {
    const auto status = text ? parse_contact_status(*text) : std::nullopt;
    if (!status)
        problems.add("enum", location, "Input should be 'active', 'unsubscribed' or 'bounced'",
                     input, R"({"expected":"'active', 'unsubscribed' or 'bounced'"})");
    return status;
}

std::optional<ContactStatus> read_status(Problems& problems, const json::value& value) {
    std::optional<std::string_view> text;
    if (value.is_string()) text = to_std(value.get_string());
    return status_of(problems, body_location("status"), text, echoed(value));
}

// The object's text as it came: numbers of any size survive.
std::optional<std::string> read_custom_fields(Problems& problems, const json::value& value,
                                              std::string_view body) {
    if (!value.is_object()) {
        problems.add("dict_type", body_location("custom_fields"),
                     "Input should be a valid dictionary", echoed(value));
        return std::nullopt;
    }
    const JsonScan scan = scan_json(body, "custom_fields");
    return std::string(scan.member.value_or("{}"));
}

// In an update, null means the same as absent; a new contact may not have it.
const json::value* mentioned(const json::object& object, std::string_view name, Purpose purpose) {
    const json::value* value = object.if_contains(name);
    return value && value->is_null() && purpose == Purpose::update ? nullptr : value;
}

}  // namespace

void ContactChanges::apply_to(Contact& contact) const {
    if (user) contact.user = *user;
    if (email) contact.email = *email;
    if (first_name) contact.first_name = *first_name;
    if (last_name) contact.last_name = *last_name;
    if (tags) contact.tags = *tags;
    if (custom_fields) contact.custom_fields = *custom_fields;
    if (status) contact.status = *status;
}

ContactChanges read_contact(Problems& problems, std::string_view body, Purpose purpose) {
    ContactChanges changes;
    const auto object = read_object(problems, body);
    if (!object) return changes;
    if (const json::value* email = mentioned(*object, "email", purpose))
        changes.email = read_email(problems, *email);
    else if (purpose == Purpose::create)
        add_missing(problems, "email", *object);
    if (const json::value* name = object->if_contains("first_name"))
        changes.first_name = read_name(problems, "first_name", *name);
    if (const json::value* name = object->if_contains("last_name"))
        changes.last_name = read_name(problems, "last_name", *name);
    if (const json::value* tags = mentioned(*object, "tags", purpose))
        changes.tags = read_strings(problems, "tags", *tags);
    if (const json::value* fields = mentioned(*object, "custom_fields", purpose))
        changes.custom_fields = read_custom_fields(problems, *fields, body);
    if (const json::value* status = mentioned(*object, "status", purpose))
        changes.status = read_status(problems, *status);
    if (purpose == Purpose::update) return changes;
    if (const json::value* user = object->if_contains("user_id")) {
        const auto id = read_uuid(problems, "user_id", *user);
        if (id) changes.user = UserId(*id);
    } else {
        add_missing(problems, "user_id", *object);
    }
    return changes;
}

std::optional<std::string> read_email(Problems& problems, const json::value& value) {
    const std::string location = body_location("email");
    const auto text = read_string(problems, location, value);
    if (!text) return std::nullopt;
    Result<std::string> email = parse_email(*text);
    if (email) return *std::move(email);
    const std::string& reason = email.error().message;
    problems.add("value_error", location, "value is not a valid email address: " + reason,
                 echoed(value), "{\"reason\":" + json_text(reason) + "}");
    return std::nullopt;
}

std::optional<ContactStatus> read_status_query(Problems& problems, std::string_view query) {
    const auto text = query_value(query, "status");
    if (!text || text->empty()) return std::nullopt;
    return status_of(problems, R"(["query","status"])", *text, echoed_input(json_text(*text)));
}

void append_contact(std::string& out, const Contact& contact) {
    out += "{\"email\":";
    append_json_string(out, contact.email);
    out += ",\"first_name\":";
    append_text_or_null(out, contact.first_name);
    out += ",\"last_name\":";
    append_text_or_null(out, contact.last_name);
    out += ",\"tags\":";
    append_texts(out, contact.tags);
    out += ",\"custom_fields\":" + contact.custom_fields + ",\"status\":\"";
    out += to_string(contact.status);
    out += "\",\"id\":\"" + to_uuid(contact.id) + "\",\"user_id\":\"" + to_uuid(contact.user);
    out += "\",\"source\":";
    append_json_string(out, contact.source);
    out += ",\"created_at\":\"" + format_offset(contact.created_at) + "\",\"updated_at\":";
    out += contact.updated_at ? "\"" + format_offset(*contact.updated_at) + "\"}" : "null}";
}

}  // namespace posthaste::contacts
