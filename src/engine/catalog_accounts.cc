// Users, API keys and sessions as records.
//
//   kind      organization  parent  name             expires_at
//   user      none          none    e-mail address   -            (addresses are unique on the whole server)
//   api_key   its own       none    hash, in hex     of the key
//   session   none          user    -                of the session

#include "engine/catalog_accounts.h"

#include <stdexcept>

#include "base/bytes.h"
#include "engine/catalog.h"

namespace posthaste {

using namespace catalog;

namespace {

void put_id(json::object& body, std::string_view name, const std::optional<ApplicationId>& id) {
    if (id) body[name] = to_uuid(*id);
}

void put_time(json::object& body, std::string_view name, const std::optional<Timestamp>& at) {
    if (at) body[name] = to_micros(*at);
}

template <class StrongId>
std::optional<StrongId> read_id(const Members& members, std::string_view name) {
    const auto text = members.optional_text(name);
    if (!text) return std::nullopt;
    const auto id = parse_uuid(*text);
    if (!id) throw std::runtime_error("\"" + std::string(name) + "\" is not an id");
    return StrongId(*id);
}

// A number that this version does not know gives no rights: the object is refused.
template <class Enum>
Enum read_enum(const Members& members, std::string_view name, Enum last) {
    const std::int64_t number = members.integer(name).value_or(-1);
    if (number < 0 || number > static_cast<std::int64_t>(last))
        throw std::runtime_error("\"" + std::string(name) + "\" is not known to this version");
    return static_cast<Enum>(number);
}

std::optional<Timestamp> read_time(const Members& members, std::string_view name) {
    const auto micros = members.integer(name);
    if (!micros) return std::nullopt;
    return from_micros(*micros);
}

}  // namespace

Record to_record(const User& user) {
    json::object body;
    body["organization"] = to_uuid(user.organization);
    put_id(body, "application", user.application);
    body["full_name"] = user.full_name;
    body["password_hash"] = user.password_hash;
    body["role"] = static_cast<std::int64_t>(user.role);
    body["is_active"] = user.is_active;
    body["created_at"] = to_micros(user.created_at);
    body["updated_at"] = to_micros(user.updated_at);
    Record record = make_record(RecordKind::user, user.id, {}, user.revision, body);
    record.name = user.email;
    record.is_deleted = user.is_deleted;
    return record;
}

Record to_record(const ApiKey& key) {
    json::object body;
    put_id(body, "application", key.application);
    body["name"] = key.name;
    body["scope"] = static_cast<std::int64_t>(key.scope);
    body["hint"] = key.hint;
    if (key.created_by) body["created_by"] = to_uuid(*key.created_by);
    put_time(body, "last_used_at", key.last_used_at);
    body["created_at"] = to_micros(key.created_at);
    Record record = make_record(RecordKind::api_key, key.id, key.organization, key.revision, body);
    record.name = to_hex(key.hash);
    record.expires_at = key.expires_at;
    record.is_deleted = key.is_deleted;
    return record;
}

Record to_record(const Session& session) {
    json::object body;
    body["address"] = session.address;
    body["user_agent"] = session.user_agent;
    body["password_mark"] = session.password_mark;
    body["created_at"] = to_micros(session.created_at);
    Record record = make_record(RecordKind::session, session.id, {}, session.revision, body);
    record.parent = session.user;
    record.expires_at = session.expires_at;
    record.is_deleted = session.is_deleted;
    return record;
}

namespace catalog {

User read_user(const Record& record, const Members& members) {
    User user;
    user.id = UserId(record.id);
    user.organization = read_id<OrganizationId>(members, "organization").value();
    user.application = read_id<ApplicationId>(members, "application");
    user.email = record.name;
    user.full_name = members.text("full_name");
    user.password_hash = members.text("password_hash");
    user.role = read_enum(members, "role", Role::owner);
    user.is_active = members.flag("is_active");
    user.created_at = members.time("created_at");
    user.updated_at = members.time("updated_at");
    user.revision = record.revision;
    return user;
}

ApiKey read_api_key(const Record& record, const Members& members) {
    ApiKey key;
    key.id = ApiKeyId(record.id);
    key.organization = record.organization;
    key.application = read_id<ApplicationId>(members, "application");
    key.name = members.text("name");
    key.scope = read_enum(members, "scope", KeyScope::full);
    key.hash = from_hex(record.name).value_or("");
    if (key.hash.size() != 32) throw std::runtime_error("its name is not a hash");
    key.hint = members.text("hint");
    key.created_by = read_id<UserId>(members, "created_by");
    key.expires_at = record.expires_at;
    key.last_used_at = read_time(members, "last_used_at");
    key.created_at = members.time("created_at");
    key.revision = record.revision;
    return key;
}

Session read_session(const Record& record, const Members& members) {
    Session session;
    session.id = SessionId(record.id);
    session.user = UserId(record.parent);
    session.created_at = members.time("created_at");
    session.expires_at = record.expires_at.value();
    session.address = members.text("address");
    session.user_agent = members.text("user_agent");
    session.password_mark = members.text("password_mark");
    session.revision = record.revision;
    return session;
}

}  // namespace catalog
}  // namespace posthaste
