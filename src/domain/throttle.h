#pragma once

// Asks the gates that stand before an attempt: its endpoint's and its application's, each with a rate of its own or none.

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/time.h"
#include "domain/directory.h"

namespace posthaste {

struct ThrottleAnswer {
    bool passes = true;
    // When the next attempt may ask again, after this one passed or was refused; none: at once.
    std::optional<Timestamp> endpoint_opens;
    std::optional<Timestamp> application_opens;
};

// Both gates are passed, or neither. `application` may be null. An endpoint's attempts must all be asked for on one thread;
// an application's gate is shared by all.
[[nodiscard]] ThrottleAnswer pass_throttles(const PreparedEndpoint& endpoint,
                                            const PreparedApplication* application, Timestamp now);
[[nodiscard]] bool is_throttled(const Endpoint& endpoint);
[[nodiscard]] bool is_throttled(const Application& application);

// Which applications wait for their gate, and until when.
class HeldApplications {
public:
    void hold(ApplicationId application, Timestamp until);
    // Those whose time has come, in order of time. A clock that was set back makes everybody's time come.
    [[nodiscard]] std::vector<ApplicationId> release_due(Timestamp now);
    [[nodiscard]] bool empty() const { return by_time_.empty(); }
    // REQUIRES: !empty().
    [[nodiscard]] Timestamp next() const { return by_time_.begin()->first; }

private:
    std::map<ApplicationId, Timestamp> until_;
    std::set<std::pair<Timestamp, ApplicationId>> by_time_;
};

}  // namespace posthaste
