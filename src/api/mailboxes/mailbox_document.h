#pragma once

// The mailbox as JSON: reading what clients send, writing what they get.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problems.h"
#include "domain/model.h"

namespace posthaste::mailboxes {

inline constexpr Duration kTimeout = 5s;  // of a mailbox that says nothing else

// The members a request carried. An outer optional that is empty means: not mentioned.
struct MailboxChanges {
    std::optional<std::string> name;
    std::optional<std::string> target_url;  // normalised
    std::optional<std::string> api_key;
    std::optional<bool> is_active;
    std::optional<std::optional<std::vector<std::string>>> event_types;
    std::optional<std::optional<std::string>> secret;
    std::optional<std::uint32_t> max_attempts;
    std::optional<std::vector<Duration>> retry_delays;  // empty: 2, 4, 8 s, …
    std::optional<Duration> timeout;
    std::optional<std::optional<std::uint32_t>> rate_limit;  // attempts per second

    void apply_to(Endpoint& endpoint) const;
};

enum class Purpose : unsigned char {
    create,
    update,  // nothing is required, and the key is no concern of it
};

// Adds a problem for everything that is wrong with the body; the result counts only when there is none.
[[nodiscard]] MailboxChanges read_mailbox(Problems& problems, std::string_view body,
                                          Purpose purpose);

// What of a mailbox is shown beside its settings.
enum class Shown : unsigned char {
    everything,  // as the original did
    key,         // to whoever made the key: this once
    no_secrets,
};
void append_mailbox(std::string& out, const Endpoint& mailbox, Shown shown);

}  // namespace posthaste::mailboxes
