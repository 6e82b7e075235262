#include "server/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthaste {
namespace {

// In a child: the process of the tests stays as it is.
TEST(OpenFiles, as_many_as_are_allowed) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const rlimit low{64, limit.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &low);
        const bool is_raised = raise_open_files_limit() == limit.rlim_max;
        ::getrlimit(RLIMIT_NOFILE, &limit);
        ::_exit(is_raised && limit.rlim_cur == limit.rlim_max ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace posthaste
