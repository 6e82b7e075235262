#include "server/commands/doctor_checks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "server/commands/file_descriptor.h"

namespace posthaste {
namespace {

TEST(DoctorJudgements, HaveThreeGrades) {
    EXPECT_EQ(judge_free_space(10), Finding::fail);
    EXPECT_EQ(judge_free_space(500), Finding::warn);
    EXPECT_EQ(judge_free_space(50'000), Finding::ok);
    EXPECT_EQ(judge_fdatasync(2), Finding::warn);
    EXPECT_EQ(judge_fdatasync(300), Finding::ok);
    EXPECT_EQ(judge_fdatasync(50'000), Finding::warn);
    EXPECT_EQ(judge_open_files(256), Finding::fail);
    EXPECT_EQ(judge_open_files(4096), Finding::warn);
    EXPECT_EQ(judge_open_files(65536), Finding::ok);
}

TEST(DataDirectoryOf, IsTheFolderOfTheDataOrOfTheKeys) {
    struct Row {
        const char* database;
        const char* directory;  // null: refused
    };
    for (const auto& [database, directory] :
         {Row{"sqlite:./data", "./data"}, Row{"sqlite:///var/lib/posthaste", "/var/lib/posthaste"},
          Row{"postgres://db/x", "/keys"}, Row{"postgresql://db/x", "/keys"},
          Row{"sqlite:", nullptr}, Row{"mysql://x", nullptr}}) {
        DoctorOptions options;
        options.database = database;
        options.data_dir = "/keys";
        const auto found = data_directory_of(options);
        ASSERT_EQ(found.has_value(), directory != nullptr) << database;
        if (found) {
            EXPECT_EQ(*found, directory) << database;
        }
    }
}

TEST(DoctorChecks, AdviseOnlyWhenSomethingIsWrong) {
    const CheckResult good = check_data_directory("/tmp/not/there/yet");
    EXPECT_EQ(good.finding, Finding::ok);
    EXPECT_EQ(good.advice, "");
    const CheckResult bad = check_data_directory("/dev/null");
    EXPECT_EQ(bad.finding, Finding::fail);
    EXPECT_NE(bad.advice, "");
}

TEST(DoctorChecks, KeysAreForTheirOwnerOnly) {
    std::string folder = testing::TempDir() + "posthaste-doctor-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    EXPECT_EQ(check_key_files(folder).text, "none yet");
    const std::string path = folder + "/session_secret";
    std::ofstream(path) << "x";
    for (const auto& [mode, finding] :
         {std::pair{0600, Finding::ok}, std::pair{0400, Finding::ok},
          std::pair{0640, Finding::fail}, std::pair{0604, Finding::fail},
          std::pair{0620, Finding::fail}}) {
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        EXPECT_EQ(check_key_files(folder).finding, finding) << mode;
    }
    EXPECT_NE(check_key_files(folder).advice.find("chmod 600 " + path), std::string::npos);
    std::filesystem::remove_all(folder);
}

TEST(DoctorChecks, APortHeldByAnotherProgramFails) {
    EXPECT_EQ(check_port("127.0.0.1").finding, Finding::fail);
    EXPECT_EQ(check_port("127.0.0.1:0").finding, Finding::ok);
    const auto closed_on_purpose = find_free_port();
    ASSERT_TRUE(closed_on_purpose);
    EXPECT_EQ(check_server("http://127.0.0.1:" + std::to_string(*closed_on_purpose)).finding,
              Finding::fail);
}

}  // namespace
}  // namespace posthaste
