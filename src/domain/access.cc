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

constexpr std::array kAccesses = {
    std::pair{Access::anyone, std::string_view("anyone")},
    std::pair{Access::ingest, std::string_view("ingest")},
    std::pair{Access::read, std::string_view("read")},
    std::pair{Access::operate, std::string_view("operate")},
    std::pair{Access::manage, std::string_view("manage")},
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
std::string_view to_string(Access access) { return name_of(kAccesses, access); }

Permissions Permissions::of(Role role) {
    unsigned bits = bit(Access::anyone) | bit(Access::read);
    if (role >= Role::operator_) bits |= bit(Access::operate);
    if (role >= Role::admin) bits |= bit(Access::ingest) | bit(Access::manage);
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

Permissions Permissions::all() { return of(Role::owner); }

}  // namespace posthaste
