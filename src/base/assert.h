#pragma once

// ASSERT states what the program itself guarantees. It is on in every build: a broken guarantee
// stops the process before it can write a wrong row, and the store is built to survive that. Bad
// input and failing disks are never asserted on; they are Errors (result.h).

#include <cstdio>
#include <cstdlib>

namespace posthaste {

[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
    std::fprintf(stderr, "posthaste: assertion failed: %s (%s:%d)\n", what, file, line);
    std::abort();
}

}  // namespace posthaste

#define ASSERT(condition)                                                                \
    do {                                                                                 \
        if (!(condition)) ::posthaste::assertion_failed(#condition, __FILE__, __LINE__); \
    } while (false)
