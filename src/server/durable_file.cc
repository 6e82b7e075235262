#include "server/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "server/commands/file_descriptor.h"

namespace posthaste {

namespace {

std::unexpected<Error> failed(const std::string& path, const char* doing) {
    return fail(ErrorCode::unavailable,
                fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)));
}

bool write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

Result<void> sync_folder_of(const std::string& path) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened.is_open() || ::fsync(opened.get()) != 0) return failed(folder, "sync");
    return {};
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view text) {
    const std::string draft = path + ".new";
    static_cast<void>(::unlink(draft.c_str()));
    const FileDescriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.is_open()) return failed(draft, "make");
    struct stat before{};
    if (::stat(path.c_str(), &before) == 0) {
        // The owner first: changing it may take rights away from the mode.
        if (::fchown(file.get(), before.st_uid, before.st_gid) != 0 ||
            ::fchmod(file.get(), before.st_mode & 0777U) != 0)
            return failed(draft, "set the owner of");
    }
    if (!write_all(file.get(), text) || ::fsync(file.get()) != 0) return failed(draft, "write");
    if (std::rename(draft.c_str(), path.c_str()) != 0) return failed(path, "make");
    return sync_folder_of(path);
}

}  // namespace posthaste
