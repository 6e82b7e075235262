// Files of variables: what is read can be written between single quotes and is read the same again.

#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "server/env_file.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

void run_env_file(std::string_view input) {
    const auto variables = parse_env_file(input, "f");
    if (!variables) {
        ASSERT(variables.error().message.starts_with("f:"));
        return;
    }
    std::string written;
    for (const auto& [name, value] : *variables) {
        ASSERT(!name.empty() && is_valid_utf8(value));
        if (value.find_first_of("'\n\r") != std::string::npos) return;
        written += "export " + name + "='" + value + "' # and a comment\n";
    }
    ASSERT(parse_env_file(written, "f") == *variables);
}

}  // namespace posthaste::fuzz
