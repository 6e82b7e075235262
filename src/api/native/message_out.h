#pragma once

// Messages and attempts as JSON: MessageOut, EndpointMessageOut, MessageEndpointOut's added members, MessageAttemptOut.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/native/answers.h"
#include "base/time.h"
#include "domain/decision.h"
#include "domain/model.h"
#include "ports/store.h"

namespace posthaste::native {

enum class Content : std::uint8_t { shown, omitted };

// Numbered as SDKs know them.
enum class MessageStatus : std::uint8_t {
    success = 0,
    pending = 1,  // never: what waits for its first attempt is being sent
    fail = 2,
    sending = 3,
    canceled =
        4,  // shown to those who ask for it, as failed to the others: older SDKs do not know it
};
// Whether the asker knows `canceled`: the parameter expanded_statuses.
enum class StatusWords : std::uint8_t { usual, expanded };

[[nodiscard]] std::string_view to_string(MessageStatus status);
[[nodiscard]] MessageStatus message_status(DeliveryState state, StatusWords words);
// Those that have that status.
[[nodiscard]] std::vector<DeliveryState> delivery_states(MessageStatus status, StatusWords words);
[[nodiscard]] MessageStatus message_status(const AttemptRecord& attempt);  // success or fail

// Where a delivery stands: status, statusText and nextAttempt.
struct DeliveryView {
    DeliveryState state = DeliveryState::pending;
    std::optional<Timestamp> next_due;
    Timestamp first_due;  // while it is nowhere but in memory
    StatusWords words = StatusWords::usual;
};

// True when the payload was deleted or its time has come.
[[nodiscard]] bool is_payload_gone(const Event& event, Timestamp now);

[[nodiscard]] std::string message_id(EventId id);
[[nodiscard]] std::string endpoint_id(EndpointId id);

// Everything of MessageOut. Lists read events without their payload when the content is omitted.
void write_message(ObjectWriter& object, std::string& out, const Event& event, Content content,
                   Timestamp now);
// What nextAttempt is when there is none.
enum class NoAttempt : std::uint8_t { null, omitted };
void write_delivery(ObjectWriter& object, const DeliveryView& delivery, NoAttempt no_attempt);
[[nodiscard]] std::string message_json(const Event& event, Content content, Timestamp now);

struct AttemptView {
    EventId event;
    EndpointId endpoint;
    const AttemptRecord* record = nullptr;
    std::string_view url;            // of the endpoint, as it is now
    const Event* message = nullptr;  // shown with it, without its payload; null: not shown
};
[[nodiscard]] AttemptId id_of(const AttemptView& attempt);
// MessageEndpointOut: a destination of a message.
void append_destination(std::string& out, const Endpoint& endpoint, const DeliveryView& delivery);
void append_attempt(std::string& out, const AttemptView& attempt, Content content);

}  // namespace posthaste::native
