// X-Forwarded-For, whose left part is written by whoever wants to be somebody else.

#include <algorithm>
#include <string>
#include <vector>

#include "base/assert.h"
#include "net/forwarded_for.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

// Each line of the input is one header line.
void run_forwarded(std::string_view input) {
    static const std::vector<Network> kProxies = {*parse_network("10.0.0.0/8"),
                                                  *parse_network("fd00::/8")};
    std::vector<HeaderView> lines;
    for (std::size_t begin = 0; begin <= input.size();) {
        const std::size_t end = std::min(input.find('\n', begin), input.size());
        lines.push_back({"X-Forwarded-For", input.substr(begin, end - begin)});
        begin = end + 1;
    }
    const auto client = forwarded_client(lines, kProxies);

    // One line says the same as several.
    std::string joined(input);
    std::ranges::replace(joined, '\n', ',');
    const std::vector<HeaderView> one_line = {{"x-forwarded-for", joined}};
    ASSERT(forwarded_client(one_line, kProxies) == client);

    // A further proxy changes nothing but that it is known itself.
    lines.push_back({"X-Forwarded-For", "[fd00::1]:80"});
    ASSERT(forwarded_client(lines, kProxies) == client.value_or(*parse_ip("fd00::1")));

    // Whatever a client sends, it is who our proxies saw.
    lines.back().value = "203.0.113.7";
    lines.push_back({"X-Forwarded-For", "10.1.2.3, 10.4.5.6"});
    ASSERT(forwarded_client(lines, kProxies) == parse_ip("203.0.113.7"));
}

}  // namespace posthaste::fuzz
