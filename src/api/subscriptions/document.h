#pragma once

// The subscription as JSON: reading what clients send, writing what they get.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problems.h"
#include "domain/model.h"

namespace posthaste::subscriptions {

// The members a request carried. An outer optional that is empty means: not mentioned.
struct Changes {
    std::optional<std::string> target_url;  // normalised
    std::optional<std::optional<std::string>> secret;
    std::optional<std::optional<std::vector<std::string>>> event_types;
    std::optional<bool> is_active;

    void apply_to(Endpoint& endpoint) const;
};

enum class Purpose : unsigned char { create, update };

// Adds a problem for everything that is wrong with the body; the result counts only when there is none.
[[nodiscard]] Changes read_changes(Problems& problems, std::string_view body, Purpose purpose);

// The secret is shown in open mode, as the original did, and null in required mode.
void append_subscription(std::string& out, const Endpoint& endpoint, AuthMode auth);

}  // namespace posthaste::subscriptions
