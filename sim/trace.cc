#include "sim/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace posthaste::sim {

namespace {

std::string format_line(const TraceLine& line,
                        const std::function<std::string(EndpointId)>& name_of) {
    const double seconds = static_cast<double>(line.at.count()) / 1e6;
    std::string text = fmt::format("{:>14.6f}  ", seconds);
    text += line.reactor >= 0 ? fmt::format("r{}  ", line.reactor) : "--  ";
    text += fmt::format("{:<26}", line.what);
    text += line.event.is_nil() ? std::string(15, ' ')
                                : fmt::format(" event {:08x}", line.event.hi & 0xFFFFFFFF);
    text += line.endpoint.is_nil() ? std::string(6, ' ')
                                   : fmt::format(" {:<5}", name_of(line.endpoint));
    if (line.value != 0) text += fmt::format(" {}", line.value);
    return text + "\n";
}

}  // namespace

void Trace::mix(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9E3779B97F4A7C15ULL;
    hash_ ^= hash_ >> 29;
}

void Trace::add(const TraceLine& line) {
    mix(static_cast<std::uint64_t>(line.at.count()));
    mix(static_cast<std::uint64_t>(line.reactor));
    for (const char c : std::string_view(line.what)) mix(static_cast<unsigned char>(c));
    mix(line.event.hi);
    mix(line.event.lo);
    mix(line.endpoint.hi);
    mix(line.endpoint.lo);
    mix(static_cast<std::uint64_t>(line.value));
    if (printing_) std::fputs(format_line(line, printing_).c_str(), stdout);
    if (ring_.size() < kKept) {
        ring_.push_back(line);
    } else {
        ring_[count_ % kKept] = line;
    }
    ++count_;
}

std::string Trace::tail(std::size_t lines_max,
                        const std::function<std::string(EndpointId)>& name_of) const {
    const std::uint64_t kept = std::min<std::uint64_t>({count_, kKept, lines_max});
    std::string text;
    for (std::uint64_t i = count_ - kept; i < count_; ++i)
        text += format_line(ring_[i % kKept], name_of);
    return text;
}

}  // namespace posthaste::sim
