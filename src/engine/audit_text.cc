#include "engine/audit_text.h"

#include <openssl/sha.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/bytes.h"
#include "domain/url.h"

namespace posthaste {

namespace json = boost::json;

namespace {

// Enough of a digest to see that a secret changed, too little to guess at it: 16 bits.
json::value masked(std::string_view secret) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
    return json::value("***" +
                       to_hex({reinterpret_cast<const char*>(digest.data()), std::size_t{2}}));
}

json::value masked(const std::optional<std::string>& secret) {
    return secret ? masked(std::string_view(*secret)) : json::value(nullptr);
}

template <class Value>
json::value value_or_null(const std::optional<Value>& value) {
    return value ? json::value(*value) : json::value(nullptr);
}

json::value list_or_null(const std::optional<std::vector<std::string>>& values) {
    if (!values) return nullptr;
    return json::array(values->begin(), values->end());
}

std::int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

json::object object_of(const Metadata& metadata) {
    json::object result;
    for (const auto& [name, value] : metadata) result[name] = value;
    return result;
}

// A new object has no id yet: the store puts it in (ConfigChange::audit).
std::string object_name(std::string_view prefix, Id id) {
    return id.is_nil() ? std::string(prefix) + "_*" : to_base62(prefix, id);
}

json::value application_or_null(const std::optional<ApplicationId>& id) {
    return id ? json::value(to_base62("app", *id)) : json::value(nullptr);
}

}  // namespace

AuditSubject audit_subject(const Application& application) {
    json::object text;
    text["name"] = application.name;
    text["uid"] = value_or_null(application.uid);
    text["throttle_rate"] = value_or_null(application.throttle_rate);
    text["metadata"] = object_of(application.metadata);
    return {"application", application.organization, object_name("app", application.id),
            json::serialize(text)};
}

AuditSubject audit_subject(const EventType& type) {
    json::object text;
    text["description"] = type.description;
    text["is_archived"] = type.is_archived;
    text["is_deprecated"] = type.is_deprecated;
    text["feature_flag"] = value_or_null(type.feature_flag);
    text["group_name"] = value_or_null(type.group_name);
    text["schema_mode"] = static_cast<std::int64_t>(type.schema_mode);
    // Schemas may be large; that they changed is what counts.
    text["schemas"] = masked(type.schemas);
    return {"event-type", type.organization, type.name, json::serialize(text)};
}

AuditSubject audit_subject(const Endpoint& endpoint) {
    json::object text;
    text["application"] = to_base62("app", endpoint.application);
    text["uid"] = value_or_null(endpoint.uid);
    text["name"] = endpoint.name;
    text["description"] = endpoint.description;
    // Credentials in a URL show as everything secret does: that they changed, not what they are.
    const std::string url = without_credentials(endpoint.url);
    text["url"] = url;
    if (url != endpoint.url) text["url_credentials"] = masked(std::string_view(endpoint.url));
    text["secret"] = masked(endpoint.secret);
    text["old_secrets"] = endpoint.old_secrets.size();
    text["ingest_key"] = masked(endpoint.ingest_key);
    text["event_types"] = list_or_null(endpoint.event_types);
    text["channels"] = list_or_null(endpoint.channels);
    text["filter"] = value_or_null(endpoint.filter);
    text["is_active"] = endpoint.is_active;
    text["throttle_rate"] = value_or_null(endpoint.throttle_rate);
    text["version"] = endpoint.version;
    text["attempts_max"] = endpoint.retry.attempts_max;
    json::array& gaps = text["retry_gaps_ms"].emplace_array();
    for (const Duration gap : endpoint.retry.gaps) gaps.emplace_back(milliseconds(gap));
    text["timeout_ms"] = milliseconds(endpoint.timeout);
    text["metadata"] = object_of(endpoint.metadata);
    json::object& headers = text["headers"].emplace_object();
    for (const auto& [name, value] : endpoint.headers)
        headers[name] = masked(std::string_view(value));
    return {"endpoint", endpoint.organization, object_name("ep", endpoint.id),
            json::serialize(text)};
}

AuditSubject audit_subject(const User& user) {
    json::object text;
    text["email"] = user.email;
    text["full_name"] = user.full_name;
    text["role"] = to_string(user.role);
    text["application"] = application_or_null(user.application);
    text["is_active"] = user.is_active;
    // Salted, so that equal passwords of two users do not show.
    text["password"] = user.password_hash.empty() ? json::value(nullptr)
                                                  : masked(std::string_view(user.password_hash));
    return {"user", user.organization, object_name("user", user.id), json::serialize(text)};
}

AuditSubject audit_subject(const ApiKey& key) {
    json::object text;
    text["name"] = key.name;
    text["scope"] = to_string(key.scope);
    text["hint"] = key.hint;
    text["application"] = application_or_null(key.application);
    if (key.expires_at) text["expires_at"] = format_rfc3339(*key.expires_at);
    return {"api-key", key.organization, object_name("key", key.id), json::serialize(text)};
}

AuditEntry audit_entry(const Author& author, OrganizationId organization, std::string action,
                       std::string object) {
    AuditEntry entry;
    entry.at = author.at;
    entry.organization = organization;
    entry.actor = author.actor;
    entry.actor_name = author.name;
    entry.address = author.address;
    entry.action = std::move(action);
    entry.object = std::move(object);
    return entry;
}

}  // namespace posthaste
