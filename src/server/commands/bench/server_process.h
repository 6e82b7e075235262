#pragma once

// The server under test, as a child process, and what the kernel says about it. It is killed when this process ends,
// however it ends.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace posthaste {

struct ProcessUsage {
    std::int64_t cpu_micros = 0;  // user + system, all threads, in the kernel's 10 ms ticks
    double rss_mb = 0;
    double rss_peak_mb = 0;
};

class ServerProcess {
public:
    // `arguments` without the program's name. Standard output and error go to `log_file`, appended.
    static Result<ServerProcess> start(const std::string& binary,
                                       const std::vector<std::string>& arguments,
                                       const std::string& log_file);
    ServerProcess(ServerProcess&& other) noexcept;
    ServerProcess& operator=(ServerProcess&& other) noexcept;
    ~ServerProcess();  // kills

    [[nodiscard]] pid_t pid() const { return pid_; }
    // False once it has ended by itself.
    [[nodiscard]] bool is_running();
    [[nodiscard]] ProcessUsage usage() const;
    void kill_now();
    // SIGTERM, then SIGKILL after `patience`; whether it ended in time with status 0.
    bool stop(Duration patience);

private:
    explicit ServerProcess(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
};

}  // namespace posthaste
