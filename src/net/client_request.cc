#include "net/client_request.h"

#include <array>
#include <charconv>

namespace posthaste {

namespace {

// `lower` is in lower case and ends in the colon.
bool starts_with_name(std::string_view line, std::string_view lower) {
    if (line.size() < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i) {
        const char c = line[i];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i])
            return false;
    }
    return true;
}

struct Given {
    bool content_type = false;
    bool user_agent = false;
    bool authorization = false;
};

Given look_for(std::string_view headers) {
    Given given;
    while (!headers.empty()) {
        switch (headers.front()) {
            case 'c':
            case 'C': given.content_type |= starts_with_name(headers, "content-type:"); break;
            case 'u':
            case 'U': given.user_agent |= starts_with_name(headers, "user-agent:"); break;
            case 'a':
            case 'A': given.authorization |= starts_with_name(headers, "authorization:"); break;
            default: break;
        }
        const std::size_t end = headers.find('\n');
        headers = end == std::string_view::npos ? std::string_view{} : headers.substr(end + 1);
    }
    return given;
}

}  // namespace

void write_request_head(std::string& out, const Target& target, std::string_view user_agent,
                        std::string_view headers, std::size_t body_bytes) {
    const Given given = look_for(headers);
    std::array<char, 20> digits{};
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), body_bytes);
    out.clear();
    out.reserve(target.path.size() + target.authority.size() + target.authorization.size() +
                user_agent.size() + headers.size() + 160);
    out.append("POST ").append(target.path).append(" HTTP/1.1\r\nHost: ").append(target.authority);
    if (!given.user_agent) out.append("\r\nUser-Agent: ").append(user_agent);
    out.append("\r\nAccept: */*\r\n");
    if (!given.authorization && !target.authorization.empty())
        out.append("Authorization: ").append(target.authorization).append("\r\n");
    if (!given.content_type) out.append("Content-Type: application/json\r\n");
    out.append("Content-Length: ")
        .append(digits.data(), end)
        .append("\r\n")
        .append(headers)
        .append("\r\n");
}

}  // namespace posthaste
