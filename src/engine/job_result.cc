#include "engine/job_result.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>
#include <utility>

namespace posthaste {

namespace json = boost::json;

namespace {

json::value uid_of(const Directory& directory, ApplicationId id) {
    const PreparedApplicationPtr application = directory.find(id);
    if (!application || !application->config.uid) return nullptr;
    return json::value(*application->config.uid);
}

json::array application_stats(const Job& job, const Directory& directory) {
    json::array stats;
    for (const auto& [id, count] : job.progress.counts) {
        json::object one;
        one["appId"] = to_base62("app", id);
        one["appUid"] = uid_of(directory, id);
        one["messageDestinations"] = count;
        stats.push_back(std::move(one));
    }
    return stats;
}

json::object event_types_of(const Directory& directory, ApplicationId id) {
    std::set<std::string> named;
    bool has_catch_all = false;
    for (const PreparedEndpointPtr& endpoint : directory.endpoints(id, {})) {
        const auto& types = endpoint->config.event_types;
        if (!types || types->empty())
            has_catch_all = true;
        else
            named.insert(types->begin(), types->end());
    }
    json::object one;
    one["appId"] = to_base62("app", id);
    json::array& list = one["explicitlySubscribedEventTypes"].emplace_array();
    for (const std::string& type : named) list.emplace_back(type);
    one["hasCatchAllEndpoint"] = has_catch_all;
    return one;
}

json::array all_event_types(const Job& job, const Directory& directory) {
    json::array all;
    for (const PreparedApplicationPtr& application : directory.applications(job.organization, {}))
        all.push_back(event_types_of(directory, application->config.id));
    return all;
}

}  // namespace

std::string describe_job(const Job& job, const Directory& directory, std::uint64_t recover_max,
                         std::string_view error) {
    json::object data;
    const bool is_finished = job.status == JobStatus::finished;
    switch (job.kind) {
        case JobKind::endpoint_recover:
            data["messagesSent"] = job.progress.done;
            if (is_finished && job.progress.done >= recover_max) data["isCapped"] = true;
            break;
        case JobKind::endpoint_replay:
        case JobKind::endpoint_bulk_replay:
        case JobKind::dead_letter_redrive: data["messagesSent"] = job.progress.done; break;
        case JobKind::application_purge_content: data["messagesPurged"] = job.progress.done; break;
        case JobKind::application_stats:
            if (is_finished) data["appStats"] = application_stats(job, directory);
            break;
        case JobKind::event_type_aggregate:
            if (is_finished) data["event_types"] = all_event_types(job, directory);
            break;
    }
    if (job.status == JobStatus::running) data["messagesExamined"] = job.progress.examined;
    if (!error.empty()) data["error"] = error;
    return json::serialize(data);
}

}  // namespace posthaste
