#include "server/commands/bench/probe.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/commands/bench/percentiles.h"
#include "server/commands/file_descriptor.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

constexpr int kDiskRounds = 200;
constexpr int kEchoRounds = 2000;

void echo_until_closed(const FileDescriptor& socket) {
    std::array<char, 64> buffer;
    for (;;) {
        const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        if (::send(socket.get(), buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) <= 0)
            return;
    }
}

Result<void> probe_echo(ProbeResult& result) {
    ASSIGN_OR_RETURN(auto listener, open_listener("127.0.0.1", 0));
    ASSIGN_OR_RETURN(auto client, open_connection("127.0.0.1", bound_port(listener), 2000));
    const FileDescriptor server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!server.is_open()) return fail(ErrorCode::io, "cannot accept: " + last_system_error());
    std::thread echo([&server] { echo_until_closed(server); });
    LatencySamples samples;
    std::array<char, 64> buffer{};
    for (int i = 0; i < kEchoRounds; ++i) {
        const std::int64_t start = monotonic_nanos();
        if (::send(client.get(), buffer.data(), buffer.size(), MSG_NOSIGNAL) <= 0) break;
        if (::recv(client.get(), buffer.data(), buffer.size(), MSG_WAITALL) <= 0) break;
        samples.add_nanos(monotonic_nanos() - start);
    }
    client.reset();
    echo.join();
    result.echo_p50_us = samples.percentile_ms(0.50) * 1000;
    result.echo_p99_us = samples.percentile_ms(0.99) * 1000;
    return {};
}

std::string value_of(const char* path, std::string_view key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(key)) continue;
        const std::size_t at = line.find_first_not_of(" \t:", key.size());
        return at == std::string::npos ? std::string() : line.substr(at);
    }
    return {};
}

}  // namespace

Result<ProbeResult> probe_disk(const std::string& directory, int rounds) {
    std::string path = directory + "/probe-XXXXXX";
    const FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file.is_open()) {
        return fail(ErrorCode::io,
                    fmt::format("cannot create a file in {}: {}", directory, last_system_error()));
    }
    ::unlink(path.c_str());
    LatencySamples samples;
    const std::string block(4096, 'x');
    for (int i = 0; i < rounds; ++i) {
        const std::int64_t start = monotonic_nanos();
        if (::write(file.get(), block.data(), block.size()) != static_cast<ssize_t>(block.size()) ||
            ::fdatasync(file.get()) != 0) {
            return fail(ErrorCode::io,
                        fmt::format("cannot write to {}: {}", directory, last_system_error()));
        }
        samples.add_nanos(monotonic_nanos() - start);
    }
    ProbeResult result;
    result.fdatasync_p50_us = samples.percentile_ms(0.50) * 1000;
    result.fdatasync_p99_us = samples.percentile_ms(0.99) * 1000;
    return result;
}

Result<ProbeResult> probe_machine(const std::string& directory) {
    ASSIGN_OR_RETURN(ProbeResult result, probe_disk(directory, kDiskRounds));
    if (auto echoed = probe_echo(result); !echoed) return std::unexpected(echoed.error());
    return result;
}

boost::json::object describe_machine() {
    utsname names{};
    ::uname(&names);
    boost::json::object machine;
    machine["cores"] = std::thread::hardware_concurrency();
    machine["cpu"] = value_of("/proc/cpuinfo", "model name");
    const std::string memory = value_of("/proc/meminfo", "MemTotal");
    machine["memory_mb"] = std::strtoll(memory.c_str(), nullptr, 10) / 1024;
    machine["kernel"] = names.release;
    return machine;
}

}  // namespace posthaste
