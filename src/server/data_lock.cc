#include "server/data_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace posthaste {

namespace {

std::unexpected<Error> unusable(const std::string& directory, const std::string& reason) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("cannot use the data folder {}: {}; check that it exists and that this "
                    "user may write to it, or choose another with --database sqlite:PATH (with "
                    "PostgreSQL: --data-dir)",
                    directory, reason));
}

}  // namespace

Result<DataLock> DataLock::acquire(const std::string& directory) {
    ASSIGN_OR_RETURN(auto lock, try_acquire(directory));
    if (lock) return *std::move(lock);
    return fail(ErrorCode::unavailable,
                fmt::format("another posthaste is running on the data folder {}; stop it first, or "
                            "choose another folder with --database sqlite:PATH (with PostgreSQL: "
                            "--data-dir)",
                            directory));
}

Result<std::optional<DataLock>> DataLock::try_acquire(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return unusable(directory, error.message());
    const std::string path = directory + "/lock";
    DataLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (lock.descriptor_ < 0) return unusable(directory, std::strerror(errno));
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno == EWOULDBLOCK) return std::optional<DataLock>();
    return unusable(directory, std::strerror(errno));
}

DataLock::~DataLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

DataLock::DataLock(DataLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DataLock& DataLock::operator=(DataLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

}  // namespace posthaste
