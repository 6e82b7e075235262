#pragma once

// A password from the person at the terminal, who does not see it, or from standard input: never from an argument, which every
// process of the machine can read.

#include <cstdint>

#include "base/result.h"
#include "domain/wipe.h"

namespace posthaste {

enum class PasswordSource : std::uint8_t {
    terminal,        // asks twice; an interrupt ends it, with the echo switched on again
    standard_input,  // the first line, without its end
};

[[nodiscard]] Result<WipedText> ask_new_password(PasswordSource source);

// The line that begins where `descriptor` stands, without its end. Reads nothing behind it.
[[nodiscard]] Result<WipedText> read_password_line(int descriptor);

}  // namespace posthaste
