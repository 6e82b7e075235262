#include "server/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace posthaste {
namespace {

// In a child: the process of the tests stays as it is. tests/integration shows the same of the server.
TEST(CoreDumps, are_gone_for_good_once_forbidden) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const bool is_forbidden = forbid_core_dumps().has_value();
        rlimit limit{1, 1};
        ::getrlimit(RLIMIT_CORE, &limit);
        const bool has_none = limit.rlim_cur == 0 && limit.rlim_max == 0;
        const bool is_dumpable = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
        if (!is_forbidden || !has_none || is_dumpable) ::_exit(1);
        std::signal(SIGABRT, SIG_DFL);
        ::abort();
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
    EXPECT_EQ(WTERMSIG(status), SIGABRT);
    EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace posthaste
