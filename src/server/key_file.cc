#include "server/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "domain/wipe.h"
#include "server/commands/file_descriptor.h"
#include "server/durable_file.h"

namespace posthaste {

namespace {

constexpr std::size_t kFileBytesMax = 64u << 10;
constexpr std::string_view kHead =
    "# Encryption keys of posthaste, one a line; the first one seals. Without them the secrets in "
    "the data\n# folder cannot be read: keep a copy, and not beside the backups of the data.\n";

std::unexpected<Error> failed(const std::string& path, const char* doing) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable;
    return fail(code, fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)));
}

bool holds_key(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    return first != std::string_view::npos && line[first] != '#';
}

Result<void> check_mode(int descriptor, const std::string& path) {
    struct stat info{};
    if (::fstat(descriptor, &info) != 0) return failed(path, "look at");
    const unsigned mode = info.st_mode & 0777U;
    if ((mode & 0027U) == 0) return {};
    return fail(ErrorCode::invalid,
                fmt::format("others than its owner may read or write {} (mode {:04o}), which holds "
                            "the encryption keys: chmod 600 {}",
                            path, mode, path));
}

}  // namespace

KeyFile::~KeyFile() { clear(); }

void KeyFile::clear() {
    for (std::string& line : lines_) wipe(line);
    lines_.clear();
    keys_.clear();
}

Result<KeyFile> KeyFile::read(const std::string& path) {
    std::error_code ignored;
    const auto resolved = std::filesystem::canonical(path, ignored);
    KeyFile file(ignored ? path : resolved.string());
    const FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened.is_open()) return failed(path, "read");
    if (auto done = file.load(opened.get()); !done) return std::unexpected(std::move(done).error());
    return file;
}

Result<KeyFile> KeyFile::make(const std::string& path, const SealingKey& key) {
    KeyFile file(path);
    const std::string head(kHead);
    if (auto done = file.write({head.substr(0, head.size() - 1), key.to_base64()}); !done)
        return std::unexpected(std::move(done).error());
    return file;
}

Result<void> KeyFile::load(int descriptor) {
    if (auto done = check_mode(descriptor, path_); !done) return done;
    std::string text(kFileBytesMax, '\0');
    const WipedOnExit wiped(text);
    const ssize_t read = ::read(descriptor, text.data(), text.size());
    if (read < 0) return failed(path_, "read");
    text.resize(static_cast<std::size_t>(read));
    if (text.size() == kFileBytesMax)
        return fail(ErrorCode::invalid, fmt::format("{} is too long for a file of keys", path_));
    clear();
    return parse(text);
}

Result<void> KeyFile::parse(std::string_view text) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        lines_.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!holds_key(lines_.back())) continue;
        auto key = SealingKey::parse(lines_.back());
        if (!key)
            return fail(key.error().code,
                        fmt::format("{}:{}: {}", path_, lines_.size(), key.error().message));
        keys_.push_back(*key);
    }
    if (!keys_.empty()) return {};
    return fail(ErrorCode::invalid,
                fmt::format("{} holds no key: restore it from your copy; where nothing has been "
                            "stored yet, remove it",
                            path_));
}

// Holds the file as it is now. A change gives it another inode: whoever waited for the lock of the one before looks again.
Result<FileDescriptor> KeyFile::lock() {
    for (;;) {
        FileDescriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.is_open()) return failed(path_, "read");
        if (::flock(file.get(), LOCK_EX) != 0) return failed(path_, "lock");
        struct stat held{};
        struct stat named{};
        if (::fstat(file.get(), &held) != 0 || ::stat(path_.c_str(), &named) != 0)
            return failed(path_, "look at");
        if (held.st_ino != named.st_ino || held.st_dev != named.st_dev) continue;
        if (auto done = load(file.get()); !done) return std::unexpected(std::move(done).error());
        return file;
    }
}

Result<void> KeyFile::write(const std::vector<std::string>& lines) {
    std::string text;
    const WipedOnExit wiped(text);
    for (const std::string& line : lines) text.append(line).append("\n");
    if (auto done = replace_file(path_, text); !done) return done;
    clear();
    return parse(text);
}

Result<void> KeyFile::put_first(const SealingKey& key) {
    ASSIGN_OR_RETURN(const auto held, lock());
    std::vector<std::string> lines = lines_;
    lines.insert(std::find_if(lines.begin(), lines.end(), holds_key), key.to_base64());
    auto done = write(lines);
    for (std::string& line : lines) wipe(line);
    return done;
}

Result<std::vector<SealingKeyId>> KeyFile::remove_if(
    const std::function<bool(SealingKeyId)>& is_unused) {
    ASSIGN_OR_RETURN(const auto held, lock());
    std::vector<std::string> kept;
    std::vector<SealingKeyId> removed;
    std::size_t number = 0;
    for (const std::string& line : lines_) {
        if (holds_key(line)) {
            const SealingKeyId id = keys_[number++].id();
            if (id != keys_.front().id() && is_unused(id)) {
                removed.push_back(id);
                continue;
            }
        }
        kept.push_back(line);
    }
    Result<void> done;
    if (!removed.empty()) done = write(kept);
    for (std::string& line : kept) wipe(line);
    if (!done) return std::unexpected(std::move(done).error());
    return removed;
}

}  // namespace posthaste
