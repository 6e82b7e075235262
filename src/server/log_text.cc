#include "server/log_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace posthaste {

namespace {

namespace json = boost::json;

std::string_view word(Severity severity) {
    switch (severity) {
        case Severity::debug: return "debug";
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "info";
}

// Shows as it is: no space to end it too early, nothing a terminal would act on.
bool is_plain(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c != '"' && c != '=' && c != 0x7F;
    });
}

std::string value_text(const json::value& value) {
    if (!value.is_string()) return json::serialize(value);
    const std::string_view text(value.get_string().data(), value.get_string().size());
    return is_plain(text) ? std::string(text) : json::serialize(value);
}

// A message's control characters would end the line, or worse.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
    return text;
}

}  // namespace

std::string json_line(Timestamp now, Severity severity, std::string_view fields) {
    return fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",{}}}\n", format_rfc3339(now),
                       word(severity), fields);
}

std::string text_line(Timestamp now, Severity severity, std::string_view fields) {
    constexpr std::size_t kSeconds = 19;  // "2026-01-02T03:04:05"
    std::string time = format_naive(now).substr(0, kSeconds);
    time[10] = ' ';
    boost::system::error_code error;
    const json::value parsed = json::parse("{" + std::string(fields) + "}", error);
    if (error)
        return fmt::format("{} [{:<9}] {}\n", time, word(severity), one_line(std::string(fields)));
    std::string message;
    std::string rest;
    for (const auto& [name, value] : parsed.get_object()) {
        if (name == "message" && value.is_string())
            message = one_line(std::string(value.get_string()));
        else
            rest += " " + std::string(name) + "=" + value_text(value);
    }
    return fmt::format("{} [{:<9}] {:<30}{}\n", time, word(severity), message, rest);
}

}  // namespace posthaste
