#include "engine/contact_record.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <exception>

#include "base/bytes.h"
#include "engine/catalog_members.h"

namespace posthaste {

namespace json = boost::json;

Record to_record(const Contact& contact) {
    json::object body;
    body["email"] = contact.email;
    catalog::put(body, "first_name", contact.first_name);
    catalog::put(body, "last_name", contact.last_name);
    if (!contact.tags.empty()) body["tags"] = json::array(contact.tags.begin(), contact.tags.end());
    if (contact.custom_fields != "{}") body["custom_fields"] = contact.custom_fields;
    body["source"] = contact.source;
    body["created_at"] = to_micros(contact.created_at);
    if (contact.updated_at) body["updated_at"] = to_micros(*contact.updated_at);
    Record record = catalog::make_record(RecordKind::contact, contact.id, contact.organization,
                                         contact.revision, body);
    record.parent = contact.user;
    record.name = to_lower(contact.email);
    record.label = to_string(contact.status);
    return record;
}

namespace {

Contact read(const Record& record, const json::object& body) {
    const catalog::Members members{body};
    Contact contact;
    contact.id = ContactId(record.id);
    contact.organization = record.organization;
    contact.user = UserId(record.parent);
    contact.email = members.text("email");
    contact.first_name = members.optional_text("first_name");
    contact.last_name = members.optional_text("last_name");
    if (const json::value* tags = body.if_contains("tags"))
        for (const json::value& tag : tags->as_array())
            contact.tags.emplace_back(std::string(tag.as_string()));
    contact.custom_fields = members.optional_text("custom_fields").value_or("{}");
    contact.source = members.text("source");
    contact.status = parse_contact_status(record.label).value();
    contact.created_at = members.time("created_at");
    if (const auto updated_at = members.integer("updated_at"))
        contact.updated_at = from_micros(*updated_at);
    contact.revision = record.revision;
    return contact;
}

}  // namespace

Result<Contact> to_contact(const Record& record) {
    try {
        return read(record, json::parse(record.body).as_object());
    } catch (const std::exception& e) {
        return fail(ErrorCode::corrupt,
                    "The contact " + to_uuid(record.id) + " cannot be read: " + e.what());
    }
}

}  // namespace posthaste
