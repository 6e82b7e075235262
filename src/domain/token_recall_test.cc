#include "domain/token_recall.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

using std::chrono::seconds;

const Timestamp kNow = from_micros(1'000'000'500'000);

TokenRecall all_until(Timestamp at) {
    TokenRecall recall;
    recall.from = at;
    recall.issued_until = std::chrono::floor<seconds>(at);
    return recall;
}

TokenRecall one(Id token, Timestamp issued_at) {
    TokenRecall recall = all_until(kNow);
    recall.token = token;
    recall.issued_until = issued_at;
    return recall;
}

TEST(TokenRecall, what_a_recall_means) {
    TokenRecall of_session = all_until(kNow);
    of_session.session = "s";
    const TokenRecall delayed = [] {
        TokenRecall recall = all_until(kNow);
        recall.from = kNow + 1h;
        return recall;
    }();
    struct Row {
        const char* what;
        TokenRecalls recalls;
        TokenMarks token;
        std::optional<Timestamp> end;
    };
    const std::vector<Row> rows = {
        {"nothing was recalled", {}, {Id(1, 1), kNow, {}}, {}},
        {"older", {all_until(kNow)}, {Id(1, 1), kNow - 1h, {}}, kNow},
        {"of the same second", {all_until(kNow)}, {Id(1, 1), kNow + 400ms, {}}, kNow},
        {"newer", {all_until(kNow)}, {Id(1, 1), kNow + 1s, {}}, {}},
        {"of unknown age", {all_until(kNow)}, {Id(1, 1), {}, {}}, kNow},
        {"of the session", {of_session}, {Id(1, 1), kNow, "s"}, kNow},
        {"of another session", {of_session}, {Id(1, 1), kNow, "t"}, {}},
        {"of no session", {of_session}, {Id(1, 1), kNow, {}}, {}},
        {"the very token", {one(Id(1, 1), kNow)}, {Id(1, 1), kNow, {}}, kNow},
        {"another token", {one(Id(1, 1), kNow)}, {Id(1, 2), kNow, {}}, {}},
        {"later", {delayed}, {Id(1, 1), kNow, {}}, kNow + 1h},
        {"the earliest counts", {delayed, all_until(kNow)}, {Id(1, 1), kNow, {}}, kNow},
    };
    for (const Row& row : rows) EXPECT_EQ(recalled_at(row.recalls, row.token), row.end) << row.what;
}

TEST(TokenRecall, what_is_needless_is_dropped) {
    TokenRecalls recalls;
    TokenRecall passing = one(Id(1, 1), kNow - 2h);
    passing.over = kNow + 1h;
    EXPECT_TRUE(add_recall(recalls, passing, kNow));
    EXPECT_TRUE(add_recall(recalls, passing, kNow));
    EXPECT_EQ(recalls.size(), 1U);
    TokenRecall of_session = all_until(kNow);
    of_session.session = "s";
    EXPECT_TRUE(add_recall(recalls, of_session, kNow + 2h));  // `passing` is over
    EXPECT_EQ(recalls, TokenRecalls{of_session});
    // One whose token is newer than all that are recalled stays.
    const TokenRecall newer = one(Id(1, 2), kNow + 3h);
    EXPECT_TRUE(add_recall(recalls, newer, kNow));
    TokenRecall delayed = all_until(kNow);
    delayed.from = kNow + 1h;
    EXPECT_TRUE(add_recall(recalls, delayed, kNow));
    EXPECT_EQ(recalls.size(), 3U);  // until then the others still count
    EXPECT_TRUE(add_recall(recalls, all_until(kNow), kNow));
    EXPECT_EQ(recalls, (TokenRecalls{newer, all_until(kNow)}));
}

TEST(TokenRecall, there_may_not_be_too_many) {
    TokenRecalls recalls;
    for (std::size_t i = 0; i < kTokenRecallsMax; ++i)
        ASSERT_TRUE(add_recall(recalls, one(Id(1, i), kNow), kNow));
    EXPECT_FALSE(add_recall(recalls, one(Id(2, 0), kNow), kNow));
    EXPECT_EQ(recalls.size(), kTokenRecallsMax);
    EXPECT_TRUE(add_recall(recalls, all_until(kNow), kNow));
    EXPECT_EQ(recalls.size(), 1U);
}

TEST(TokenRecall, new_tokens_are_of_another_second_than_recalled_ones) {
    TokenRecalls recalls;
    EXPECT_EQ(issue_time(recalls, kNow), kNow - 500ms);
    for (int i = 1; i <= 3; ++i) {
        TokenRecall recall = all_until(kNow);
        recall.issued_until = issue_time(recalls, kNow);
        ASSERT_TRUE(add_recall(recalls, recall, kNow));
        EXPECT_EQ(issue_time(recalls, kNow), kNow - 500ms + seconds(i));
        EXPECT_FALSE(recalled_at(recalls, {Id(), issue_time(recalls, kNow), {}}));
    }
    recalls.front().issued_until = kNow + 1h;
    EXPECT_EQ(issue_time(recalls, kNow), kNow - 500ms + 10min);
}

}  // namespace
}  // namespace posthaste
