#include "server/commands/bench/server_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "server/commands/file_descriptor.h"
#include "server/commands/tool_clock.h"

namespace posthaste {
namespace {

// Between fork and exec only async-signal-safe calls are allowed: other threads may have held any lock.
[[noreturn]] void become(const char* binary, char* const* argv, int log_fd, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    sigset_t none{};
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::dup2(log_fd, STDOUT_FILENO);
    ::dup2(log_fd, STDERR_FILENO);
    ::execv(binary, argv);
    ::_exit(127);
}

// /proc/self/exe would be the child's own link by the time of the exec, which is the same file; but a name in the
// arguments reads better in a process list.
std::string real_path(const std::string& binary) {
    std::string path(4096, '\0');
    const ssize_t size = ::readlink(binary.c_str(), path.data(), path.size());
    if (size <= 0) return binary;
    path.resize(static_cast<std::size_t>(size));
    return path.starts_with('/') ? path : binary;
}

double status_megabytes(const std::string& status, std::string_view key) {
    const std::size_t at = status.find(key);
    if (at == std::string::npos) return 0;
    return std::strtod(status.c_str() + at + key.size(), nullptr) / 1024.0;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Result<ServerProcess> ServerProcess::start(const std::string& binary,
                                           const std::vector<std::string>& arguments,
                                           const std::string& log_file) {
    std::vector<std::string> words{real_path(binary)};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const FileDescriptor log(
        ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!log.is_open())
        return fail(ErrorCode::io,
                    fmt::format("cannot write {}: {}", log_file, last_system_error()));
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return fail(ErrorCode::io, "cannot fork: " + last_system_error());
    if (pid == 0) become(argv.front(), argv.data(), log.get(), parent);
    return ServerProcess(pid);
}

ServerProcess::ServerProcess(ServerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)) {}

ServerProcess& ServerProcess::operator=(ServerProcess&& other) noexcept {
    if (this != &other) {
        kill_now();
        pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
}

ServerProcess::~ServerProcess() { kill_now(); }

bool ServerProcess::is_running() {
    if (pid_ < 0) return false;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
    pid_ = -1;
    return false;
}

void ServerProcess::kill_now() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
}

bool ServerProcess::stop(Duration patience) {
    if (pid_ < 0) return false;
    ::kill(pid_, SIGTERM);
    const std::int64_t deadline = monotonic_nanos() + patience.count() * 1000;
    while (monotonic_nanos() < deadline) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        pause_for(10ms);
    }
    kill_now();
    return false;
}

ProcessUsage ServerProcess::usage() const {
    ProcessUsage usage;
    const std::string stat = read_file(fmt::format("/proc/{}/stat", pid_));
    const std::size_t name_end = stat.rfind(')');
    if (name_end != std::string::npos) {
        // utime and stime are fields 14 and 15; the state after the name is field 3.
        std::istringstream fields(stat.substr(name_end + 2));
        std::string skipped;
        for (int i = 0; i < 11; ++i) fields >> skipped;
        std::int64_t user = 0;
        std::int64_t system = 0;
        fields >> user >> system;
        usage.cpu_micros = (user + system) * 1'000'000 / ::sysconf(_SC_CLK_TCK);
    }
    const std::string status = read_file(fmt::format("/proc/{}/status", pid_));
    usage.rss_mb = status_megabytes(status, "VmRSS:");
    usage.rss_peak_mb = status_megabytes(status, "VmHWM:");
    return usage;
}

}  // namespace posthaste
