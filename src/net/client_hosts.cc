#include "net/client_hosts.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view next_word(std::string_view& line) {
    const std::size_t start = line.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return line = {};
    line.remove_prefix(start);
    const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

HostsTable parse_hosts(std::string_view text) {
    HostsTable table;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        line = line.substr(0, line.find('#'));
        const auto address = parse_ip(next_word(line));
        if (!address) continue;
        for (std::string_view name = next_word(line); !name.empty(); name = next_word(line)) {
            auto& addresses = table[to_lower(name)];
            if (std::find(addresses.begin(), addresses.end(), *address) == addresses.end())
                addresses.push_back(*address);
        }
    }
    return table;
}

const std::vector<IpAddress>* HostsFile::find(const std::string& host) {
    refresh();
    const auto found = table_.find(host);
    if (found != table_.end()) return &found->second;
    if (host != "localhost" && !host.ends_with(".localhost")) return nullptr;
    if (loopback_.empty()) loopback_ = {*parse_ip("127.0.0.1"), *parse_ip("::1")};
    return &loopback_;
}

void HostsFile::refresh() {
    const auto now = std::chrono::steady_clock::now();
    if (looked_at_ != std::chrono::steady_clock::time_point{} &&
        now - looked_at_ < std::chrono::seconds(1))
        return;
    looked_at_ = now;
    struct stat status{};
    if (stat(path_.c_str(), &status) != 0) {
        table_.clear();
        modified_at_ = {};
        return;
    }
    if (status.st_mtim.tv_sec == modified_at_.tv_sec &&
        status.st_mtim.tv_nsec == modified_at_.tv_nsec)
        return;
    modified_at_ = status.st_mtim;
    std::ifstream file(path_, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    table_ = parse_hosts(text);
}

}  // namespace posthaste
