#include "domain/access.h"

#include <array>
#include <utility>

namespace posthaste {

namespace {

constexpr std::array kRoles = {
    std::pair{Role::viewer, std::string_view("viewer")},
    std::pair{Role::operator_, std::string_view("operator")},
    std::pair{Role::admin, std::string_view("admin")},
    std::pair{Role::owner, std::string_view("owner")},
};

constexpr std::array kScopes = {
    std::pair{KeyScope::ingest, std::string_view("ingest")},
    std::pair{KeyScope::read, std::string_view("read")},
    std::pair{KeyScope::full, std::string_view("full")},
};

constexpr std::array kCapabilities = {
    std::pair{Capability::view_base, std::string_view("ViewBase")},
    std::pair{Capability::view_endpoint_secret, std::string_view("ViewEndpointSecret")},
    std::pair{Capability::manage_endpoint_secret, std::string_view("ManageEndpointSecret")},
    std::pair{Capability::manage_transformations, std::string_view("ManageTransformations")},
    std::pair{Capability::create_attempts, std::string_view("CreateAttempts")},
    std::pair{Capability::manage_endpoint, std::string_view("ManageEndpoint")},
};

constexpr std::array kAccesses = {
    std::pair{Access::anyone, std::string_view("anyone")},
    std::pair{Access::ingest, std::string_view("ingest")},
    std::pair{Access::read, std::string_view("read")},
    std::pair{Access::operate, std::string_view("operate")},
    std::pair{Access::manage, std::string_view("manage")},
    std::pair{Access::view_secrets, std::string_view("view_secrets")},
    std::pair{Access::rotate_secrets, std::string_view("rotate_secrets")},
    std::pair{Access::administer, std::string_view("administer")},
};

template <class Value, class Table>
std::string_view name_of(const Table& table, Value value) {
    for (const auto& [each, name] : table)
        if (each == value) return name;
    return {};
}

template <class Value, class Table>
std::optional<Value> value_of(const Table& table, std::string_view text) {
    for (const auto& [value, name] : table)
        if (name == text) return value;
    return std::nullopt;
}

}  // namespace

std::string_view to_string(Role role) { return name_of(kRoles, role); }
std::optional<Role> parse_role(std::string_view text) { return value_of<Role>(kRoles, text); }
std::string_view to_string(KeyScope scope) { return name_of(kScopes, scope); }
std::optional<KeyScope> parse_key_scope(std::string_view text) {
    return value_of<KeyScope>(kScopes, text);
}
std::string_view to_string(Capability capability) { return name_of(kCapabilities, capability); }
std::optional<Capability> parse_capability(std::string_view text) {
    return value_of<Capability>(kCapabilities, text);
}
std::string_view to_string(Access access) { return name_of(kAccesses, access); }

Permissions Permissions::of(Role role) {
    unsigned bits = bit(Access::anyone) | bit(Access::read);
    if (role >= Role::operator_) bits |= bit(Access::operate);
    if (role >= Role::admin)
        bits |= bit(Access::ingest) | bit(Access::manage) | bit(Access::view_secrets) |
                bit(Access::rotate_secrets);
    if (role >= Role::owner) bits |= bit(Access::administer);
    return Permissions(bits);
}

Permissions Permissions::of(KeyScope scope) {
    switch (scope) {
        case KeyScope::ingest: return Permissions(bit(Access::anyone) | bit(Access::ingest));
        case KeyScope::read: return of(Role::viewer);
        case KeyScope::full: return of(Role::admin);
    }
    return {};
}

Permissions Permissions::of(std::span<const Capability> capabilities) {
    unsigned bits = bit(Access::anyone);
    for (const Capability capability : capabilities) {
        switch (capability) {
            case Capability::view_base: bits |= bit(Access::read); break;
            case Capability::view_endpoint_secret: bits |= bit(Access::view_secrets); break;
            case Capability::manage_endpoint_secret:
                bits |= bit(Access::view_secrets) | bit(Access::rotate_secrets);
                break;
            case Capability::manage_transformations: break;
            case Capability::create_attempts: bits |= bit(Access::operate); break;
            case Capability::manage_endpoint:
                bits |=
                    bit(Access::manage) | bit(Access::view_secrets) | bit(Access::rotate_secrets);
                break;
        }
    }
    return Permissions(bits);
}

Permissions Permissions::all() { return of(Role::owner); }

}  // namespace posthaste
