#include "server/core_dumps.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

namespace posthaste {

// The limit alone does not hold where the kernel pipes dumps into a program; the flag holds everywhere.
Result<void> forbid_core_dumps() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(ErrorCode::unavailable,
                    fmt::format("cannot forbid core dumps, which would hold secrets: {}; "
                                "--core-dumps true starts without",
                                std::strerror(errno)));
    return {};
}

}  // namespace posthaste
