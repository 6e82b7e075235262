#include "store/sqlite/config_endpoint.h"

#include <string>
#include <string_view>
#include <utility>

#include "store/common/endpoint_secrets.h"
#include "store/sqlite/json_list.h"

namespace posthaste {

namespace {

constexpr char kSelectEndpoints[] =
    "SELECT hi, lo, organization, application, profile, sealed, name, uid, event_types, is_active,"
    " is_deleted, created_at, gaps, base, factor, delay_max, jitter, jitter_fraction,"
    " attempts_max, age_max, timeout, in_flight_max, revision, details FROM endpoint ORDER BY hi";
constexpr char kInsertEndpoint[] =
    "INSERT INTO endpoint(hi, lo, organization, application, profile, sealed, name, uid,"
    " event_types, is_active, is_deleted, created_at, gaps, base, factor, delay_max, jitter,"
    " jitter_fraction, attempts_max, age_max, timeout, in_flight_max, revision, details)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20, ?21, ?22, ?23, ?24)";
constexpr char kReadDetails[] =
    "SELECT json_extract(?1, '$.description'), json_extract(?1, '$.version'),"
    " json_extract(?1, '$.throttle_rate'), json_type(?1, '$.channels'),"
    " json_extract(?1, '$.filter'), json_extract(?1, '$.failing_since'),"
    " json_extract(?1, '$.updated_at'), json_extract(?1, '$.after_timeout_min')";

// Calls `take(elements)` for each element of a JSON list; `elements` is "SELECT … FROM json_each(?1)".
template <class Take>
int for_each_element(SqliteStatement& elements, std::string_view json, Take take) {
    elements.bind_text(1, json);
    const SqliteCursor cursor(elements);
    int code = SQLITE_DONE;
    while ((code = elements.step()) == SQLITE_ROW) take(elements);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace

Result<EndpointReader> EndpointReader::make(SqliteDatabase& database, const Sealer& sealer) {
    EndpointReader reader(database, sealer);
    ASSIGN_OR_RETURN(reader.rows_, database.prepare(kSelectEndpoints));
    ASSIGN_OR_RETURN(reader.values_, database.prepare("SELECT value FROM json_each(?1)"));
    ASSIGN_OR_RETURN(reader.details_, database.prepare(kReadDetails));
    ASSIGN_OR_RETURN(reader.channels_,
                     database.prepare("SELECT value FROM json_each(?1, '$.channels')"));
    ASSIGN_OR_RETURN(
        reader.metadata_,
        database.prepare("SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]')"
                         " FROM json_each(?1, '$.metadata')"));
    return reader;
}

Result<void> EndpointReader::read(Endpoint& endpoint) {
    SqliteStatement& row = rows_;
    endpoint.id = EndpointId{row.unsigned_integer(0), row.unsigned_integer(1)};
    endpoint.organization = OrganizationId{read_id(row.bytes(2))};
    endpoint.application = ApplicationId{read_id(row.bytes(3))};
    endpoint.profile = static_cast<Profile>(row.integer(4));
    endpoint.name = row.bytes(6);
    if (!row.is_null(7)) endpoint.uid = row.bytes(7);
    endpoint.is_active = row.integer(9) != 0;
    endpoint.is_deleted = row.integer(10) != 0;
    endpoint.created_at = from_micros(row.integer(11));
    endpoint.timeout = Duration{row.integer(20)};
    endpoint.in_flight_max = static_cast<std::uint32_t>(row.integer(21));
    endpoint.revision = row.unsigned_integer(22);
    int code = read_lists(endpoint);
    if (code == SQLITE_OK) code = read_details(endpoint);
    if (code != SQLITE_OK) return std::unexpected(database_->error(code, "read an endpoint"));
    return read_sealed(endpoint);
}

Result<void> EndpointReader::read_sealed(Endpoint& endpoint) {
    auto text = sealer_->open(rows_.bytes(5), SealedPlace::of_endpoint(endpoint.id));
    if (text && read_secrets(*text, endpoint)) return {};
    Error error =
        text ? Error{ErrorCode::corrupt, "Its secrets are damaged."} : std::move(text).error();
    error.message = "Cannot read the endpoint " + to_uuid(endpoint.id) + " in " +
                    database_->path() + ". " + error.message;
    return std::unexpected(std::move(error));
}

int EndpointReader::read_lists(Endpoint& endpoint) {
    SqliteStatement& row = rows_;
    RetryPolicy& retry = endpoint.retry;
    retry.base = Duration{row.integer(13)};
    retry.factor = row.real(14);
    retry.delay_max = Duration{row.integer(15)};
    retry.jitter = static_cast<Jitter>(row.integer(16));
    retry.jitter_fraction = row.real(17);
    retry.attempts_max = static_cast<std::uint32_t>(row.integer(18));
    if (!row.is_null(19)) retry.age_max = Duration{row.integer(19)};

    int code = SQLITE_OK;
    if (!row.is_null(8)) {
        endpoint.event_types.emplace();
        code = for_each_element(values_, row.bytes(8), [&](SqliteStatement& value) {
            endpoint.event_types->emplace_back(value.bytes(0));
        });
    }
    if (code != SQLITE_OK) return code;
    return for_each_element(values_, row.bytes(12), [&](SqliteStatement& value) {
        retry.gaps.emplace_back(value.integer(0));
    });
}

int EndpointReader::read_details(Endpoint& endpoint) {
    const std::string_view details = rows_.bytes(23);
    if (details == "{}") return SQLITE_OK;
    SqliteStatement& row = details_;
    row.bind_text(1, details);
    {
        const SqliteCursor cursor(row);
        if (const int code = row.step(); code != SQLITE_ROW) return code;
        endpoint.description = row.bytes(0);
        if (!row.is_null(1)) endpoint.version = static_cast<std::uint16_t>(row.integer(1));
        if (!row.is_null(2)) endpoint.throttle_rate = static_cast<std::uint32_t>(row.integer(2));
        if (!row.is_null(3)) endpoint.channels.emplace();
        if (!row.is_null(4)) endpoint.filter = row.bytes(4);
        if (!row.is_null(5)) endpoint.failing_since = from_micros(row.integer(5));
        if (!row.is_null(6)) endpoint.updated_at = from_micros(row.integer(6));
        if (!row.is_null(7)) endpoint.retry.after_timeout_min = Duration{row.integer(7)};
    }
    return read_detail_lists(endpoint, details);
}

int EndpointReader::read_detail_lists(Endpoint& endpoint, std::string_view details) {
    int code = SQLITE_OK;
    if (endpoint.channels) {
        code = for_each_element(channels_, details, [&](SqliteStatement& value) {
            endpoint.channels->emplace_back(value.bytes(0));
        });
    }
    if (code != SQLITE_OK) return code;
    return for_each_element(metadata_, details, [&](SqliteStatement& pair) {
        endpoint.metadata.emplace(pair.bytes(0), pair.bytes(1));
    });
}

Result<int> insert_endpoint(SqliteDatabase& database, Sealer& sealer, const Endpoint& endpoint) {
    ASSIGN_OR_RETURN(auto row, database.prepare(kInsertEndpoint));
    std::string ids;
    append_id(ids, endpoint.organization);
    append_id(ids, endpoint.application);
    const std::string sealed =
        sealer.seal(secrets_of(endpoint), SealedPlace::of_endpoint(endpoint.id));
    const std::string event_types = endpoint.event_types ? to_json(*endpoint.event_types) : "";
    const std::string gaps = to_json(endpoint.retry.gaps);
    const std::string details = details_json(endpoint);
    row.bind(1, endpoint.id.hi);
    row.bind(2, endpoint.id.lo);
    row.bind_blob(3, std::string_view(ids).substr(0, 16));
    row.bind_blob(4, std::string_view(ids).substr(16));
    row.bind(5, static_cast<std::int64_t>(endpoint.profile));
    row.bind_blob(6, sealed);
    row.bind_text(7, endpoint.name);
    if (endpoint.uid) row.bind_text(8, *endpoint.uid);
    if (endpoint.event_types) row.bind_text(9, event_types);
    row.bind(10, std::int64_t{endpoint.is_active});
    row.bind(11, std::int64_t{endpoint.is_deleted});
    row.bind(12, to_micros(endpoint.created_at));
    row.bind_text(13, gaps);
    row.bind(14, endpoint.retry.base.count());
    row.bind(15, endpoint.retry.factor);
    row.bind(16, endpoint.retry.delay_max.count());
    row.bind(17, static_cast<std::int64_t>(endpoint.retry.jitter));
    row.bind(18, endpoint.retry.jitter_fraction);
    row.bind(19, static_cast<std::int64_t>(endpoint.retry.attempts_max));
    if (endpoint.retry.age_max) row.bind(20, endpoint.retry.age_max->count());
    row.bind(21, endpoint.timeout.count());
    row.bind(22, static_cast<std::int64_t>(endpoint.in_flight_max));
    row.bind(23, endpoint.revision);
    row.bind_text(24, details);
    return row.run();
}

}  // namespace posthaste
