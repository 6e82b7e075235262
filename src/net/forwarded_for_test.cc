#include "net/forwarded_for.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace posthaste {
namespace {

std::vector<Network> networks(std::initializer_list<std::string_view> texts) {
    std::vector<Network> parsed;
    for (const std::string_view text : texts) parsed.push_back(parse_network(text).value());
    return parsed;
}

std::string client_of(const std::vector<HeaderView>& headers) {
    const auto client =
        forwarded_client(headers, networks({"10.0.0.0/8", "127.0.0.1", "fd00::/8"}));
    return client ? to_string(*client) : "the peer";
}

TEST(ForwardedFor, WhatIsBelievedOfOneLine) {
    struct Row {
        std::string_view line;
        std::string_view client;
        std::string_view why;
    };
    constexpr Row kRows[] = {
        {"203.0.113.7", "203.0.113.7", "one proxy"},
        {"203.0.113.7, 10.1.2.3", "203.0.113.7", "two proxies"},
        {"203.0.113.7,10.1.2.3,\t127.0.0.1 ", "203.0.113.7", "three, oddly spaced"},
        {"198.51.100.1, 203.0.113.7", "203.0.113.7", "the first one is the client's own invention"},
        {"10.1.2.3, 203.0.113.7", "203.0.113.7", "it cannot pass for a proxy either"},
        {"10.9.9.9, 10.1.2.3", "10.9.9.9", "a client in the proxies' network"},
        {"nonsense, 203.0.113.7", "203.0.113.7", "what a client writes does not matter"},
        {"203.0.113.7, nonsense", "the peer", "our proxy does not know"},
        {"203.0.113.7, unknown, 10.1.2.3", "10.1.2.3", "nor does the one before it"},
        {"203.0.113.7, , 10.1.2.3, ", "203.0.113.7", "empty items are none (RFC 9110 §5.6.1)"},
        {"", "the peer", "nothing"},
        {" , ,", "the peer", "nothing, at length"},
        {"203.0.113.7:4711", "203.0.113.7", "with a port"},
        {"203.0.113.7:", "the peer", "with half a port"},
        {"203.0.113.7:123456", "the peer", "with more than a port"},
        {"203.0.113.7:80a", "the peer", "with none"},
        {":80", "the peer", "with nothing else"},
        {"2001:db8::7", "2001:db8::7", "IPv6"},
        {"[2001:db8::7]", "2001:db8::7", "in brackets"},
        {"[2001:DB8::7]:4711, [fd00::1]:80", "2001:db8::7", "with ports, behind a proxy"},
        {"[2001:db8::7", "the peer", "half a bracket"},
        {"2001:db8::7]", "the peer", "the other half"},
        {"[2001:db8::7]80", "the peer", "a port without its colon"},
        {"[2001:db8::7]:", "the peer", "a colon without its port"},
        {"[203.0.113.7]", "the peer", "brackets are for IPv6"},
        {"[]", "the peer", "around nothing"},
        {"fe80::1%eth0", "the peer", "a zone means something to its own host only"},
        {"::ffff:203.0.113.7", "203.0.113.7", "IPv4 in IPv6's clothes"},
        {"203.0.113.7, ::ffff:10.1.2.3", "203.0.113.7", "a proxy in them"},
        {"203.0.113.07", "the peer", "octal to some"},
        {"for=203.0.113.7", "the peer", "that is the other header's form"},
        {"\"203.0.113.7\"", "the peer", "quoted"},
    };
    for (const Row& row : kRows)
        EXPECT_EQ(client_of({{"X-Forwarded-For", row.line}}), row.client)
            << row.line << ": " << row.why;
}

TEST(ForwardedFor, SeveralLinesAreOneList) {
    EXPECT_EQ(client_of({{"x-forwarded-for", "198.51.100.1"},
                         {"Host", "h"},
                         {"X-FORWARDED-FOR", "203.0.113.7"},
                         {"X-Forwarded-For", "10.1.2.3"}}),
              "203.0.113.7");
    EXPECT_EQ(client_of({{"X-Forwarded-For", "203.0.113.7"}, {"X-Forwarded-For", ""}}),
              "203.0.113.7");
    EXPECT_EQ(client_of({{"X-Forwarded-For", "203.0.113.7"}, {"X-Forwarded-For", "odd"}}),
              "the peer");
}

TEST(ForwardedFor, OtherHeadersSayNothing) {
    EXPECT_EQ(client_of({}), "the peer");
    EXPECT_EQ(client_of({{"Forwarded", "for=203.0.113.7"},
                         {"X-Real-IP", "203.0.113.7"},
                         {"X-Forwarded", "203.0.113.7"}}),
              "the peer");
}

}  // namespace
}  // namespace posthaste
