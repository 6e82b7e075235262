#include "server/commands/bench/subscribers_bench.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

TEST(SubscribersBench, ReadsTheWorkOfEveryLoop) {
    constexpr const char* kPage =
        "# TYPE posthaste_reactor_http_requests_total counter\n"
        "posthaste_reactor_http_requests_total{reactor=\"0\"} 12\n"
        "posthaste_reactor_http_requests_total{reactor=\"1\"} 7\n"
        "posthaste_reactor_attempts_total{reactor=\"0\"} 3\n"
        "posthaste_reactor_attempts_total{reactor=\"1\"} 0\n";
    EXPECT_EQ(work_of_loops(kPage), (std::vector<LoopWork>{{12, 3}, {7, 0}}));
    EXPECT_TRUE(work_of_loops("posthaste_attempts_total 3\n").empty());
}

TEST(SubscribersBench, UnevennessIsWhatTheBusiestHasMoreThanItsShare) {
    EXPECT_DOUBLE_EQ(unevenness({}), 0);
    EXPECT_DOUBLE_EQ(unevenness({0, 0}), 0);
    EXPECT_DOUBLE_EQ(unevenness({250, 250}), 0);
    EXPECT_DOUBLE_EQ(unevenness({300, 200}), 20);
    EXPECT_DOUBLE_EQ(unevenness({500, 0, 0, 0}), 300);
}

}  // namespace
}  // namespace posthaste
