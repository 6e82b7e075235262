#pragma once

// How the development receiver tells about one delivery: a paragraph for people, or one line of JSON for scripts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "server/commands/message_reader.h"
#include "server/commands/signature_check.h"

namespace posthaste {

struct DeliveryReport {
    std::uint64_t number = 0;  // counted from 1
    Timestamp at{};
    const HttpMessage& request;
    std::optional<SignatureReport> signature;  // empty = no secret to check with
    std::uint64_t copies = 1;   // deliveries so far under this identity, this one included
    bool duplicate = false;     // one of them was answered with 2xx: it should not have come again
    std::optional<int> status;  // answered; empty = never will be
};

[[nodiscard]] std::string format_report_text(const DeliveryReport& report);
[[nodiscard]] std::string format_report_json(const DeliveryReport& report);

// JSON indented by two spaces, cut after `lines_max` lines; text that is not JSON is shown as it is, with control
// characters replaced.
[[nodiscard]] std::string format_body(std::string_view body, std::size_t lines_max);

}  // namespace posthaste
