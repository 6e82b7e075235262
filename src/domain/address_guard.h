#pragma once

// The SSRF rule: which addresses a delivery may reach. Everything that is not plainly public is refused unless the operator
// allows its network. Transports ask for every address they are about to connect to, after name resolution, on every
// attempt; nothing here resolves names. Ranges: IANA special-purpose registries (RFC 6890 and updates), NAT64 (RFC 6052,
// RFC 8215), 6to4 (RFC 3056), and cloud metadata addresses.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace posthaste {

// An IPv4 address is kept as its IPv4-mapped IPv6 form (::ffff:a.b.c.d), so that one rule judges both.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};
    [[nodiscard]] bool is_v4() const;
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

// Strict textual forms only: dotted quad with four decimal parts, or RFC 4291 IPv6 (zone ids refused).
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
[[nodiscard]] std::string to_string(const IpAddress& address);

struct Network {
    IpAddress base;
    std::uint8_t prefix_bits = 128;  // counted on the 128-bit form
    [[nodiscard]] bool contains(const IpAddress& address) const;
};

[[nodiscard]] bool any_contains(std::span<const Network> networks, const IpAddress& address);

// "10.0.0.0/8", "fd00::/8", or a single address.
[[nodiscard]] Result<Network> parse_network(std::string_view cidr);

class AddressGuard {
public:
    AddressGuard() = default;
    explicit AddressGuard(std::vector<Network> allowed) : allowed_(std::move(allowed)) {}

    // The name of the refused range ("private", "loopback", "link-local" …), or empty when the address may be reached.
    // IPv4-mapped, IPv4-compatible, 6to4 and NAT64 addresses are judged by the IPv4 address they carry as well.
    [[nodiscard]] std::string_view refused_because(const IpAddress& address) const;

private:
    std::vector<Network> allowed_;
};

}  // namespace posthaste
