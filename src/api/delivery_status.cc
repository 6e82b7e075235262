#include "api/delivery_status.h"

namespace posthaste {

std::string_view status_of(DeliveryState state) {
    switch (state) {
        case DeliveryState::pending:
        case DeliveryState::parked: return "pending";
        case DeliveryState::delivered: return "delivered";
        case DeliveryState::dead: return "failed";
        case DeliveryState::cancelled: return "cancelled";
    }
    return "pending";
}

std::vector<DeliveryState> states_of(std::string_view status) {
    if (status == "pending") return {DeliveryState::pending, DeliveryState::parked};
    for (const DeliveryState state :
         {DeliveryState::delivered, DeliveryState::dead, DeliveryState::cancelled})
        if (status == status_of(state)) return {state};
    return {};
}

}  // namespace posthaste
