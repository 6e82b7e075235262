#pragma once

// What was handed in for a mailbox, and what became of it, as JSON. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/model.h"
#include "ports/store.h"

namespace posthaste::mailboxes {

// As in api/delivery_status.h; "queued" is another word for "pending".
[[nodiscard]] std::vector<DeliveryState> states_of(std::string_view status);

// A row of the list. REQUIRES: the entry has the summary of its delivery to `mailbox`.
void append_row(std::string& out, const EventEntry& entry, const Endpoint& mailbox);
// {"event":{…},"attempts":[…]}, oldest attempt first.
void append_detail(std::string& out, const Event& event, const DeliveryHistory& delivery,
                   const Endpoint& mailbox);
// The same of what nobody knows: {"event":null,"attempts":[]}.
inline constexpr std::string_view kNoDetail = R"({"event":null,"attempts":[]})";

}  // namespace posthaste::mailboxes
