#pragma once

// A delivery as the dashboard shows it: a row of the list, and the whole with its attempts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/native/answers.h"
#include "domain/directory.h"
#include "engine/engine.h"
#include "ports/store.h"

namespace posthaste::dashboard {

// An iterator of the list: "msg_….ep_…".
[[nodiscard]] std::string to_text(const DeliveryPlace& place);
[[nodiscard]] std::optional<DeliveryPlace> parse_place(std::string_view text);

// An endpoint's id as the API that made it spells it.
[[nodiscard]] std::string original_id(const Endpoint& endpoint);
// What people know an endpoint by.
[[nodiscard]] const std::string& name_of(const Endpoint& endpoint);

void write_delivery(native::ObjectWriter& object, const DeliveryEntry& entry,
                    const Directory& directory);
// The delivery to `delivery.endpoint`, which belongs to `history`.
[[nodiscard]] std::string delivery_json(const EventHistory& history,
                                        const DeliveryHistory& delivery, const Directory& directory,
                                        HeaderNames native_headers, Timestamp now);

}  // namespace posthaste::dashboard
