#include "server/env_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace posthaste {
namespace {

TEST(EnvFile, ReadsWhatSuchFilesHold) {
    const struct {
        const char* line;
        const char* value;
    } cases[] = {
        {"A=value", "value"},
        {"A=", ""},
        {"A=  ", ""},
        {"  A=value  ", "value"},
        {"\texport \t A=value", "value"},
        {"A= two words", "two words"},
        {"A=value # a comment", "value"},
        {"A=value\t#", "value"},
        {"A= # a comment", ""},
        {"A=#no_comment", "#no_comment"},
        {"A=http://h/#fragment", "http://h/#fragment"},
        {"A=a=b", "a=b"},
        {"A=it's", "it's"},
        {"A=$5", "$5"},
        {"A='as ${it} \\n \"is\" # '", "as ${it} \\n \"is\" # "},
        {"A='' # a comment", ""},
        {R"(A="a \"text\"\twith\\escapes\n\r\$5 # and this")",
         "a \"text\"\twith\\escapes\n\r$5 # and this"},
        {"A=\"\"#", ""},
        {"A=value\r", "value"},
        {"A=gr\xC3\xBCn", "gr\xC3\xBCn"},
    };
    for (const auto& row : cases) {
        const auto variables = parse_env_file(row.line, ".env");
        ASSERT_TRUE(variables) << row.line << ": " << variables.error().message;
        EXPECT_EQ(*variables, (Variables{{"A", row.value}})) << row.line;
    }
    const auto many = parse_env_file("\r\n# x\r\nA1=1\r\n_b=2\n\nC=3", ".env");
    ASSERT_TRUE(many) << many.error().message;
    EXPECT_EQ(*many, (Variables{{"A1", "1"}, {"C", "3"}, {"_b", "2"}}));
    EXPECT_EQ(parse_env_file("", ".env"), Variables());
}

TEST(EnvFile, RefusesEverythingElse) {
    const char* const kForm = "a line is NAME=VALUE, a comment behind # or empty";
    const std::string kExpanded = "A: variables are not expanded; put ${ between single quotes";
    const struct {
        std::string text;
        std::string message;
    } cases[] = {
        {"A", std::string("f:1: ") + kForm},
        {"=x", std::string("f:1: ") + kForm},
        {"1A=x", std::string("f:1: ") + kForm},
        {"A B=x", std::string("f:1: ") + kForm},
        {"A =x", std::string("f:1: ") + kForm},
        {"export", std::string("f:1: ") + kForm},
        {"A.B=x", std::string("f:1: ") + kForm},
        {"\xEF\xBB\xBF"
         "A=x",
         std::string("f:1: ") + kForm},
        {"A=1\n\nA=2", "f:3: A is set twice in this file"},
        {"A='x", "f:1: A: the closing ' is missing"},
        {"A=\"x", "f:1: A: the closing \" is missing"},
        {"A=\"x\\", "f:1: A: between double quotes a backslash stands before one of \\ \" $ n r t"},
        {"A=\"\\x\"",
         "f:1: A: between double quotes a backslash stands before one of \\ \" $ n r t"},
        {"A='x' y", "f:1: A: behind the closing quote only a comment may stand"},
        {"A=${B}", "f:1: " + kExpanded},
        {"A=\"${B}\"", "f:1: " + kExpanded},
        {std::string("A=\0", 3), "f:1: this is no text in UTF-8"},
        {"A=1\nB=\xFF", "f:2: this is no text in UTF-8"},
    };
    for (const auto& row : cases) {
        const auto variables = parse_env_file(row.text, "f");
        ASSERT_FALSE(variables) << row.text;
        EXPECT_EQ(variables.error().message, row.message);
    }
}

TEST(EnvFile, TheProcessGoesBeforeTheFile) {
    const std::string path =
        testing::TempDir() + "posthaste_env_" + std::to_string(::getpid()) + ".env";
    std::ofstream(path) << "A=file\nB=file\nC=\n";
    const Environment process = [](const std::string& name) {
        return name == "A" ? std::optional<std::string>("process") : std::nullopt;
    };
    const auto both = with_env_file(process, path);
    std::filesystem::remove(path);
    ASSERT_TRUE(both) << both.error().message;
    EXPECT_EQ((*both)("A"), "process");
    EXPECT_EQ((*both)("B"), "file");
    EXPECT_EQ((*both)("C"), std::nullopt) << "empty is not set";
    EXPECT_EQ((*both)("D"), std::nullopt);

    const auto none = with_env_file(process, "");
    ASSERT_TRUE(none);
    EXPECT_EQ((*none)("A"), "process");
    const auto gone = with_env_file(process, path);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().message, path + ": cannot be read: No such file or directory");
    EXPECT_FALSE(with_env_file(process, testing::TempDir())) << "a folder";
}

}  // namespace
}  // namespace posthaste
