#include "server/commands/listen_answer.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace posthaste {
namespace {

struct Row {
    const char* name;
    std::function<void(ListenOptions&)> set;
    std::uint64_t number;
    Duration uptime;
    ListenAnswer expected;
};

TEST(ChooseAnswer, FollowsTheOptions) {
    const auto nothing = [](ListenOptions&) {};
    const auto every_third = [](ListenOptions& o) { o.fail_every = 3; };
    const auto every_third_410 = [](ListenOptions& o) { o.fail_every = 3, o.status = 410; };
    const auto only_status = [](ListenOptions& o) { o.status = 429; };
    const auto flap = [](ListenOptions& o) { o.flap = FlapPeriods{10s, 5s}; };
    const std::vector<Row> rows{
        {"plain", nothing, 1, 0s, {}},
        {"before the third", every_third, 2, 0s, {}},
        {"the third", every_third, 3, 0s, {.status = 500}},
        {"the sixth, own status", every_third_410, 6, 0s, {.status = 410}},
        {"between, own status", every_third_410, 7, 0s, {.status = 200}},
        {"status alone is for all", only_status, 1, 0s, {.status = 429}},
        {"flap: up", flap, 1, 9'999ms, {}},
        {"flap: down", flap, 1, 10s, {.status = 500}},
        {"flap: up again", flap, 1, 15s, {}},
        {"delay", [](ListenOptions& o) { o.delay = 1s; }, 1, 0s, {.delay = 1s}},
        {"hang", [](ListenOptions& o) { o.hang = true; }, 1, 0s, {.body = AnswerBody::none_ever}},
        {"endless",
         [](ListenOptions& o) { o.endless = true; },
         1,
         0s,
         {.body = AnswerBody::endless}},
        {"huge",
         [](ListenOptions& o) { o.huge_bytes = 7; },
         1,
         0s,
         {.body = AnswerBody::sized, .body_bytes = 7}},
    };
    for (const Row& row : rows) {
        ListenOptions options;
        row.set(options);
        EXPECT_EQ(choose_answer(options, row.number, row.uptime), row.expected) << row.name;
    }
}

}  // namespace
}  // namespace posthaste
