// What an endpoint may point to: URLs, addresses, networks, and the guard that judges addresses.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/bytes.h"
#include "domain/address_guard.h"
#include "domain/url.h"
#include "net/client_hosts.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

// Nothing that would end a header line or split a request line.
bool fits_a_header(std::string_view text) {
    return std::ranges::none_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7F;
    });
}

using V4 = std::array<std::uint8_t, 4>;

// A second opinion on which IPv4 addresses are public, written as comparisons.
bool is_public(const V4& ip) {
    const auto [a, b, c, d] = ip;
    if (a == 0 || a == 10 || a == 127 || a >= 224) return false;
    if (a == 100 && b >= 64 && b < 128) return false;
    if (a == 169 && b == 254) return false;
    if (a == 172 && b >= 16 && b < 32) return false;
    if (a == 192 && b == 168) return false;
    if (a == 192 && b == 0 && (c == 0 || c == 2)) return false;
    if (a == 192 && b == 88 && c == 99) return false;
    if (a == 198 && (b == 18 || b == 19)) return false;
    if (a == 198 && b == 51 && c == 100) return false;
    if (a == 203 && b == 0 && c == 113) return false;
    return !(a == 168 && b == 63 && c == 129 && d == 16);
}

// `prefix` in front, the IPv4 address at `offset`.
IpAddress carrying(const V4& ip, std::initializer_list<std::uint8_t> prefix, std::size_t offset) {
    IpAddress address;
    std::ranges::copy(prefix, address.bytes.begin());
    std::ranges::copy(ip, address.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return address;
}

void check_guard_on_v4(const V4& ip) {
    static const AddressGuard kStrict;
    static const AddressGuard kTranslators(
        {*parse_network("2002::/16"), *parse_network("64:ff9b::/96"),
         *parse_network("64:ff9b:1::/48"), *parse_network("::/96")});
    const IpAddress mapped = carrying(ip, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, 12);
    ASSERT(mapped.is_v4());
    ASSERT(kStrict.refused_because(mapped).empty() == is_public(ip));
    ASSERT(kTranslators.refused_because(mapped).empty() == is_public(ip));
    std::vector<IpAddress> forms = {carrying(ip, {0x20, 0x02}, 2),
                                    carrying(ip, {0, 0x64, 0xFF, 0x9B}, 12),
                                    carrying(ip, {0, 0x64, 0xFF, 0x9B, 0, 1}, 12)};
    // ::1.2.3.4; below ::1:0 lie :: and ::1, which are no IPv4 addresses.
    if (ip[0] != 0 || ip[1] != 0) forms.push_back(carrying(ip, {}, 12));
    for (const IpAddress& form : forms) {
        ASSERT(!kStrict.refused_because(form).empty());
        ASSERT(kTranslators.refused_because(form).empty() == is_public(ip));
    }
}

void check_address(const IpAddress& address) {
    ASSERT(parse_ip(to_string(address)) == address);
    const AddressGuard strict;
    const bool global_unicast = (address.bytes[0] & 0xE0U) == 0x20U;
    if (strict.refused_because(address).empty()) ASSERT(address.is_v4() || global_unicast);
}

}  // namespace

void run_url(std::string_view input) {
    const Result<Target> target = parse_target(input);
    if (!target) {
        ASSERT(!target.error().message.empty());
        return;
    }
    ASSERT(!target->host.empty() && target->port != 0);
    ASSERT(target->path.starts_with("/"));
    ASSERT(target->url.starts_with(target->tls ? "https://" : "http://"));
    for (const std::string_view part : {target->host, target->authority, target->path, target->url})
        ASSERT(fits_a_header(part));
    if (!target->authorization.empty()) {
        ASSERT(target->authorization.starts_with("Basic "));
        const auto credentials = from_base64(std::string_view(target->authorization).substr(6));
        ASSERT(credentials && credentials->find(':') != std::string::npos);
    }
    if (target->host.find(':') != std::string::npos) ASSERT(parse_ip(target->host).has_value());
    // The normal form is its own normal form, unless escaping and defaults made it longer than a URL may be.
    if (target->url.size() <= 2048) {
        const Result<Target> again = parse_target(target->url);
        ASSERT(again && *again == *target);
    }
}

void run_ip(std::string_view input) {
    const auto address = parse_ip(input);
    const std::string text(input);
    std::array<std::uint8_t, 16> bytes{};
    const bool dotted = inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
    const bool v6 = inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
    if (input.find('\0') == std::string_view::npos)
        ASSERT(address.has_value() == (dotted || v6));
    else
        ASSERT(!address);
    if (address) check_address(*address);

    if (input.size() >= 16) {
        IpAddress raw;
        std::memcpy(raw.bytes.data(), input.data(), raw.bytes.size());
        check_address(raw);
    }
    if (input.size() >= 4) {
        V4 ip{};
        std::memcpy(ip.data(), input.data(), ip.size());
        check_guard_on_v4(ip);
    }
    if (address && address->is_v4())
        check_guard_on_v4(
            {address->bytes[12], address->bytes[13], address->bytes[14], address->bytes[15]});
}

void run_network(std::string_view input) {
    const Result<Network> network = parse_network(input);
    if (!network) return;
    ASSERT(network->prefix_bits <= 128 && network->contains(network->base));
    for (unsigned bit = 0; bit < 128; ++bit) {
        IpAddress other = network->base;
        other.bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
        ASSERT(network->contains(other) == (bit >= network->prefix_bits));
    }
    // An allowed IPv4 network is reachable, and nothing beside it became so.
    if (!network->base.is_v4() || network->prefix_bits < 96) return;
    const AddressGuard guard({*network});
    ASSERT(guard.refused_because(network->base).empty());
    for (const char* elsewhere : {"::1", "fd00::1", "127.0.0.1", "2002:7f00:1::"}) {
        const IpAddress other = *parse_ip(elsewhere);
        if (!network->contains(other)) ASSERT(!guard.refused_because(other).empty());
    }
}

// Names are in the form that they are looked up in, and a table that is written reads the same again.
void run_hosts(std::string_view input) {
    const HostsTable table = parse_hosts(input);
    std::string written;
    for (const auto& [name, addresses] : table) {
        ASSERT(!name.empty() && to_lower(name) == name);
        ASSERT(name.find_first_of(" \t\r\n\f\v#") == std::string::npos);
        ASSERT(!addresses.empty());
        for (const IpAddress& address : addresses) {
            ASSERT(std::ranges::count(addresses, address) == 1);
            written += to_string(address) + "\t" + name + " " + name + "# a remark\r\n";
        }
    }
    ASSERT(parse_hosts(written) == table);
}

}  // namespace posthaste::fuzz
