#pragma once

// The hosts file (hosts(5)): names that are answered without DNS. Re-read when it changed, looked at once a second at most.
// "localhost" and names below it are loopback even when the file does not say so (RFC 6761 §6.3).

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/address_guard.h"

namespace posthaste {

using HostsTable = std::unordered_map<std::string, std::vector<IpAddress>>;

// Lines of "address name name… # remark"; lines that make no sense are skipped, as resolvers do. Names in lower case.
[[nodiscard]] HostsTable parse_hosts(std::string_view text);

class HostsFile {
public:
    explicit HostsFile(std::string path) : path_(std::move(path)) {}
    // Null when the file does not know the name. Valid until the next call.
    [[nodiscard]] const std::vector<IpAddress>* find(const std::string& host);

private:
    void refresh();

    const std::string path_;
    HostsTable table_;
    std::chrono::steady_clock::time_point looked_at_{};
    timespec modified_at_{};
    std::vector<IpAddress> loopback_;
};

}  // namespace posthaste
