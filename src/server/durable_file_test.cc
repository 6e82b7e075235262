#include "server/durable_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace posthaste {
namespace {

class DurableFile : public ::testing::Test {
protected:
    DurableFile() {
        std::string pattern = ::testing::TempDir() + "posthaste-file-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ + "/file";
    }
    ~DurableFile() override { std::filesystem::remove_all(folder_); }

    [[nodiscard]] std::string content() const {
        std::ifstream file(path_);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] unsigned mode() const {
        struct stat info{};
        EXPECT_EQ(::stat(path_.c_str(), &info), 0);
        return info.st_mode & 0777U;
    }

    std::string folder_, path_;
};

TEST_F(DurableFile, a_new_one_is_its_owners) {
    ASSERT_TRUE(replace_file(path_, "one"));
    EXPECT_EQ(content(), "one");
    EXPECT_EQ(mode(), 0600U);
}

TEST_F(DurableFile, a_replaced_one_keeps_its_mode) {
    ASSERT_TRUE(replace_file(path_, "one"));
    ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
    ASSERT_TRUE(replace_file(path_, "two"));
    EXPECT_EQ(content(), "two");
    EXPECT_EQ(mode(), 0640U);
}

TEST_F(DurableFile, what_a_crash_left_is_in_nobodys_way) {
    std::ofstream(path_ + ".new") << "half";
    ASSERT_TRUE(replace_file(path_, "one"));
    EXPECT_EQ(content(), "one");
    EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

TEST_F(DurableFile, a_missing_folder_is_named) {
    const auto failed = replace_file(folder_ + "/none/file", "one");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
    EXPECT_NE(failed.error().message.find("/none/file"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
