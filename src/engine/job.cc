#include "engine/job.h"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

namespace posthaste {

namespace json = boost::json;

namespace {

template <class Enum, std::size_t N>
using Spellings = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Spellings<JobKind, 7> kKinds{{
    {JobKind::endpoint_recover, "endpoint.recover"},
    {JobKind::endpoint_replay, "endpoint.replay"},
    {JobKind::endpoint_bulk_replay, "endpoint.bulk-replay"},
    {JobKind::application_purge_content, "application.purge_content"},
    {JobKind::application_stats, "application.stats"},
    {JobKind::event_type_aggregate, "event-type.aggregate"},
    {JobKind::dead_letter_redrive, "dead-letter.redrive"},
}};

constexpr Spellings<JobStatus, 3> kStatuses{{
    {JobStatus::running, "running"},
    {JobStatus::finished, "finished"},
    {JobStatus::failed, "failed"},
}};

template <class Enum, std::size_t N>
std::string_view spell(const Spellings<Enum, N>& spellings, Enum value) {
    for (const auto& [candidate, text] : spellings)
        if (candidate == value) return text;
    return "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> parse(const Spellings<Enum, N>& spellings, std::string_view text) {
    for (const auto& [value, spelling] : spellings)
        if (spelling == text) return value;
    return std::nullopt;
}

// ---- writing

void put_id(json::object& body, std::string_view name, Id id) {
    if (!id.is_nil()) body[name] = to_uuid(id);
}

json::object write_parameters(const JobParameters& parameters) {
    json::object body;
    body["since"] = to_micros(parameters.since);
    if (parameters.until) body["until"] = to_micros(*parameters.until);
    if (!parameters.event_types.empty()) {
        json::array& types = body["event_types"].emplace_array();
        for (const std::string& type : parameters.event_types) types.emplace_back(type);
    }
    if (parameters.channel) body["channel"] = *parameters.channel;
    if (parameters.tag) body["tag"] = *parameters.tag;
    if (!parameters.states.empty()) {
        json::array& states = body["states"].emplace_array();
        for (const DeliveryState state : parameters.states)
            states.emplace_back(static_cast<std::int64_t>(state));
    }
    if (parameters.status_class) body["status_class"] = *parameters.status_class;
    if (!parameters.applications.empty()) {
        json::array& applications = body["applications"].emplace_array();
        for (const ApplicationId id : parameters.applications)
            applications.emplace_back(to_uuid(id));
    }
    return body;
}

json::object write_progress(const JobProgress& progress) {
    json::object body;
    put_id(body, "application", progress.application);
    put_id(body, "endpoint", progress.endpoint);
    put_id(body, "event", progress.event);
    body["examined"] = progress.examined;
    body["done"] = progress.done;
    if (!progress.counts.empty()) {
        json::object& counts = body["counts"].emplace_object();
        for (const auto& [id, count] : progress.counts) counts[to_uuid(id)] = count;
    }
    return body;
}

// ---- reading; what is not as written throws, which to_job() turns into an error

Id read_id(std::string_view text) {
    const std::optional<Id> id = parse_uuid(text);
    if (!id) throw std::invalid_argument("an id is not a UUID");
    return *id;
}

Id id_of(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    return member ? read_id(member->as_string()) : Id();
}

std::int64_t integer_of(const json::object& body, std::string_view name) {
    const json::value* member = body.if_contains(name);
    return member ? member->to_number<std::int64_t>() : 0;
}

const json::array& array_of(const json::object& body, std::string_view name) {
    static const json::array kNone;
    const json::value* member = body.if_contains(name);
    return member ? member->as_array() : kNone;
}

template <class T>
T known(std::optional<T> value) {
    if (!value) throw std::invalid_argument("a kind or status is not known");
    return *value;
}

DeliveryState read_state(const json::value& value) {
    const auto number = value.to_number<std::int64_t>();
    if (number < 0 || number > static_cast<std::int64_t>(DeliveryState::cancelled))
        throw std::invalid_argument("a delivery's state is not known");
    return static_cast<DeliveryState>(number);
}

JobParameters read_parameters(const json::object& body) {
    JobParameters parameters;
    parameters.since = from_micros(integer_of(body, "since"));
    if (body.contains("until")) parameters.until = from_micros(integer_of(body, "until"));
    for (const json::value& type : array_of(body, "event_types"))
        parameters.event_types.emplace_back(type.as_string());
    if (const json::value* channel = body.if_contains("channel"))
        parameters.channel = std::string(channel->as_string());
    if (const json::value* tag = body.if_contains("tag"))
        parameters.tag = std::string(tag->as_string());
    for (const json::value& state : array_of(body, "states"))
        parameters.states.push_back(read_state(state));
    if (body.contains("status_class"))
        parameters.status_class = static_cast<int>(integer_of(body, "status_class"));
    for (const json::value& id : array_of(body, "applications"))
        parameters.applications.emplace_back(read_id(id.as_string()));
    return parameters;
}

JobProgress read_progress(const json::object& body) {
    JobProgress progress;
    progress.application = ApplicationId(id_of(body, "application"));
    progress.endpoint = EndpointId(id_of(body, "endpoint"));
    progress.event = EventId(id_of(body, "event"));
    progress.examined = static_cast<std::uint64_t>(integer_of(body, "examined"));
    progress.done = static_cast<std::uint64_t>(integer_of(body, "done"));
    if (const json::value* counts = body.if_contains("counts"))
        for (const auto& [id, count] : counts->as_object())
            progress.counts[ApplicationId(read_id(id))] = count.to_number<std::uint64_t>();
    return progress;
}

Job read_job(const Record& record) {
    const json::value parsed = json::parse(record.body);
    const json::object& body = parsed.as_object();
    Job job;
    job.id = JobId(record.id);
    job.organization = record.organization;
    job.application = ApplicationId(record.parent);
    job.endpoint = EndpointId(id_of(body, "endpoint"));
    job.kind = known(parse_job_kind(body.at("kind").as_string()));
    job.status = known(parse_job_status(body.at("status").as_string()));
    job.parameters = read_parameters(body.at("parameters").as_object());
    job.progress = read_progress(body.at("progress").as_object());
    job.result = std::string(body.at("result").as_string());
    job.created_at = from_micros(integer_of(body, "created_at"));
    job.updated_at = from_micros(integer_of(body, "updated_at"));
    job.revision = record.revision;
    return job;
}

}  // namespace

std::string_view to_string(JobKind kind) { return spell(kKinds, kind); }
std::optional<JobKind> parse_job_kind(std::string_view text) { return parse(kKinds, text); }
std::string_view to_string(JobStatus status) { return spell(kStatuses, status); }
std::optional<JobStatus> parse_job_status(std::string_view text) { return parse(kStatuses, text); }

Record to_record(const Job& job) {
    json::object body;
    body["kind"] = to_string(job.kind);
    body["status"] = to_string(job.status);
    put_id(body, "endpoint", job.endpoint);
    body["parameters"] = write_parameters(job.parameters);
    body["progress"] = write_progress(job.progress);
    body["result"] = job.result;
    body["created_at"] = to_micros(job.created_at);
    body["updated_at"] = to_micros(job.updated_at);
    Record record;
    record.kind = RecordKind::job;
    record.id = job.id;
    record.organization = job.organization;
    record.parent = job.application;
    record.revision = job.revision;
    if (job.status != JobStatus::running) record.expires_at = job.updated_at + kFinishedJobKept;
    record.body = json::serialize(body);
    return record;
}

Result<Job> to_job(const Record& record) {
    try {
        return read_job(record);
    } catch (const std::exception& failure) {
        return fail(ErrorCode::corrupt,
                    "the stored job " + to_uuid(record.id) + " cannot be read: " + failure.what());
    }
}

}  // namespace posthaste
