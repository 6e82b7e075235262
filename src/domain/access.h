#pragma once

// Who may do what. A route states what it takes (Access); a role or the scope of a key gives a set of these (Permissions).

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace posthaste {

// Whom the server lets in at all.
enum class AuthMode : std::uint8_t {
    open,      // the APIs that came without logins work without; for loopback, or behind a gateway
    required,  // nobody without credentials, but for what `anyone` may
};

// What calling a route takes.
enum class Access : std::uint8_t {
    anyone,          // nothing: health, documentation, login
    ingest,          // handing in events
    read,            // looking at everything but secrets
    operate,         // what changes no configuration: retry, resend, replay, test
    manage,          // configuration, users, API keys
    view_secrets,    // endpoints' secrets; comes with `manage`
    rotate_secrets,  // the same
    administer,      // owners, the keys of encryption
};

// What a user may do in their organization. Stored by number: append only.
enum class Role : std::uint8_t {
    viewer = 0,     // read
    operator_ = 1,  // and operate
    admin = 2,      // and ingest and manage
    owner = 3,      // and administer
};

// What an API key may do. Stored by number: append only.
enum class KeyScope : std::uint8_t {
    ingest = 0,  // hand in events, and see nothing
    read = 1,    // what a viewer may
    full = 2,    // what an admin may
};

// What a token of the application portal may do, when it is limited. The names are those that its issuers use.
enum class Capability : std::uint8_t {
    view_base,               // read, but no secrets
    view_endpoint_secret,    // view_secrets
    manage_endpoint_secret,  // and rotate_secrets
    manage_transformations,  // nothing: there are none
    create_attempts,         // operate
    manage_endpoint,         // manage, and secrets
};

// "viewer", "operator", "admin", "owner"; "ingest", "read", "full".
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);
[[nodiscard]] std::string_view to_string(KeyScope scope);
[[nodiscard]] std::optional<KeyScope> parse_key_scope(std::string_view text);
// "ViewBase", "ViewEndpointSecret", …
[[nodiscard]] std::string_view to_string(Capability capability);
[[nodiscard]] std::optional<Capability> parse_capability(std::string_view text);
// "anyone", "ingest", …
[[nodiscard]] std::string_view to_string(Access access);

// A set of Access. Everybody may what `anyone` may.
class Permissions {
public:
    constexpr Permissions() = default;
    [[nodiscard]] static Permissions of(Role role);
    [[nodiscard]] static Permissions of(KeyScope scope);
    [[nodiscard]] static Permissions of(std::span<const Capability> capabilities);
    [[nodiscard]] static Permissions all();

    [[nodiscard]] bool allow(Access access) const { return (bits_ & bit(access)) != 0; }
    // Are these all that `other` has, or more? Nobody gives away what they do not have.
    [[nodiscard]] bool cover(Permissions other) const { return (other.bits_ & ~bits_) == 0; }

private:
    [[nodiscard]] static constexpr unsigned bit(Access access) {
        return 1U << static_cast<unsigned>(access);
    }
    constexpr explicit Permissions(unsigned bits) : bits_(bits) {}

    unsigned bits_ = bit(Access::anyone);
};

}  // namespace posthaste
