// libFuzzer's entry. Built once per target, whose name the build passes in.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const posthaste::fuzz::FuzzTarget* const kTarget =
        posthaste::fuzz::find_fuzz_target(POSTHASTE_FUZZ_TARGET);
    ASSERT(kTarget != nullptr);
    kTarget->run({reinterpret_cast<const char*>(data), size});
    return 0;
}
