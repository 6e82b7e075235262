#include "api/delivery_status.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthaste {
namespace {

TEST(DeliveryStatus, every_state_has_a_status_and_every_status_its_states) {
    const struct {
        DeliveryState state;
        std::string_view status;
    } cases[] = {{DeliveryState::pending, "pending"},
                 {DeliveryState::parked, "pending"},
                 {DeliveryState::delivered, "delivered"},
                 {DeliveryState::dead, "failed"},
                 {DeliveryState::cancelled, "cancelled"}};
    for (const auto& row : cases) {
        EXPECT_EQ(status_of(row.state), row.status);
        const auto states = states_of(row.status);
        EXPECT_TRUE(std::ranges::find(states, row.state) != states.end()) << row.status;
        for (const DeliveryState state : states) EXPECT_EQ(status_of(state), row.status);
    }
    for (const char* other : {"", "dead", "Failed", "success", "queued"})
        EXPECT_TRUE(states_of(other).empty()) << other;
}

}  // namespace
}  // namespace posthaste
