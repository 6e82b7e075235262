#pragma once

// What the development receiver answers, decided from its options alone: pure, so that each way of misbehaving is a row in
// a table of tests.

#include <cstdint>

#include "base/time.h"
#include "server/commands/commands.h"

namespace posthaste {

enum class AnswerBody : std::uint8_t { ordinary, none_ever, sized, endless };

struct ListenAnswer {
    int status = 200;
    AnswerBody body = AnswerBody::ordinary;
    std::uint64_t body_bytes = 0;  // of a sized body
    Duration delay{};

    friend bool operator==(const ListenAnswer&, const ListenAnswer&) = default;
};

// `number` counts deliveries from 1; `uptime` is the time since the receiver started.
[[nodiscard]] ListenAnswer choose_answer(const ListenOptions& options, std::uint64_t number,
                                         Duration uptime);

}  // namespace posthaste
