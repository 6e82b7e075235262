#include "engine/catalog.h"

#include <boost/json/parse.hpp>

#include "base/assert.h"
#include "engine/catalog_accounts.h"
#include "engine/catalog_members.h"

namespace posthaste {

using namespace catalog;

namespace {

Organization read_organization(const Record& record, const Members& members) {
    Organization organization;
    organization.id = record.organization;
    organization.name = record.name;
    organization.created_at = members.time("created_at");
    organization.revision = record.revision;
    return organization;
}

json::array to_json(const TokenRecalls& recalls) {
    json::array list;
    for (const TokenRecall& recall : recalls) {
        json::object item;
        item["from"] = to_micros(recall.from);
        if (recall.over) item["over"] = to_micros(*recall.over);
        item["issued_until"] = to_micros(recall.issued_until);
        put(item, "session", recall.session);
        if (recall.token) item["token"] = to_uuid(*recall.token);
        list.push_back(std::move(item));
    }
    return list;
}

TokenRecalls read_recalls(const json::object& body) {
    TokenRecalls recalls;
    const json::value* list = body.if_contains("token_recalls");
    if (!list) return recalls;
    for (const json::value& item : list->as_array()) {
        const Members members{item.as_object()};
        TokenRecall recall;
        recall.from = members.time("from");
        if (const auto over = members.integer("over")) recall.over = from_micros(*over);
        recall.issued_until = members.time("issued_until");
        recall.session = members.optional_text("session");
        if (const auto token = members.optional_text("token")) recall.token = parse_uuid(*token);
        recalls.push_back(std::move(recall));
    }
    return recalls;
}

Application read_application(const Record& record, const Members& members) {
    Application application;
    application.id = ApplicationId(record.id);
    application.organization = record.organization;
    if (!record.name.empty()) application.uid = record.name;
    application.name = members.text("name");
    if (const auto rate = members.integer("throttle_rate"))
        application.throttle_rate = static_cast<std::uint32_t>(*rate);
    application.metadata = members.metadata("metadata");
    application.token_recalls = read_recalls(members.body);
    application.created_at = members.time("created_at");
    application.updated_at = members.time("updated_at");
    application.revision = record.revision;
    return application;
}

EventType read_event_type(const Record& record, const Members& members) {
    EventType type;
    type.id = EventTypeId(record.id);
    type.organization = record.organization;
    type.name = record.name;
    type.description = members.text("description");
    type.is_archived = members.flag("is_archived");
    type.is_deprecated = members.flag("is_deprecated");
    type.schemas = members.optional_text("schemas");
    type.feature_flag = members.optional_text("feature_flag");
    type.group_name = members.optional_text("group_name");
    type.schema_mode = static_cast<SchemaMode>(members.integer("schema_mode").value_or(0));
    type.created_at = members.time("created_at");
    type.updated_at = members.time("updated_at");
    type.revision = record.revision;
    return type;
}

}  // namespace

Record to_record(const Organization& organization) {
    json::object body;
    body["created_at"] = to_micros(organization.created_at);
    Record record = make_record(RecordKind::organization, organization.id, organization.id,
                                organization.revision, body);
    record.name = organization.name;
    return record;
}

Record to_record(const Application& application) {
    json::object body;
    body["name"] = application.name;
    if (application.throttle_rate) body["throttle_rate"] = *application.throttle_rate;
    if (!application.metadata.empty()) {
        json::object metadata;
        for (const auto& [name, value] : application.metadata) metadata[name] = value;
        body["metadata"] = std::move(metadata);
    }
    if (!application.token_recalls.empty())
        body["token_recalls"] = to_json(application.token_recalls);
    body["created_at"] = to_micros(application.created_at);
    body["updated_at"] = to_micros(application.updated_at);
    Record record = make_record(RecordKind::application, application.id, application.organization,
                                application.revision, body);
    record.name = application.uid.value_or("");
    record.is_deleted = application.is_deleted;
    return record;
}

Record to_record(const EventType& type) {
    json::object body;
    body["description"] = type.description;
    if (type.is_archived) body["is_archived"] = true;
    if (type.is_deprecated) body["is_deprecated"] = true;
    put(body, "schemas", type.schemas);
    put(body, "feature_flag", type.feature_flag);
    put(body, "group_name", type.group_name);
    if (type.schema_mode != SchemaMode::off)
        body["schema_mode"] = static_cast<std::int64_t>(type.schema_mode);
    body["created_at"] = to_micros(type.created_at);
    body["updated_at"] = to_micros(type.updated_at);
    Record record =
        make_record(RecordKind::event_type, type.id, type.organization, type.revision, body);
    record.name = type.name;
    record.is_deleted = type.is_deleted;
    return record;
}

Result<void> add_to(Directory::Contents& contents, const Record& record) {
    try {
        const json::value body = json::parse(record.body);
        const Members members{body.as_object()};
        switch (record.kind) {
            case RecordKind::organization:
                contents.organizations.push_back(read_organization(record, members));
                return {};
            case RecordKind::application:
                contents.applications.push_back(read_application(record, members));
                return {};
            case RecordKind::event_type:
                contents.event_types.push_back(read_event_type(record, members));
                return {};
            case RecordKind::user: contents.users.push_back(read_user(record, members)); return {};
            case RecordKind::api_key:
                contents.api_keys.push_back(read_api_key(record, members));
                return {};
            case RecordKind::session:
                contents.sessions.push_back(read_session(record, members));
                return {};
            case RecordKind::job:
            case RecordKind::consumer:
            case RecordKind::answer:
            case RecordKind::setting:
            case RecordKind::contact:
            case RecordKind::letter: break;
        }
        ASSERT(false && "this kind of record is not in the directory");
    } catch (const std::exception& failure) {
        return fail(ErrorCode::corrupt, "the stored object " + to_uuid(record.id) + " \"" +
                                            record.name + "\" cannot be read: " + failure.what());
    }
    return {};
}

}  // namespace posthaste
