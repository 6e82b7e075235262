#include "domain/outcome.h"

#include <algorithm>
#include <array>

namespace posthaste {
namespace {

constexpr std::array kOutcomes = {
    AttemptOutcome::delivered,      AttemptOutcome::rejected,   AttemptOutcome::timed_out,
    AttemptOutcome::connect_failed, AttemptOutcome::dns_failed, AttemptOutcome::tls_failed,
    AttemptOutcome::blocked,        AttemptOutcome::broken,     AttemptOutcome::interrupted,
};

constexpr std::chrono::seconds kRetryAfterMax = std::chrono::days{7};

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "120" or "0.5", rounded up to whole seconds.
std::optional<Duration> parse_delay_seconds(std::string_view text) {
    const std::string_view whole = text.substr(0, text.find('.'));
    if (whole.empty() || !std::ranges::all_of(whole, is_digit)) return std::nullopt;
    std::chrono::seconds delay{0};
    for (const char c : whole) {
        // Saturating at each digit keeps a long run of digits from overflowing.
        delay = std::min(delay * 10 + std::chrono::seconds{c - '0'}, kRetryAfterMax);
    }
    if (whole.size() < text.size()) {
        const std::string_view fraction = text.substr(whole.size() + 1);
        if (fraction.empty() || !std::ranges::all_of(fraction, is_digit)) return std::nullopt;
        const bool above = std::ranges::any_of(fraction, [](char c) { return c != '0'; });
        if (above) delay = std::min(delay + 1s, kRetryAfterMax);
    }
    return delay;
}

}  // namespace

std::string_view to_string(AttemptOutcome outcome) {
    switch (outcome) {
        case AttemptOutcome::delivered: return "delivered";
        case AttemptOutcome::rejected: return "rejected";
        case AttemptOutcome::timed_out: return "timed_out";
        case AttemptOutcome::connect_failed: return "connect_failed";
        case AttemptOutcome::dns_failed: return "dns_failed";
        case AttemptOutcome::tls_failed: return "tls_failed";
        case AttemptOutcome::blocked: return "blocked";
        case AttemptOutcome::broken: return "broken";
        case AttemptOutcome::interrupted: return "interrupted";
    }
    return "unknown";
}

std::optional<AttemptOutcome> parse_attempt_outcome(std::string_view text) {
    for (const AttemptOutcome outcome : kOutcomes) {
        if (to_string(outcome) == text) return outcome;
    }
    return std::nullopt;
}

std::optional<Duration> parse_retry_after(std::string_view value, Timestamp now) {
    const std::string_view text = trim(value);
    if (const auto delay = parse_delay_seconds(text)) return delay;
    const auto date = parse_http_date(text);
    if (!date) return std::nullopt;
    return std::clamp<Duration>(*date - now, Duration{0}, kRetryAfterMax);
}

}  // namespace posthaste
