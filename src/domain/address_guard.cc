#include "domain/address_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace posthaste {

namespace {

constexpr std::size_t kMappedPrefixBytes = 12;
constexpr unsigned kMappedPrefixBits = 96;

using V4 = std::array<std::uint8_t, 4>;

struct V4Range {
    V4 base;
    unsigned bits;
    std::string_view name;
};

// IANA IPv4 special-purpose registry, plus the one public address that clouds use for their metadata service.
constexpr V4Range kV4Ranges[] = {
    {{0, 0, 0, 0}, 8, "unspecified"},
    {{10, 0, 0, 0}, 8, "private"},
    {{100, 64, 0, 0}, 10, "shared (carrier-grade NAT)"},
    {{127, 0, 0, 0}, 8, "loopback"},
    {{168, 63, 129, 16}, 32, "cloud metadata"},
    {{169, 254, 0, 0}, 16, "link-local"},
    {{172, 16, 0, 0}, 12, "private"},
    {{192, 0, 0, 0}, 24, "protocol assignments"},
    {{192, 0, 2, 0}, 24, "documentation"},
    {{192, 88, 99, 0}, 24, "6to4 relay"},
    {{192, 168, 0, 0}, 16, "private"},
    {{198, 18, 0, 0}, 15, "benchmarking"},
    {{198, 51, 100, 0}, 24, "documentation"},
    {{203, 0, 113, 0}, 24, "documentation"},
    {{224, 0, 0, 0}, 4, "multicast"},
    {{255, 255, 255, 255}, 32, "broadcast"},
    {{240, 0, 0, 0}, 4, "reserved"},
};

struct V6Range {
    std::array<std::uint16_t, 8> base;
    unsigned bits;
    std::string_view name;
};

// The first match names the range. Only 2000::/3 is handed out as global unicast, so whatever matches none of these and
// lies outside it is refused as reserved.
constexpr V6Range kV6Ranges[] = {
    {{}, 128, "unspecified"},
    {{0, 0, 0, 0, 0, 0, 0, 1}, 128, "loopback"},
    {{}, 96, "IPv4-compatible"},
    {{0x64, 0xff9b}, 96, "NAT64"},
    {{0x64, 0xff9b, 1}, 48, "NAT64"},
    {{0x100}, 64, "discard-only"},
    {{0x2001, 0xdb8}, 32, "documentation"},
    {{0x2001, 0x2}, 48, "benchmarking"},
    {{0x2001, 0}, 32, "Teredo"},
    {{0x2001, 0}, 23, "protocol assignments"},
    {{0x2002}, 16, "6to4"},
    {{0x3fff}, 20, "documentation"},
    {{0x5f00}, 16, "segment routing"},
    {{0xfc00}, 7, "private"},
    {{0xfe80}, 10, "link-local"},
    {{0xfec0}, 10, "site-local"},
    {{0xff00}, 8, "multicast"},
};

bool same_prefix(const std::uint8_t* a, const std::uint8_t* b, unsigned bits) {
    const std::size_t whole = bits / 8;
    if (std::memcmp(a, b, whole) != 0) return false;
    const unsigned rest = bits % 8;
    if (rest == 0) return true;
    const unsigned mask = (0xFFU << (8 - rest)) & 0xFFU;
    return (a[whole] & mask) == (b[whole] & mask);
}

std::array<std::uint8_t, 16> to_bytes(const std::array<std::uint16_t, 8>& groups) {
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        bytes[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
        bytes[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
    }
    return bytes;
}

V4 v4_at(const IpAddress& address, std::size_t offset) {
    V4 result{};
    std::copy_n(address.bytes.begin() + static_cast<std::ptrdiff_t>(offset), 4, result.begin());
    return result;
}

IpAddress mapped(const V4& v4) {
    IpAddress address;
    address.bytes[10] = 0xFF;
    address.bytes[11] = 0xFF;
    std::copy(v4.begin(), v4.end(), address.bytes.begin() + kMappedPrefixBytes);
    return address;
}

std::string_view v4_refusal(const V4& v4) {
    for (const V4Range& range : kV4Ranges)
        if (same_prefix(v4.data(), range.base.data(), range.bits)) return range.name;
    return {};
}

std::string_view v6_refusal(const IpAddress& address) {
    for (const V6Range& range : kV6Ranges)
        if (same_prefix(address.bytes.data(), to_bytes(range.base).data(), range.bits))
            return range.name;
    return (address.bytes[0] & 0xE0U) == 0x20U ? std::string_view{} : std::string_view{"reserved"};
}

bool starts_with(const IpAddress& address, const std::array<std::uint16_t, 8>& base,
                 unsigned bits) {
    return same_prefix(address.bytes.data(), to_bytes(base).data(), bits);
}

// The IPv4 address that a transition form carries. Behind the local-use NAT64 prefix 64:ff9b:1::/48 an operator chooses
// the layout (RFC 6052 §2.2); the usual /96 layout is assumed there.
std::optional<V4> embedded_v4(const IpAddress& address) {
    if (starts_with(address, {0x2002}, 16)) return v4_at(address, 2);
    if (starts_with(address, {0x64, 0xff9b}, 96) || starts_with(address, {0x64, 0xff9b, 1}, 48))
        return v4_at(address, 12);
    // :: and ::1 are addresses of their own, not 0.0.0.0 and 0.0.0.1.
    if (starts_with(address, {}, 96) && !starts_with(address, {}, 112)) return v4_at(address, 12);
    return std::nullopt;
}

std::optional<V4> parse_v4(std::string_view text) {
    V4 result{};
    std::size_t at = 0;
    for (std::size_t part = 0; part < result.size(); ++part) {
        if (part > 0) {
            if (at >= text.size() || text[at] != '.') return std::nullopt;
            ++at;
        }
        const std::size_t start = at;
        unsigned value = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < 3)
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        // A leading zero means octal to some resolvers and decimal to others, so it means nothing here.
        if (at == start || value > 255 || (at - start > 1 && text[start] == '0'))
            return std::nullopt;
        result[part] = static_cast<std::uint8_t>(value);
    }
    if (at != text.size()) return std::nullopt;
    return result;
}

std::optional<IpAddress> parse_v6(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> copy{};
    if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    std::copy(text.begin(), text.end(), copy.begin());
    IpAddress address;
    if (inet_pton(AF_INET6, copy.data(), address.bytes.data()) != 1) return std::nullopt;
    return address;
}

}  // namespace

bool IpAddress::is_v4() const {
    return same_prefix(bytes.data(), mapped({}).bytes.data(), kMappedPrefixBits);
}

std::optional<IpAddress> parse_ip(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return parse_v6(text);
    if (const auto v4 = parse_v4(text)) return mapped(*v4);
    return std::nullopt;
}

std::string to_string(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.is_v4())
        inet_ntop(AF_INET, address.bytes.data() + kMappedPrefixBytes, text.data(), text.size());
    else
        inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
    return text.data();
}

bool Network::contains(const IpAddress& address) const {
    return same_prefix(base.bytes.data(), address.bytes.data(), prefix_bits);
}

bool any_contains(std::span<const Network> networks, const IpAddress& address) {
    return std::ranges::any_of(networks,
                               [&](const Network& network) { return network.contains(address); });
}

Result<Network> parse_network(std::string_view cidr) {
    const std::string quoted = "\"" + std::string(cidr) + "\"";
    const std::size_t slash = cidr.find('/');
    const std::string_view host = cidr.substr(0, slash);
    const auto address = parse_ip(host);
    if (!address)
        return fail(ErrorCode::invalid, quoted +
                                            " is not a network: expected an IP address, or one "
                                            "with a prefix length such as 10.0.0.0/8.");
    Network network{*address, 128};
    if (slash == std::string_view::npos) return network;

    const bool dotted = host.find(':') == std::string_view::npos;
    const unsigned bits_max = dotted ? 32 : 128;
    const std::string_view digits = cidr.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
        bits > bits_max)
        return fail(ErrorCode::invalid, quoted +
                                            " is not a network: the prefix length must be 0 to " +
                                            std::to_string(bits_max) + ".");
    network.prefix_bits = static_cast<std::uint8_t>(dotted ? bits + kMappedPrefixBits : bits);
    for (unsigned bit = network.prefix_bits; bit < 128; ++bit)
        if ((network.base.bytes[bit / 8] & (0x80U >> (bit % 8))) != 0)
            return fail(ErrorCode::invalid,
                        quoted + " is not a network: it has bits set beyond its prefix length.");
    return network;
}

std::string_view AddressGuard::refused_because(const IpAddress& address) const {
    const bool allowed = any_contains(allowed_, address);
    if (address.is_v4()) return allowed ? std::string_view{} : v4_refusal(v4_at(address, 12));
    const auto carried = embedded_v4(address);
    if (carried) {
        // Allowing a translator's prefix opens the way to it, not to every private network behind it.
        const std::string_view refusal = refused_because(mapped(*carried));
        if (!refusal.empty()) return refusal;
    }
    return allowed ? std::string_view{} : v6_refusal(address);
}

}  // namespace posthaste
