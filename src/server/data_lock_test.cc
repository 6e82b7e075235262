#include "server/data_lock.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace posthaste {
namespace {

class DataLockTest : public ::testing::Test {
protected:
    DataLockTest() {
        std::string pattern = ::testing::TempDir() + "posthaste-lock-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
    }
    ~DataLockTest() override { std::filesystem::remove_all(folder_); }
    std::string folder_;
};

TEST_F(DataLockTest, only_one_holds_it_and_it_is_free_again) {
    const std::string folder = folder_ + "/a/b";  // made when missing
    std::optional<Result<DataLock>> first(DataLock::acquire(folder));
    ASSERT_TRUE(*first);
    const Result<DataLock> second = DataLock::acquire(folder);
    ASSERT_FALSE(second);
    EXPECT_EQ(ErrorCode::unavailable, second.error().code);
    EXPECT_NE(std::string::npos, second.error().message.find(folder));
    DataLock moved = std::move(**first);
    first.reset();
    EXPECT_FALSE(DataLock::acquire(folder));
    moved = DataLock();
    EXPECT_TRUE(DataLock::acquire(folder));
}

TEST_F(DataLockTest, a_folder_that_cannot_be) {
    std::ofstream(folder_ + "/file");
    const Result<DataLock> lock = DataLock::acquire(folder_ + "/file/data");
    ASSERT_FALSE(lock);
    EXPECT_EQ(ErrorCode::unavailable, lock.error().code);
}

}  // namespace
}  // namespace posthaste
