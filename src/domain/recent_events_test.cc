#include "domain/recent_events.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

EventId event(std::uint64_t number) { return EventId{number, 1}; }

TEST(RecentEvents, forgets_the_oldest_beyond_its_limit) {
    RecentEvents recent(2);
    EXPECT_FALSE(recent.contains(event(1)));
    recent.add(event(1));
    recent.add(event(2));
    recent.add(event(2));
    EXPECT_TRUE(recent.contains(event(1)));
    recent.add(event(3));
    EXPECT_FALSE(recent.contains(event(1)));
    EXPECT_TRUE(recent.contains(event(2)));
    EXPECT_TRUE(recent.contains(event(3)));
}

}  // namespace
}  // namespace posthaste
