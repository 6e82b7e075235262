#pragma once

// Checks every signature a delivery carries, the way a receiver of each kind would: Standard Webhooks headers (also under
// their svix- names) and the plain-hex ones.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "domain/signing.h"
#include "server/commands/message_reader.h"

namespace posthaste {

enum class SignatureVerdict : std::uint8_t { valid, invalid, missing };

struct SignatureReport {
    SignatureVerdict verdict = SignatureVerdict::missing;
    std::vector<std::string> valid;    // "webhook-signature v1", "X-Webhook-Signature"
    std::vector<std::string> invalid;  // with the reason: "webhook-signature: too_old"
};

// `valid` only if at least one signature is there and all of them match. The whole body must have been kept.
[[nodiscard]] SignatureReport check_signatures(const HttpMessage& request, const SigningKey& key,
                                               Timestamp now);

[[nodiscard]] std::string_view to_string(SignatureVerdict verdict);
// "valid (webhook-signature v1, X-Webhook-Signature)", "INVALID (X-Signature: no_match)", "missing".
[[nodiscard]] std::string describe(const SignatureReport& report);

// The identity that all attempts of a delivery share: webhook-id, else svix-id, else X-Webhook-Delivery-ID; or empty.
[[nodiscard]] std::string_view delivery_identity(const HttpMessage& request);

}  // namespace posthaste
