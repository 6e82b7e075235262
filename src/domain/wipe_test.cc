#include "domain/wipe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace posthaste {
namespace {

TEST(Wipe, a_text_leaves_nothing_in_its_buffer) {
    std::string text(100, 'x');
    const char* const buffer = text.data();
    text.resize(40);
    wipe(text);
    EXPECT_TRUE(text.empty());
    ASSERT_EQ(text.data(), buffer);
    // What lies behind the end of a string belongs to it up to its capacity.
    text.resize(100, '\1');
    EXPECT_EQ(text, std::string(100, '\1'));
}

TEST(Wipe, bytes_are_zero_afterwards) {
    std::array<unsigned char, 5> bytes{1, 2, 3, 4, 5};
    wipe(bytes);
    EXPECT_EQ(std::count(bytes.begin(), bytes.end(), 0), 5);
}

TEST(Wipe, a_scope_wipes_when_it_is_left) {
    std::string text = "a password that is longer than a short string's buffer";
    {
        const WipedOnExit wiped(text);
    }
    EXPECT_TRUE(text.empty());
}

TEST(Wipe, a_text_that_moves_stays_in_one_place) {
    WipedText text("short");
    const char* const bytes = text.view().data();
    WipedText moved(std::move(text));
    EXPECT_EQ(moved.view(), "short");
    EXPECT_EQ(moved.view().data(), bytes);
    text = std::move(moved);
    EXPECT_EQ(text.view(), "short");
    EXPECT_EQ(text.view().data(), bytes);
}

}  // namespace
}  // namespace posthaste
