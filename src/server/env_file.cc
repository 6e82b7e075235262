#include "server/env_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace posthaste {

namespace {

constexpr std::size_t kFileBytesMax = 1u << 20;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

void skip_blanks(std::string_view& text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
}

std::unexpected<Error> wrong(std::string reason) {
    return fail(ErrorCode::invalid, std::move(reason));
}

Result<std::string> take_name(std::string_view& line) {
    constexpr std::string_view kExport = "export";
    if (line.starts_with(kExport) && line.size() > kExport.size() &&
        is_blank(line[kExport.size()])) {
        line.remove_prefix(kExport.size());
        skip_blanks(line);
    }
    const auto is_letter = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
    };
    std::size_t end = 0;
    while (end < line.size() &&
           (is_letter(line[end]) || (end > 0 && line[end] >= '0' && line[end] <= '9')))
        ++end;
    if (end == 0 || end == line.size() || line[end] != '=')
        return wrong("a line is NAME=VALUE, a comment behind # or empty");
    std::string name(line.substr(0, end));
    line.remove_prefix(end + 1);
    return name;
}

Result<char> take_escaped(std::string_view& rest) {
    constexpr std::string_view kLetters = "\\\"$nrt";
    constexpr std::string_view kMeanings = "\\\"$\n\r\t";
    const std::size_t at = rest.empty() ? std::string_view::npos : kLetters.find(rest.front());
    if (at == std::string_view::npos)
        return wrong("between double quotes a backslash stands before one of \\ \" $ n r t");
    rest.remove_prefix(1);
    return kMeanings[at];
}

// Between quotes, of which the first one is taken; the other one is `quote`, too.
Result<std::string> take_quoted(std::string_view& rest, char quote) {
    std::string value;
    while (!rest.empty() && rest.front() != quote) {
        char c = rest.front();
        if (quote == '"' && rest.starts_with("${"))
            return wrong("variables are not expanded; put ${ between single quotes");
        rest.remove_prefix(1);
        if (quote == '"' && c == '\\') {
            ASSIGN_OR_RETURN(c, take_escaped(rest));
        }
        value += c;
    }
    if (rest.empty()) return wrong(fmt::format("the closing {} is missing", quote));
    rest.remove_prefix(1);
    return value;
}

// Up to a comment, which begins with # behind a blank.
Result<std::string> take_plain(std::string_view rest) {
    std::size_t end = 0;
    while (end < rest.size() && !(rest[end] == '#' && end > 0 && is_blank(rest[end - 1]))) ++end;
    const std::string_view value = trim_blanks(rest.substr(0, end));
    if (value.find("${") != std::string_view::npos)
        return wrong("variables are not expanded; put ${ between single quotes");
    return std::string(value);
}

Result<std::string> take_value(std::string_view rest) {
    std::string_view value = rest;
    skip_blanks(value);
    if (value.empty() || (value.front() != '"' && value.front() != '\'')) return take_plain(rest);
    const char quote = value.front();
    value.remove_prefix(1);
    ASSIGN_OR_RETURN(std::string text, take_quoted(value, quote));
    skip_blanks(value);
    if (!value.empty() && value.front() != '#')
        return wrong("behind the closing quote only a comment may stand");
    return text;
}

// Adds what the line sets, if it sets anything.
Result<void> read_line(std::string_view line, Variables& variables) {
    if (line.find('\0') != std::string_view::npos || !is_valid_utf8(line))
        return wrong("this is no text in UTF-8");
    skip_blanks(line);
    if (line.empty() || line.front() == '#') return {};
    ASSIGN_OR_RETURN(std::string name, take_name(line));
    Result<std::string> value = take_value(line);
    if (!value) return wrong(name + ": " + value.error().message);
    if (!variables.emplace(name, *std::move(value)).second)
        return wrong(name + " is set twice in this file");
    return {};
}

Result<std::string> read_whole(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(kFileBytesMax + 1, '\0');
    if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.eof() && file.fail())
        return wrong(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kFileBytesMax)
        return wrong(fmt::format("{}: is larger than {} bytes", path, kFileBytesMax));
    return text;
}

}  // namespace

Result<Variables> parse_env_file(std::string_view text, const std::string& file) {
    Variables variables;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (Result<void> read = read_line(line, variables); !read)
            return wrong(fmt::format("{}:{}: {}", file, number, read.error().message));
    }
    return variables;
}

Result<Environment> with_env_file(Environment environment, const std::string& path) {
    if (path.empty()) return environment;
    ASSIGN_OR_RETURN(const std::string text, read_whole(path));
    ASSIGN_OR_RETURN(Variables variables, parse_env_file(text, path));
    const auto shared = std::make_shared<const Variables>(std::move(variables));
    return [environment = std::move(environment),
            shared](const std::string& name) -> std::optional<std::string> {
        if (std::optional<std::string> value = environment(name)) return value;
        const auto found = shared->find(name);
        if (found == shared->end() || found->second.empty()) return std::nullopt;
        return found->second;
    };
}

}  // namespace posthaste
