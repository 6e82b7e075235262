#include "server/commands/bench/lean_http.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace posthaste {
namespace {

constexpr std::size_t kHeadBytesMax = 64u << 10;
constexpr std::string_view kBodyFront = R"({"n":")";
constexpr std::string_view kBodyMiddle = R"(","event":"bench.tick","data":")";
constexpr std::string_view kBodyBack = R"("})";
static_assert(kBodyFront.size() == kEventNumberAt);

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool starts_with_name(std::string_view line, std::string_view lower_name) {
    if (line.size() <= lower_name.size() || line[lower_name.size()] != ':') return false;
    for (std::size_t i = 0; i < lower_name.size(); ++i)
        if (lower(line[i]) != lower_name[i]) return false;
    return true;
}

std::string_view value_after(std::string_view line, std::size_t name_size) {
    line.remove_prefix(name_size + 1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
    return line;
}

bool read_length(std::string_view digits, std::size_t& out) {
    if (digits.empty() || digits.size() > 12) return false;
    out = 0;
    for (const char c : digits) {
        if (!is_digit(c)) return false;
        out = out * 10 + static_cast<std::size_t>(c - '0');
    }
    return true;
}

// Only the few names that matter are compared, chosen by the first letter and the length of the name.
bool read_line(std::string_view line, LeanHead& head) {
    switch (lower(line.front())) {
        case 'c':
            if (starts_with_name(line, "content-length"))
                return read_length(value_after(line, 14), head.body_bytes);
            if (starts_with_name(line, "connection"))
                head.close = value_after(line, 10).starts_with('c');
            return true;
        case 't': return !starts_with_name(line, "transfer-encoding");
        case 'w':
            if (starts_with_name(line, "webhook-id")) head.webhook_id = value_after(line, 10);
            return true;
        default: return true;
    }
}

int read_status(std::string_view data) {
    if (!data.starts_with("HTTP/1.1 ") || data.size() < 12) return 0;
    if (data[9] == '0' || !is_digit(data[9]) || !is_digit(data[10]) || !is_digit(data[11]))
        return 0;
    return (data[9] - '0') * 100 + (data[10] - '0') * 10 + (data[11] - '0');
}

}  // namespace

LeanHead scan_head(std::string_view data) {
    LeanHead head;
    if (data.empty())
        return head;  // there may be no memory behind it, which memmem must not be given
    const void* end = ::memmem(data.data(), data.size(), "\r\n\r\n", 4);
    if (end == nullptr) {
        if (data.size() > kHeadBytesMax) head.outcome = LeanHead::Outcome::malformed;
        return head;
    }
    const std::size_t last = static_cast<std::size_t>(static_cast<const char*>(end) - data.data());
    head.head_bytes = last + 4;
    head.status = read_status(data);
    const std::string_view lines = data.substr(0, last + 2);
    std::size_t at = lines.find('\n') + 1;
    head.outcome = at >= 2 && lines[at - 2] == '\r' ? LeanHead::Outcome::complete
                                                    : LeanHead::Outcome::malformed;
    while (at < lines.size()) {
        const std::size_t newline = lines.find('\n', at);
        if (newline - at < 2 || lines[newline - 1] != '\r' ||
            !read_line(lines.substr(at, newline - at - 1), head)) {
            head.outcome = LeanHead::Outcome::malformed;
            break;
        }
        at = newline + 1;
    }
    return head;
}

std::string_view find_field(std::string_view head, std::string_view lower_name) {
    std::size_t at = head.find('\n') + 1;
    while (at != 0 && at < head.size()) {
        const std::size_t newline = std::min(head.find('\n', at), head.size());
        std::string_view line = head.substr(at, newline - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (starts_with_name(line, lower_name)) return value_after(line, lower_name.size());
        at = newline + 1;
    }
    return {};
}

std::string make_event_body(std::size_t bytes) {
    const std::size_t fixed =
        kBodyFront.size() + kEventNumberDigits + kBodyMiddle.size() + kBodyBack.size();
    std::string body(kBodyFront);
    body.append(kEventNumberDigits, '0');
    body.append(kBodyMiddle);
    body.append(bytes > fixed ? bytes - fixed : 0, 'x');
    body.append(kBodyBack);
    return body;
}

void write_event_number(char* at, std::uint64_t number) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    for (std::size_t i = kEventNumberDigits; i-- > 0; number >>= 4) at[i] = kDigits[number & 15];
}

std::optional<std::uint64_t> read_event_number(std::string_view body) {
    if (!body.starts_with(kBodyFront) || body.size() < kEventNumberAt + kEventNumberDigits)
        return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : body.substr(kEventNumberAt, kEventNumberDigits)) {
        std::uint64_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint64_t>(c - 'a' + 10);
        } else {
            return std::nullopt;
        }
        number = number << 4 | digit;
    }
    return number;
}

std::uint64_t hash_bytes(std::string_view bytes) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : bytes) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001B3ULL;
    }
    return hash;
}

}  // namespace posthaste
