#include "server/key_rotation.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/key_file.h"

namespace posthaste {

namespace {

constexpr Duration kLookEvery = 1s;
constexpr int kLooksUntilRetry = 60;

}  // namespace

KeyRotation::KeyRotation(EncryptionKeys keys, SealedStore& store, Log& log, asio::io_context& loop)
    : keys_(std::move(keys)), store_(store), log_(log), timer_(loop), seen_(stamp()) {}

KeyRotation::Stamp KeyRotation::stamp() const {
    struct stat info{};
    if (::stat(keys_.file.c_str(), &info) != 0) return {};
    constexpr std::int64_t kNanos = 1'000'000'000;
    return {info.st_dev, info.st_ino, info.st_mtim.tv_sec * kNanos + info.st_mtim.tv_nsec};
}

Task<void> KeyRotation::run() {
    bool is_sealed = co_await reseal();
    for (int looks = 1;; ++looks) {
        timer_.expires_after(kLookEvery);
        boost::system::error_code ignored;
        co_await timer_.async_wait(
            asio::redirect_error(asio::use_awaitable_t<Executor>(), ignored));
        const Stamp now = stamp();
        bool has_changed = false;
        if (now != seen_) {
            seen_ = now;
            has_changed = co_await take_file();
        }
        const bool is_retry = !is_sealed && looks % kLooksUntilRetry == 0;
        if (has_changed || is_retry) is_sealed = co_await reseal();
    }
}

// A file that cannot be used changes nothing: the keys in memory open everything there is.
Task<bool> KeyRotation::take_file() {
    Result<KeyFile> file = KeyFile::read(keys_.file);
    Result<void> taken;
    std::shared_ptr<const KeyRing> ring;
    if (file) {
        ring = std::make_shared<const KeyRing>(file->keys());
        taken = co_await store_.replace_keys(ring);
    } else {
        taken = std::unexpected(std::move(file).error());
    }
    if (!taken) {
        log_.notice(Severity::error, "keys",
                    fmt::format("the changed {} is not used, the keys before it are: {}",
                                keys_.file, taken.error().message));
        co_return false;
    }
    keys_.ring = std::move(ring);
    log_.notice(Severity::info, "keys",
                fmt::format("{} has changed: secrets are sealed with the key {} now", keys_.file,
                            to_hex(keys_.ring->primary())));
    co_return true;
}

Task<bool> KeyRotation::reseal() {
    Result<ResealReport> report = co_await store_.reseal();
    if (!report) {
        log_.notice(Severity::error, "keys",
                    fmt::format("not everything is sealed with the key {} yet; it is tried again "
                                "in a minute: {}",
                                to_hex(keys_.ring->primary()), report.error().message));
        co_return false;
    }
    if (!report->has_rewritten && report->log_files == 0) co_return true;
    log_.notice(
        Severity::info, "keys",
        fmt::format("everything is sealed with the key {}; sealed anew: {} endpoints, {} "
                    "records, the keys of {} log files; what lay there before is overwritten",
                    to_hex(keys_.ring->primary()), report->endpoints, report->records,
                    report->log_files));
    co_return true;
}

}  // namespace posthaste
