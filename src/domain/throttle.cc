#include "domain/throttle.h"

#include "base/assert.h"

namespace posthaste {

namespace {

bool is_rate(std::optional<std::uint32_t> rate) { return rate && *rate > 0; }

}  // namespace

bool is_throttled(const Endpoint& endpoint) { return is_rate(endpoint.throttle_rate); }
bool is_throttled(const Application& application) { return is_rate(application.throttle_rate); }

ThrottleAnswer pass_throttles(const PreparedEndpoint& endpoint,
                              const PreparedApplication* application, Timestamp now) {
    ThrottleAnswer answer;
    // The endpoint's gate is looked at first and passed last: nobody else passes it meanwhile, and where it is closed the
    // application's pass is not wasted.
    const bool has_own_gate = is_throttled(endpoint.config);
    if (has_own_gate) {
        answer.endpoint_opens = endpoint.gate->closed_until(now);
        if (answer.endpoint_opens) {
            answer.passes = false;
            return answer;
        }
    }
    if (application && is_throttled(application->config)) {
        answer.application_opens =
            application->gate->try_pass(now, *application->config.throttle_rate);
        if (answer.application_opens) {
            answer.passes = false;
            return answer;
        }
        answer.application_opens = application->gate->closed_until(now);
    }
    if (has_own_gate) {
        const bool refused =
            endpoint.gate->try_pass(now, *endpoint.config.throttle_rate).has_value();
        ASSERT(!refused);
        answer.endpoint_opens = endpoint.gate->closed_until(now);
    }
    return answer;
}

void HeldApplications::hold(ApplicationId application, Timestamp until) {
    const auto [place, fresh] = until_.try_emplace(application, until);
    if (!fresh) {
        by_time_.erase({place->second, application});
        place->second = until;
    }
    by_time_.emplace(until, application);
}

std::vector<ApplicationId> HeldApplications::release_due(Timestamp now) {
    std::vector<ApplicationId> released;
    while (!by_time_.empty()) {
        const auto [until, application] = *by_time_.begin();
        if (until > now && until - now <= RateGate::kClosedMax) break;
        released.push_back(application);
        until_.erase(application);
        by_time_.erase(by_time_.begin());
    }
    return released;
}

}  // namespace posthaste
