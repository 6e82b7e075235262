#include "server/commands/signature_check.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/bytes.h"

namespace posthaste {
namespace {

struct HexHeader {
    std::string_view name;
    std::string_view prefix;  // before the digits
};
constexpr std::array<HexHeader, 3> kHexHeaders{{
    {"X-Webhook-Signature", ""},
    {"X-Signature", ""},
    {"X-Hub-Signature-256", "sha256="},
}};

void check_standard(const HttpMessage& request, std::string_view family, const SigningKey& key,
                    Timestamp now, SignatureReport& report) {
    const std::string name = fmt::format("{}-signature", family);
    const std::string_view signatures = request.field(name);
    if (signatures.empty()) return;
    const Verification result = verify_standard(key, request.field(fmt::format("{}-id", family)),
                                                request.field(fmt::format("{}-timestamp", family)),
                                                signatures, request.body, now);
    if (result == Verification::valid) {
        report.valid.push_back(
            fmt::format("{} {}", name, key.kind == KeyKind::ed25519 ? "v1a" : "v1"));
    } else {
        report.invalid.push_back(fmt::format("{}: {}", name, to_string(result)));
    }
}

void check_hex(const HttpMessage& request, const HexHeader& header, const SigningKey& key,
               SignatureReport& report) {
    std::string_view value = request.field(header.name);
    // Only a shared secret can make these; an ed25519 key says nothing about them.
    if (value.empty() || key.kind != KeyKind::hmac_sha256) return;
    const std::string expected =
        fmt::format("{}{}", header.prefix, to_hex(hmac_sha256(key.bytes, request.body)));
    if (equal_constant_time(expected, value)) {
        report.valid.emplace_back(header.name);
    } else {
        report.invalid.push_back(fmt::format("{}: {}", header.name, "no_match"));
    }
}

}  // namespace

SignatureReport check_signatures(const HttpMessage& request, const SigningKey& key, Timestamp now) {
    SignatureReport report;
    check_standard(request, "webhook", key, now, report);
    check_standard(request, "svix", key, now, report);
    for (const HexHeader& header : kHexHeaders) check_hex(request, header, key, report);
    if (!report.invalid.empty()) {
        report.verdict = SignatureVerdict::invalid;
    } else if (!report.valid.empty()) {
        report.verdict = SignatureVerdict::valid;
    }
    return report;
}

std::string_view to_string(SignatureVerdict verdict) {
    switch (verdict) {
        case SignatureVerdict::valid: return "valid";
        case SignatureVerdict::invalid: return "invalid";
        case SignatureVerdict::missing: return "missing";
    }
    return "unknown";
}

std::string describe(const SignatureReport& report) {
    switch (report.verdict) {
        case SignatureVerdict::valid:
            return fmt::format("valid ({})", fmt::join(report.valid, ", "));
        case SignatureVerdict::invalid:
            return fmt::format("INVALID ({})", fmt::join(report.invalid, ", "));
        case SignatureVerdict::missing: return "missing";
    }
    return "unknown";
}

std::string_view delivery_identity(const HttpMessage& request) {
    for (const std::string_view name : {"webhook-id", "svix-id", "X-Webhook-Delivery-ID"}) {
        if (const std::string_view id = request.field(name); !id.empty()) return id;
    }
    return {};
}

}  // namespace posthaste
