#include "server/commands/doctor_checks.h"

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "server/commands/api_client.h"
#include "server/commands/bench/probe.h"
#include "server/commands/file_descriptor.h"
#include "server/commands/name_lookup.h"
#include "server/commands/quantity.h"
#include "server/commands/tool_clock.h"
#include "store/postgres/postgres_tools.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;
constexpr double kFreeMegabytesMin = 100;
constexpr double kFreeMegabytesGood = 2048;
constexpr std::uint64_t kOpenFilesMin = 1024;
constexpr std::uint64_t kOpenFilesGood = 16384;
// Builds before this moment do not exist, so a clock behind it is wrong.
constexpr std::time_t kEarliestPlausible = 1'767'225'600;  // 2026-01-01

CheckResult make(std::string area, Finding finding, std::string text, std::string advice = {}) {
    if (finding == Finding::ok) advice.clear();
    return {std::move(area), finding, std::move(text), std::move(advice)};
}

// The directory itself, or the nearest one above it that exists.
std::string existing_part(const std::string& directory) {
    std::error_code error;
    fs::path path = fs::absolute(directory, error);
    while (!path.empty() && !fs::exists(path, error) && path != path.root_path())
        path = path.parent_path();
    return path.string();
}

}  // namespace

std::string_view to_string(Finding finding) {
    switch (finding) {
        case Finding::ok: return "ok";
        case Finding::warn: return "warn";
        case Finding::fail: return "FAIL";
    }
    return "unknown";
}

Result<std::string> data_directory_of(const DoctorOptions& options) {
    std::string_view database = options.database;
    if (is_postgres(database)) return options.data_dir;
    if (database.starts_with("sqlite:")) {
        database.remove_prefix(7);
        if (database.starts_with("//")) database.remove_prefix(2);
        if (!database.empty()) return std::string(database);
    }
    return fail(ErrorCode::invalid, "--database is sqlite:PATH or postgres://USER@HOST/NAME");
}

bool is_postgres(std::string_view database) {
    return database.starts_with("postgres://") || database.starts_with("postgresql://");
}

CheckResult check_postgres(const std::string& url) {
    const auto state = read_postgres_state(url);
    if (!state)
        return make("PostgreSQL", Finding::fail, state.error().message,
                    "start it, or correct --database");
    const std::string what = fmt::format("PostgreSQL {}, schema version {}", state->server_version,
                                         state->schema_version);
    if (!state->is_durable)
        return make("PostgreSQL", Finding::fail, what + ", fsync is off",
                    "set fsync = on: a loss of power would lose what was accepted");
    return make("PostgreSQL", Finding::ok, what);
}

Finding judge_free_space(double free_mb) {
    if (free_mb < kFreeMegabytesMin) return Finding::fail;
    return free_mb < kFreeMegabytesGood ? Finding::warn : Finding::ok;
}

Finding judge_fdatasync(double p50_us) {
    // Below 20 µs nothing was written to anything; above 20 ms each lone event waits for that long.
    if (p50_us < 20 || p50_us > 20'000) return Finding::warn;
    return Finding::ok;
}

Finding judge_open_files(std::uint64_t limit) {
    if (limit < kOpenFilesMin) return Finding::fail;
    return limit < kOpenFilesGood ? Finding::warn : Finding::ok;
}

CheckResult check_data_directory(const std::string& directory) {
    const std::string existing = existing_part(directory);
    const bool there = fs::exists(directory);
    if (there && !fs::is_directory(directory)) {
        return make("data directory", Finding::fail,
                    fmt::format("{} is not a directory", directory),
                    "name a directory in --database");
    }
    if (::access(existing.c_str(), R_OK | W_OK | X_OK) != 0) {
        return make("data directory", Finding::fail,
                    fmt::format("{} is not writable by this user", existing),
                    fmt::format("chown or chmod {}, or name another path in --database", existing));
    }
    return make("data directory", Finding::ok,
                there ? fmt::format("{} is writable", directory)
                      : fmt::format("{} can be created", directory));
}

CheckResult check_key_files(const std::string& directory) {
    std::string found;
    std::string open;
    for (const char* name : {"encryption_key", "token_secret", "session_secret"}) {
        const std::string path = directory + "/" + name;
        std::error_code error;
        const fs::file_status status = fs::status(path, error);
        if (!fs::exists(status)) continue;
        constexpr auto kOthers = fs::perms::group_all | fs::perms::others_all;
        const bool is_open = (status.permissions() & kOthers) != fs::perms::none;
        (is_open ? open : found) += " " + path;
    }
    if (!open.empty())
        return make(
            "key files", Finding::fail, fmt::format("others than their owner may use{}", open),
            fmt::format("chmod 600{}; if others could have read them, change the keys", open));
    return make("key files", Finding::ok,
                found.empty() ? "none yet" : "only their owner may use" + found);
}

CheckResult check_free_space(const std::string& directory) {
    struct statvfs info{};
    const std::string existing = existing_part(directory);
    if (::statvfs(existing.c_str(), &info) != 0) {
        return make("free space", Finding::warn,
                    fmt::format("cannot tell for {}: {}", existing, last_system_error()),
                    "check with df");
    }
    const double free_mb =
        static_cast<double>(info.f_bavail) * static_cast<double>(info.f_frsize) / (1024.0 * 1024);
    return make("free space", judge_free_space(free_mb), fmt::format("{:.0f} MB", free_mb),
                "free some, or move the data: a full disk makes the server refuse events");
}

CheckResult check_fdatasync(const std::string& directory) {
    const auto probe = probe_disk(existing_part(directory), 50);
    if (!probe) {
        return make("fdatasync", Finding::fail, probe.error().message,
                    "the data directory must be on a disk that can be written");
    }
    const double p50 = probe->fdatasync_p50_us;
    return make("fdatasync", judge_fdatasync(p50),
                fmt::format("p50 {:.0f} us, p99 {:.0f} us for 4 KiB", p50, probe->fdatasync_p99_us),
                p50 < 20 ? "the disk acknowledges without writing (a RAM disk?): events would not "
                           "survive a power failure"
                         : "every lone event waits this long; use a faster disk for the data");
}

CheckResult check_open_files() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    // The server raises the first to the second (server/open_files.h).
    return make("open files", judge_open_files(limit.rlim_max),
                fmt::format("limit {} (hard {})", limit.rlim_cur, limit.rlim_max),
                "raise the hard one: ulimit -Hn 65536, or LimitNOFILE=65536 in the systemd unit");
}

CheckResult check_clock() {
    const std::time_t now = static_cast<std::time_t>(to_seconds(wall_clock()));
    if (now < kEarliestPlausible) {
        return make("clock", Finding::fail,
                    fmt::format("it is {} here", format_rfc3339(wall_clock())),
                    "set the clock: signatures carry the time and receivers refuse old ones");
    }
    timex state{};
    const int rc = ::adjtimex(&state);
    const bool synchronised = rc >= 0 && rc != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
    return make("clock", synchronised ? Finding::ok : Finding::warn,
                fmt::format("{}{}", format_rfc3339(wall_clock()),
                            synchronised ? ", synchronised" : ", not synchronised by NTP"),
                "run chrony or systemd-timesyncd; receivers accept signatures within 5 minutes");
}

CheckResult check_port(const std::string& listen) {
    const auto address = parse_host_port(listen);
    if (!address) return make("port", Finding::fail, address.error().message, "correct --listen");
    if (const auto listener = open_listener(address->host, address->port))
        return make("port", Finding::ok, fmt::format("{} is free", listen));
    else if (check_server("http://" + listen).finding == Finding::ok)
        return make("port", Finding::ok, fmt::format("a server answers on {}", listen));
    else
        return make("port", Finding::fail, listener.error().message,
                    "stop what holds the port, or serve on another one with --listen");
}

CheckResult check_server(const std::string& url) {
    const auto caller = HttpCaller::create({.url = url, .token = {}}, 3000);
    if (!caller) return make("server", Finding::fail, caller.error().message, "correct --server");
    const auto answer = caller->call("GET", "/health");
    if (!answer)
        return make("server", Finding::fail, answer.error().message, "start it: posthaste serve");
    if (answer->status != 200) {
        return make("server", Finding::fail, fmt::format("/health answers {}", answer->status),
                    "see the server's log; 503 means that it cannot commit to its store");
    }
    return make("server", Finding::ok, fmt::format("{} is healthy", url));
}

CheckResult check_resolver(const std::string& name) {
    const auto address = look_up_name(name, 5s);
    if (address)
        return make("name resolution", Finding::ok, fmt::format("{} is {}", name, *address));
    return make("name resolution", Finding::warn,
                fmt::format("{} does not resolve: {}", name, address.error().message),
                "check /etc/resolv.conf; endpoints given by name cannot be reached");
}

std::vector<CheckResult> check_libraries() {
    const std::string openssl = ::OpenSSL_version(OPENSSL_VERSION_STRING);
    const std::string sqlite = ::sqlite3_libversion();
    const bool good_openssl = std::atoi(openssl.c_str()) >= 3;
    const bool good_sqlite = ::sqlite3_libversion_number() >= 3'040'000;
    return {make("openssl", good_openssl ? Finding::ok : Finding::fail, openssl,
                 "version 3 or newer is needed"),
            make("sqlite", good_sqlite ? Finding::ok : Finding::fail, sqlite,
                 "version 3.40 or newer is needed")};
}

}  // namespace posthaste
