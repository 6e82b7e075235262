#pragma once

// From the text of a filter to its program (filter.h). Pure.

#include <expected>
#include <string_view>

#include "domain/filter.h"

namespace posthaste {

[[nodiscard]] std::expected<FilterProgram, FilterFault> compile_filter(std::string_view text);

}  // namespace posthaste
