#pragma once

// Headers whose value is a credential: it is never shown, and of an answer never stored.

#include <string_view>

namespace posthaste {

// One that an endpoint's owner wants sent with every delivery.
[[nodiscard]] bool is_sensitive_header(std::string_view name);

// One that a receiver may answer with: the same, and what opens a session or proves who answers.
[[nodiscard]] bool is_sensitive_in_answer(std::string_view name);

inline constexpr std::string_view kMaskedHeader = "***";

}  // namespace posthaste
