#pragma once

// Small files that must survive a crash whole and that only their owner may read. Blocking.

#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// Writes the text to the file: after a crash there is either what was there before or all of the text. A new file gets mode
// 0600; one that is replaced keeps its owner and its mode.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace posthaste
