#include "server/rekey.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "net/system_clock.h"
#include "net/system_entropy.h"
#include "server/commands/tool_clock.h"
#include "server/data_lock.h"
#include "server/encryption_keys.h"
#include "server/key_file.h"
#include "server/open_store.h"

namespace posthaste {

namespace {

constexpr Duration kLookEvery = 200ms;

std::string plural(std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

bool is_needed(const SealingStatus& status, SealingKeyId key) {
    return status.find(key) != nullptr;
}

// A key that is only noted seals nothing, but a server may be about to let it.
std::string holdings(const SealingStatus& status, SealingKeyId key) {
    const KeyNeed need = status.need_of(key);
    std::string text;
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count != 0) text += (text.empty() ? "" : ", ") + plural(count, what);
    };
    add(need.endpoints, "endpoint");
    add(need.records, "record");
    add(need.log_files, "log file");
    return text.empty() ? "nothing" : text;
}

Result<KeyFile> open_key_file(const ServerConfig& config) {
    const std::string path = key_file_path(config);
    if (path.empty())
        return fail(ErrorCode::invalid,
                    "the keys come with the setting encryption_key: put a new key in front of the "
                    "others there, restart the server, and take the old one away when `posthaste "
                    "rekey --status` shows nothing under it");
    auto file = KeyFile::read(path);
    if (!file && file.error().code == ErrorCode::not_found)
        return fail(ErrorCode::not_found,
                    fmt::format("there is no file of keys at {}; a server makes one at its first "
                                "start, when no setting names another",
                                path));
    return file;
}

// Nobody serves: the store is opened for this alone.
Result<ResealReport> reseal_here(const ServerConfig& config, const KeyFile& file) {
    asio::io_context loop(1);
    SystemClock clock;
    SystemEntropy entropy;
    std::vector<ReactorPost> posts;
    posts.emplace_back([&loop](std::move_only_function<void()> function) {
        asio::post(loop, std::move(function));
    });
    auto keys = std::make_shared<const KeyRing>(file.keys());
    ASSIGN_OR_RETURN(const auto store,
                     open_store(config, std::move(keys), clock, entropy, std::move(posts)));
    Result<ResealReport> outcome = fail(ErrorCode::stopping, "did not finish");
    auto keep = [&outcome](std::exception_ptr, Result<ResealReport> result) {
        outcome = std::move(result);
    };
    asio::co_spawn(loop, store->reseal(), std::move(keep));
    loop.run();
    store->close();
    return outcome;
}

Result<void> wait_for_server(const ServerConfig& config, SealingKeyId key, Duration wait_max) {
    const std::int64_t end = monotonic_nanos() + wait_max.count() * 1000;
    for (;;) {
        ASSIGN_OR_RETURN(const SealingStatus status, read_sealing_status(config));
        const bool is_alone = std::all_of(status.keys.begin(), status.keys.end(),
                                          [key](const KeyNeed& need) { return need.key == key; });
        if (is_alone && is_needed(status, key)) return {};
        if (monotonic_nanos() > end)
            return fail(ErrorCode::unavailable,
                        "the running server has not sealed everything with it yet; its log says "
                        "what keeps it, and `posthaste rekey --status` how far it is. Nothing is "
                        "lost: all keys are in the file");
        pause_for(kLookEvery);
    }
}

}  // namespace

Result<std::string> describe_keys(const ServerConfig& config) {
    std::vector<SealingKey> keys = config.encryption_keys;
    if (keys.empty()) {
        ASSIGN_OR_RETURN(const KeyFile file, open_key_file(config));
        keys = file.keys();
    }
    ASSIGN_OR_RETURN(const SealingStatus status, read_sealing_status(config));
    std::string text = fmt::format("{:<16}  {:<40}  {}\n", "key", "has sealed", "");
    const KeyRing ring(keys);
    for (const SealingKey& key : ring.keys()) {
        const bool is_first = key.id() == ring.primary();
        const std::string_view note = is_first                      ? "seals what is new"
                                      : is_needed(status, key.id()) ? "needed"
                                                                    : "not needed";
        text +=
            fmt::format("{:<16}  {:<40}  {}\n", to_hex(key.id()), holdings(status, key.id()), note);
    }
    for (const KeyNeed& need : status.keys) {
        const bool is_missing = !ring.has(need.key);
        if (is_missing && need.endpoints + need.records + need.log_files != 0)
            text += fmt::format("{:<16}  {:<40}  {}\n", to_hex(need.key),
                                holdings(status, need.key), "MISSING");
    }
    if (status.holds_readable)
        text +=
            "Secrets of an older version may still be readable; the server overwrites them "
            "after its next start.\n";
    return text;
}

Result<std::string> rekey(const ServerConfig& config, Duration wait_max) {
    ASSIGN_OR_RETURN(KeyFile file, open_key_file(config));
    const SealingKey key = make_sealing_key();
    if (auto done = file.put_first(key); !done) return std::unexpected(std::move(done).error());
    const std::string made =
        fmt::format("new key {}, the first in {}\n", to_hex(key.id()), file.path());
    ASSIGN_OR_RETURN(const auto lock, DataLock::try_acquire(config.database_dir));
    if (!lock) {
        if (auto done = wait_for_server(config, key.id(), wait_max); !done)
            return fail(done.error().code, made + done.error().message);
        return made + "the running server has sealed everything with it\n";
    }
    auto report = reseal_here(config, file);
    if (!report)
        return fail(report.error().code,
                    made +
                        "not everything is sealed with it yet; the server goes on at its next "
                        "start: " +
                        report.error().message);
    return made + fmt::format("sealed anew: {}, {}, {}\n", plural(report->endpoints, "endpoint"),
                              plural(report->records, "record"),
                              plural(report->log_files, "log file"));
}

Result<std::string> prune_keys(const ServerConfig& config) {
    ASSIGN_OR_RETURN(KeyFile file, open_key_file(config));
    ASSIGN_OR_RETURN(const SealingStatus status, read_sealing_status(config));
    ASSIGN_OR_RETURN(const auto removed,
                     file.remove_if([&](SealingKeyId id) { return !is_needed(status, id); }));
    if (removed.empty()) return "every key in " + file.path() + " is needed\n";
    std::string text = "removed from " + file.path() + ":";
    for (const SealingKeyId id : removed) text += " " + to_hex(id);
    return text + "\nbackups made while they sealed cannot be read without them\n";
}

}  // namespace posthaste
