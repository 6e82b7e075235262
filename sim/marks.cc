#include "sim/marks.h"

#include <array>
#include <atomic>
#include <iterator>

namespace posthaste::sim {

namespace {

constexpr std::string_view kNames[] = {
#define X(name) #name,
    POSTHASTE_SIM_MARKS(X)
#undef X
};

std::array<std::atomic<bool>, std::size(kNames)> hits{};

}  // namespace

void reached(Mark mark) {
    hits[static_cast<std::size_t>(mark)].store(true, std::memory_order_relaxed);
}

std::vector<std::string_view> marks_missed() {
    std::vector<std::string_view> missed;
    for (std::size_t i = 0; i < std::size(kNames); ++i) {
        if (!hits[i].load(std::memory_order_relaxed)) missed.push_back(kNames[i]);
    }
    return missed;
}

void forget_marks() {
    for (auto& hit : hits) hit.store(false, std::memory_order_relaxed);
}

}  // namespace posthaste::sim
