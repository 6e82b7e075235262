#pragma once

// The webhook as JSON: reading what clients send, writing what they get. Its secret is never shown.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/contacts/contact_document.h"
#include "api/problems.h"
#include "domain/model.h"

namespace posthaste::contacts {

// The members a request carried. An outer optional that is empty means: not mentioned.
struct WebhookChanges {
    std::optional<std::string> url;  // as given: whether it may be one is a question of its own
    std::optional<std::vector<std::string>> events;
    std::optional<std::optional<std::string>> secret;
    std::optional<bool> is_active;

    // All but the URL.
    void apply_to(Endpoint& endpoint) const;
};

// Adds a problem for everything that is wrong with the body; the result counts only when there is none.
[[nodiscard]] WebhookChanges read_webhook(Problems& problems, std::string_view body,
                                          Purpose purpose);

void append_webhook(std::string& out, const Endpoint& endpoint);

// The URL in the form it is stored in, when webhooks may have it: https, or http to a loopback host or one of `http_hosts`
// ("*": any); a host name with a period in it, or one of these; no password.
[[nodiscard]] std::optional<std::string> webhook_url(std::string_view text,
                                                     const std::vector<std::string>& http_hosts);

}  // namespace posthaste::contacts
