#pragma once

// What may be an e-mail address and a password of somebody who logs in. Each returns what is wrong, in a sentence.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace posthaste {

inline constexpr std::size_t kPasswordMin = 10;   // characters
inline constexpr std::size_t kPasswordMax = 256;  // bytes
inline constexpr std::size_t kEmailMax = 254;     // bytes, RFC 5321

// Something, an @-sign, something, and nothing that is invisible. Whether mail arrives there is not asked: servers in closed
// networks have users as well.
[[nodiscard]] std::optional<std::string_view> fault_of_email(std::string_view email);

// Long enough, and not the address itself. Nothing is demanded of its characters: length is what counts (NIST SP 800-63B).
[[nodiscard]] std::optional<std::string_view> fault_of_password(std::string_view password,
                                                                std::string_view email);

// Which password a session began with: some digits of its hash's hash. A session of another password than the user's is worth
// nothing, so that a login which was under way while the password changed does not outlive it.
[[nodiscard]] std::string password_mark(std::string_view password_hash);

}  // namespace posthaste
