#pragma once

// E-mail addresses as people type them: what may be one, and its one spelling. Nobody asks whether the mailbox exists.

#include <string>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// The address with its domain in lower case. Refused, with a sentence that says why: what breaks RFC 5321's lengths, what is
// no dot-atom before the @-sign (letters beyond ASCII are fine, quotes are not), a domain without a period, and domains that
// no mail can reach: .local, .localhost, .test, .invalid, .onion, .arpa.
[[nodiscard]] Result<std::string> parse_email(std::string_view text);

}  // namespace posthaste
