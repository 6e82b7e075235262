#include "server/commands/bench/server_process.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace posthaste {
namespace {

class ServerProcessTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string path =
            (std::filesystem::temp_directory_path() / "server-process-XXXXXX").string();
        ASSERT_NE(::mkdtemp(path.data()), nullptr);
        directory_ = path;
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    [[nodiscard]] std::string log() const { return directory_ + "/log"; }

    std::string directory_;
};

TEST_F(ServerProcessTest, RunsUntilItIsTold) {
    auto process = ServerProcess::start("/bin/sleep", {"1000"}, log()).value();
    EXPECT_TRUE(process.is_running());
    EXPECT_GT(process.usage().rss_peak_mb, 0);
    EXPECT_FALSE(process.stop(10s));  // by the signal, not with status 0
    EXPECT_FALSE(process.is_running());
}

TEST_F(ServerProcessTest, ACleanEndIsTold) {
    auto process =
        ServerProcess::start(
            "/bin/sh", {"-c", "trap 'exit 0' TERM; echo up; while :; do sleep 0.01; done"}, log())
            .value();
    std::string text;
    while (text != "up\n") {
        std::ifstream file(log());
        text.assign(std::istreambuf_iterator<char>(file), {});
    }
    EXPECT_TRUE(process.stop(10s));
}

TEST_F(ServerProcessTest, ASuccessorReplacesAndKills) {
    auto process = ServerProcess::start("/bin/sleep", {"1000"}, log()).value();
    const pid_t first = process.pid();
    process = ServerProcess::start("/bin/sleep", {"1000"}, log()).value();
    EXPECT_NE(process.pid(), first);
    EXPECT_EQ(::access(("/proc/" + std::to_string(first)).c_str(), F_OK), -1);
    process.kill_now();
    EXPECT_FALSE(process.is_running());
}

TEST_F(ServerProcessTest, AMissingProgramEnds) {
    auto process = ServerProcess::start("/no/such/program", {}, log()).value();
    EXPECT_FALSE(process.stop(10s));
}

}  // namespace
}  // namespace posthaste
