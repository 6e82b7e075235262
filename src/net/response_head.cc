#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace posthaste {

namespace {

void append_number(std::string& out, std::size_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace

void append_response_head(std::string& out, const HttpResponse& response,
                          const ResponseForm& form) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += ' ';
    out += reason_phrase(response.status);
    out += "\r\nDate: ";
    out += form.date;
    if (has_body(response.status)) {
        if (!response.content_type.empty()) {
            out += "\r\nContent-Type: ";
            out += response.content_type;
        }
        if (!response.stream) {
            out += "\r\nContent-Length: ";
            append_number(out, response.body.size());
        } else if (form.version == HttpVersion::http_1_1) {
            out += "\r\nTransfer-Encoding: chunked";
        }
    }
    // 1.1 keeps the connection by default, 1.0 closes it.
    if (form.after == AfterResponse::close)
        out += "\r\nConnection: close";
    else if (form.version == HttpVersion::http_1_0)
        out += "\r\nConnection: keep-alive";
    out += "\r\n";
    out += response.headers;
    out += "\r\n";
}

std::string format_http_date(std::chrono::sys_seconds at) {
    static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss time{at - day};
    std::array<char, 64> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
        kDays[std::chrono::weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
        kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
        static_cast<int>(time.seconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace posthaste
