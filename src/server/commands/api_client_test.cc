#include "server/commands/api_client.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

constexpr const char* kPage =
    "# HELP posthaste_commits Group commits.\n"
    "# TYPE posthaste_commits counter\n"
    "posthaste_commits 12\n"
    "posthaste_commits_total 40\n"
    "posthaste_tally{state=\"pending\"} 7\n"
    "posthaste_tally{state=\"dead\"} 1.5\n"
    "posthaste_broken{state=\"x\" 3\n"
    "posthaste_last 1e6";

TEST(MetricValue, FindsExactlyThatName) {
    EXPECT_EQ(metric_value(kPage, "posthaste_commits"), 12);
    EXPECT_EQ(metric_value(kPage, "posthaste_commits_total"), 40);
    EXPECT_EQ(metric_value(kPage, "posthaste_last"), 1e6);
    EXPECT_FALSE(metric_value(kPage, "posthaste_comm"));
    EXPECT_FALSE(metric_value(kPage, "posthaste_broken"));
    EXPECT_FALSE(metric_value("", "posthaste_commits"));
}

TEST(MetricValue, SumsOrPicksLabels) {
    EXPECT_EQ(metric_value(kPage, "posthaste_tally"), 8.5);
    EXPECT_EQ(metric_value(kPage, "posthaste_tally", "state=\"pending\""), 7);
    EXPECT_FALSE(metric_value(kPage, "posthaste_tally", "state=\"parked\""));
}

}  // namespace
}  // namespace posthaste
