#include "server/commands/password_prompt.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "server/commands/file_descriptor.h"

namespace posthaste {
namespace {

// What is read of a pipe that holds the text, and what is left in it.
std::pair<Result<WipedText>, std::string> read_from(const std::string& text) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    const FileDescriptor reader(ends[0]);
    {
        const FileDescriptor writer(ends[1]);
        if (::write(writer.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
            throw std::runtime_error("the pipe is full");
    }
    auto password = read_password_line(reader.get());
    std::string rest(4096, '\0');
    const ssize_t left = ::read(reader.get(), rest.data(), rest.size());
    rest.resize(static_cast<std::size_t>(left));
    return {std::move(password), rest};
}

TEST(PasswordPrompt, reads_one_line_and_nothing_behind_it) {
    for (const auto& [text, password, rest] :
         {std::tuple{"secret\n", "secret", ""}, std::tuple{"secret", "secret", ""},
          std::tuple{"secret\r\nmore\n", "secret", "more\n"},
          std::tuple{" with blanks \n\n", " with blanks ", "\n"}}) {
        const auto [read, left] = read_from(text);
        ASSERT_TRUE(read) << text;
        EXPECT_EQ(read->view(), password);
        EXPECT_EQ(left, rest);
    }
}

TEST(PasswordPrompt, what_is_none) {
    for (const std::string& text : {std::string(), std::string("\n"), std::string("\r\n")})
        EXPECT_FALSE(read_from(text).first) << text;
    EXPECT_TRUE(read_from(std::string(1000, 'x') + "\n").first);
    const auto too_long = read_from(std::string(2000, 'x') + "\n").first;
    ASSERT_FALSE(too_long);
    EXPECT_EQ(too_long.error().message, "that password is too long");
    const auto closed = read_password_line(-1);
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error().message, "cannot read the password");
}

}  // namespace
}  // namespace posthaste
