#include "domain/address_guard.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

struct Row {
    const char* address;
    const char* refusal;  // "" when it may be reached
};

const Row kRows[] = {
    // Plainly public, and the neighbours of every refused IPv4 range.
    {"1.0.0.0", ""},
    {"1.1.1.1", ""},
    {"8.8.8.8", ""},
    {"9.255.255.255", ""},
    {"11.0.0.0", ""},
    {"93.184.216.34", ""},
    {"100.63.255.255", ""},
    {"100.128.0.0", ""},
    {"126.255.255.255", ""},
    {"128.0.0.1", ""},
    {"168.63.129.15", ""},
    {"168.63.129.17", ""},
    {"169.253.255.255", ""},
    {"169.255.0.0", ""},
    {"172.15.255.255", ""},
    {"172.32.0.0", ""},
    {"191.255.255.255", ""},
    {"192.0.1.0", ""},
    {"192.0.3.0", ""},
    {"192.88.98.255", ""},
    {"192.88.100.0", ""},
    {"192.167.255.255", ""},
    {"192.169.0.0", ""},
    {"198.17.255.255", ""},
    {"198.20.0.0", ""},
    {"198.51.99.255", ""},
    {"198.51.101.0", ""},
    {"203.0.112.255", ""},
    {"203.0.114.0", ""},
    {"223.255.255.255", ""},
    // Refused IPv4: first, last and famous addresses of each range.
    {"0.0.0.0", "unspecified"},
    {"0.0.0.1", "unspecified"},
    {"0.255.255.255", "unspecified"},
    {"10.0.0.0", "private"},
    {"10.255.255.255", "private"},
    {"100.64.0.0", "shared (carrier-grade NAT)"},
    {"100.100.100.200", "shared (carrier-grade NAT)"},
    {"100.127.255.255", "shared (carrier-grade NAT)"},
    {"127.0.0.1", "loopback"},
    {"127.255.255.255", "loopback"},
    {"168.63.129.16", "cloud metadata"},
    {"169.254.0.0", "link-local"},
    {"169.254.169.254", "link-local"},
    {"169.254.255.255", "link-local"},
    {"172.16.0.0", "private"},
    {"172.31.255.255", "private"},
    {"192.0.0.0", "protocol assignments"},
    {"192.0.0.192", "protocol assignments"},
    {"192.0.0.255", "protocol assignments"},
    {"192.0.2.1", "documentation"},
    {"192.88.99.1", "6to4 relay"},
    {"192.168.0.0", "private"},
    {"192.168.255.255", "private"},
    {"198.18.0.0", "benchmarking"},
    {"198.19.255.255", "benchmarking"},
    {"198.51.100.7", "documentation"},
    {"203.0.113.7", "documentation"},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.0", "reserved"},
    {"255.255.255.254", "reserved"},
    {"255.255.255.255", "broadcast"},
    // IPv6.
    {"2606:4700:4700::1111", ""},
    {"2a00:1450:4001:829::200e", ""},
    {"2001:200::1", ""},
    {"2001:db9::1", ""},
    {"2003::1", ""},
    {"3ffe::1", ""},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "IPv4-compatible"},
    {"100::1", "discard-only"},
    {"200::1", "reserved"},
    {"1fff::1", "reserved"},
    {"2001::1", "Teredo"},
    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"},
    {"2001:2::1", "benchmarking"},
    {"2001:10::1", "protocol assignments"},
    {"2001:1ff:ffff::1", "protocol assignments"},
    {"2001:db8::1", "documentation"},
    {"3fff::1", "documentation"},
    {"3fff:fff::1", "documentation"},
    {"4000::1", "reserved"},
    {"5f00::1", "segment routing"},
    {"8000::1", "reserved"},
    {"fc00::1", "private"},
    {"fd00:ec2::254", "private"},
    {"fdff:ffff::1", "private"},
    {"fe00::1", "reserved"},
    {"fe80::1", "link-local"},
    {"febf:ffff::1", "link-local"},
    {"fec0::1", "site-local"},
    {"feff::1", "site-local"},
    {"ff00::1", "multicast"},
    {"ff02::1", "multicast"},
    // Forms that carry an IPv4 address.
    {"::ffff:8.8.8.8", ""},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:7f00:1", "loopback"},
    {"::ffff:10.1.2.3", "private"},
    {"::ffff:169.254.169.254", "link-local"},
    {"0:0:0:0:0:ffff:a9fe:a9fe", "link-local"},
    {"::ffff:0:127.0.0.1", "reserved"},
    {"::127.0.0.1", "loopback"},
    {"::10.0.0.1", "private"},
    {"::8.8.8.8", "IPv4-compatible"},
    {"2002:7f00:1::", "loopback"},
    {"2002:a00:1::1", "private"},
    {"2002:808:808::1", "6to4"},
    {"64:ff9b::8.8.8.8", "NAT64"},
    {"64:ff9b::7f00:1", "loopback"},
    {"64:ff9b::a9fe:a9fe", "link-local"},
    {"64:ff9b:1::10.0.0.1", "private"},
    {"64:ff9b:1:ffff::8.8.8.8", "NAT64"},
    {"64:ff9b:2::8.8.8.8", "reserved"},
};

IpAddress ip(std::string_view text) {
    const auto address = parse_ip(text);
    EXPECT_TRUE(address) << text;
    return address.value_or(IpAddress{});
}

Network network(std::string_view text) {
    auto parsed = parse_network(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Network{});
}

TEST(AddressGuard, judges_every_special_range) {
    const AddressGuard guard;
    for (const Row& row : kRows)
        EXPECT_EQ(guard.refused_because(ip(row.address)), row.refusal) << row.address;
}

TEST(AddressGuard, allowed_networks_open_only_what_they_name) {
    const AddressGuard guard(
        {network("127.0.0.0/8"), network("10.1.0.0/16"), network("fd00::/8"), network("::1")});
    EXPECT_EQ(guard.refused_because(ip("127.0.0.1")), "");
    EXPECT_EQ(guard.refused_because(ip("::ffff:127.0.0.1")), "");
    EXPECT_EQ(guard.refused_because(ip("10.1.255.1")), "");
    EXPECT_EQ(guard.refused_because(ip("10.2.0.1")), "private");
    EXPECT_EQ(guard.refused_because(ip("fd12::1")), "");
    EXPECT_EQ(guard.refused_because(ip("fc12::1")), "private");
    EXPECT_EQ(guard.refused_because(ip("::1")), "");
    EXPECT_EQ(guard.refused_because(ip("::")), "unspecified");
    // A private network allowed by its own address is not thereby reachable through a transition form.
    EXPECT_EQ(guard.refused_because(ip("2002:a01:1::1")), "6to4");
    EXPECT_EQ(guard.refused_because(ip("::10.1.0.1")), "IPv4-compatible");
}

TEST(AddressGuard, allowing_a_translator_does_not_allow_what_is_private_behind_it) {
    const AddressGuard guard({network("64:ff9b::/96")});
    EXPECT_EQ(guard.refused_because(ip("64:ff9b::8.8.8.8")), "");
    EXPECT_EQ(guard.refused_because(ip("64:ff9b::10.0.0.1")), "private");
    EXPECT_EQ(guard.refused_because(ip("64:ff9b::169.254.169.254")), "link-local");
}

TEST(AddressGuard, everything_can_be_allowed) {
    const AddressGuard guard({network("0.0.0.0/0"), network("::/0")});
    for (const Row& row : kRows)
        EXPECT_EQ(guard.refused_because(ip(row.address)), "") << row.address;
}

TEST(ParseIp, refuses_every_lenient_spelling) {
    for (const std::string_view text : {"",
                                        "127.1",
                                        "127.0.1",
                                        "2130706433",
                                        "0x7f000001",
                                        "0x7f.0.0.1",
                                        "0177.0.0.1",
                                        "127.0.0.01",
                                        "127.0.0.1.",
                                        ".127.0.0.1",
                                        "127..0.1",
                                        "127.0.0.256",
                                        "1.2.3.4.5",
                                        "127.0.0.1 ",
                                        " 127.0.0.1",
                                        "+1.2.3.4",
                                        "-1.2.3.4",
                                        "1.2.3.0004",
                                        "1e1.0.0.1",
                                        "[::1]",
                                        "::1%lo",
                                        "fe80::1%25eth0",
                                        "::1/128",
                                        ":::1",
                                        "1::2::3",
                                        "12345::",
                                        "::ffff:127.0.0.01",
                                        "::ffff:127.1",
                                        "1:2:3:4:5:6:7:8:9",
                                        "g::1",
                                        "localhost"})
        EXPECT_FALSE(parse_ip(text)) << text;
    EXPECT_FALSE(parse_ip(std::string_view("::1\0junk", 8)));
    EXPECT_FALSE(parse_ip(std::string_view("127.0.0.1\0", 10)));
}

TEST(ParseIp, writes_what_it_read) {
    for (const std::string_view text :
         {"1.2.3.4", "255.255.255.255", "::", "::1", "2001:db8::8:800:200c:417a", "fe80::1"})
        EXPECT_EQ(to_string(ip(text)), text);
    EXPECT_EQ(to_string(ip("2001:DB8:0:0:8:800:200C:417A")), "2001:db8::8:800:200c:417a");
    EXPECT_EQ(to_string(ip("::ffff:1.2.3.4")), "1.2.3.4");
    EXPECT_TRUE(ip("::ffff:1.2.3.4").is_v4());
    EXPECT_FALSE(ip("::1.2.3.4").is_v4());
}

TEST(ParseNetwork, reads_prefixes_and_single_addresses) {
    EXPECT_TRUE(network("10.0.0.0/8").contains(ip("10.255.0.1")));
    EXPECT_FALSE(network("10.0.0.0/8").contains(ip("11.0.0.0")));
    EXPECT_TRUE(network("192.168.4.0/22").contains(ip("192.168.7.255")));
    EXPECT_FALSE(network("192.168.4.0/22").contains(ip("192.168.8.0")));
    EXPECT_TRUE(network("10.1.2.3").contains(ip("10.1.2.3")));
    EXPECT_FALSE(network("10.1.2.3").contains(ip("10.1.2.4")));
    EXPECT_TRUE(network("10.1.2.3/32").contains(ip("::ffff:10.1.2.3")));
    EXPECT_TRUE(network("0.0.0.0/0").contains(ip("8.8.8.8")));
    EXPECT_FALSE(network("0.0.0.0/0").contains(ip("::1")));
    EXPECT_TRUE(network("::/0").contains(ip("8.8.8.8")));
    EXPECT_TRUE(network("fd00::/8").contains(ip("fdab::1")));
    EXPECT_TRUE(network("::ffff:10.0.0.0/104").contains(ip("10.9.9.9")));
}

TEST(ParseNetwork, refuses_anything_else) {
    for (const std::string_view text :
         {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8",
          "10/8", "10.0.0.1/8", "fd00::/129", "fd00::1/8", "host/8", "10.0.0.0 /8"}) {
        const auto parsed = parse_network(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    }
}

}  // namespace
}  // namespace posthaste
