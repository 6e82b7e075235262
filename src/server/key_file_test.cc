#include "server/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace posthaste {
namespace {

SealingKey key_of_bytes(unsigned char byte) {
    SealingKey::Bytes bytes{};
    bytes.fill(byte);
    return SealingKey(bytes);
}

std::vector<SealingKeyId> ids_of(const KeyFile& file) {
    std::vector<SealingKeyId> ids;
    for (const SealingKey& key : file.keys()) ids.push_back(key.id());
    return ids;
}

class KeyFileTest : public ::testing::Test {
protected:
    KeyFileTest() {
        std::string pattern = ::testing::TempDir() + "posthaste-keys-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ + "/keys";
    }
    ~KeyFileTest() override { std::filesystem::remove_all(folder_); }

    void write(const std::string& text, unsigned mode = 0600) {
        std::ofstream(path_) << text;
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    }
    [[nodiscard]] std::string content() const {
        std::ifstream file(path_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    const SealingKey one_ = key_of_bytes(1);
    const SealingKey two_ = key_of_bytes(2);
    const SealingKey three_ = key_of_bytes(3);
    std::string folder_, path_;
};

TEST_F(KeyFileTest, a_new_one_holds_its_key_and_is_its_owners) {
    EXPECT_EQ(KeyFile::read(path_).error().code, ErrorCode::not_found);
    const auto made = KeyFile::make(path_, one_);
    ASSERT_TRUE(made) << made.error().message;
    const auto read = KeyFile::read(path_);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(ids_of(*read), std::vector{one_.id()});
    EXPECT_EQ(ids_of(*made), ids_of(*read));
    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(KeyFileTest, a_new_key_goes_first_and_everything_else_stays) {
    write("# mine\n\n" + one_.to_base64() + "\n# the end\n");
    auto file = KeyFile::read(path_);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE(file->put_first(two_));
    EXPECT_EQ(content(),
              "# mine\n\n" + two_.to_base64() + "\n" + one_.to_base64() + "\n# the end\n");
    EXPECT_EQ(ids_of(*file), (std::vector{two_.id(), one_.id()}));
}

TEST_F(KeyFileTest, what_another_process_wrote_meanwhile_is_kept) {
    write(one_.to_base64() + "\n");
    auto mine = KeyFile::read(path_);
    auto theirs = KeyFile::read(path_);
    ASSERT_TRUE(mine && theirs);
    ASSERT_TRUE(theirs->put_first(two_));
    ASSERT_TRUE(mine->put_first(three_));
    EXPECT_EQ(ids_of(*mine), (std::vector{three_.id(), two_.id(), one_.id()}));
}

TEST_F(KeyFileTest, the_first_key_is_never_taken_away) {
    write(one_.to_base64() + "\n" + two_.to_base64() + "\n# old\n" + three_.to_base64() + "\n");
    auto file = KeyFile::read(path_);
    ASSERT_TRUE(file);
    const auto removed = file->remove_if([&](SealingKeyId id) { return id != two_.id(); });
    ASSERT_TRUE(removed);
    EXPECT_EQ(*removed, std::vector{three_.id()});
    EXPECT_EQ(content(), one_.to_base64() + "\n" + two_.to_base64() + "\n# old\n");
    const auto none = file->remove_if([](SealingKeyId) { return false; });
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST_F(KeyFileTest, others_may_not_read_it) {
    struct Row {
        unsigned mode;
        bool is_fine;
    };
    for (const Row row : {Row{0600, true}, Row{0400, true}, Row{0640, true}, Row{0644, false},
                          Row{0660, false}, Row{0604, false}}) {
        write(one_.to_base64() + "\n", row.mode);
        const auto read = KeyFile::read(path_);
        EXPECT_EQ(read.has_value(), row.is_fine) << std::oct << row.mode;
        if (!read) {
            EXPECT_NE(read.error().message.find("chmod 600"), std::string::npos);
        }
    }
}

TEST_F(KeyFileTest, a_file_without_a_key_says_what_to_do) {
    for (const char* const text : {"", "\n", "# nothing\n"}) {
        write(text);
        const auto read = KeyFile::read(path_);
        ASSERT_FALSE(read) << text;
        EXPECT_NE(read.error().message.find("restore it"), std::string::npos);
    }
}

TEST_F(KeyFileTest, a_link_is_followed_not_replaced) {
    const std::string link = folder_ + "/link";
    write(one_.to_base64() + "\n");
    std::filesystem::create_symlink(path_, link);
    auto file = KeyFile::read(link);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->put_first(two_));
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_NE(content().find(two_.to_base64()), std::string::npos);
}

}  // namespace
}  // namespace posthaste
