#pragma once

// What a job tells of itself, in the words of the SDKs: the "data" of a background task.

#include <string>
#include <string_view>

#include "domain/directory.h"
#include "engine/job.h"

namespace posthaste {

// A JSON object:
//
//   {"messagesSent":2}                       recover, replay, bulk replay, redrive; with "isCapped":true when a recovery
//                                            ended at `recover_max`
//   {"messagesPurged":150}                   purge
//   {"appStats":[{"appId":"app_…","appUid":null,"messageDestinations":2}]}
//   {"event_types":[{"appId":"app_…","explicitlySubscribedEventTypes":["user.signup"],"hasCatchAllEndpoint":false}]}
//
// While the job runs: the number so far, where there is one, and "messagesExamined". A job that failed says why in "error".
[[nodiscard]] std::string describe_job(const Job& job, const Directory& directory,
                                       std::uint64_t recover_max, std::string_view error = {});

}  // namespace posthaste
