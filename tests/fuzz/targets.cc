#include <algorithm>
#include <array>

#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

constexpr std::array kTargets = {
    FuzzTarget{"accept_encoding", run_accept_encoding},
    FuzzTarget{"bytes", run_bytes},
    FuzzTarget{"chunks", run_chunks},
    FuzzTarget{"contact", run_contact},
    FuzzTarget{"email", run_email},
    FuzzTarget{"env_file", run_env_file},
    FuzzTarget{"filter", run_filter},
    FuzzTarget{"form", run_form},
    FuzzTarget{"forwarded", run_forwarded},
    FuzzTarget{"hosts", run_hosts},
    FuzzTarget{"http_date", run_http_date},
    FuzzTarget{"ids", run_ids},
    FuzzTarget{"ip", run_ip},
    FuzzTarget{"json", run_json},
    FuzzTarget{"lean_head", run_lean_head},
    FuzzTarget{"message", run_message},
    FuzzTarget{"message_in", run_message_in},
    FuzzTarget{"network", run_network},
    FuzzTarget{"order", run_order},
    FuzzTarget{"payload", run_payload},
    FuzzTarget{"payload_text", run_payload_text},
    FuzzTarget{"query", run_query},
    FuzzTarget{"request", run_request},
    FuzzTarget{"response", run_response},
    FuzzTarget{"retry_after", run_retry_after},
    FuzzTarget{"schema", run_schema},
    FuzzTarget{"sealed", run_sealed},
    FuzzTarget{"secret", run_secret},
    FuzzTarget{"token", run_token},
    FuzzTarget{"url", run_url},
    FuzzTarget{"verify", run_verify},
    FuzzTarget{"yaml", run_yaml},
};

}  // namespace

std::span<const FuzzTarget> fuzz_targets() { return kTargets; }

const FuzzTarget* find_fuzz_target(std::string_view name) {
    const auto* found = std::ranges::find(kTargets, name, &FuzzTarget::name);
    return found == kTargets.end() ? nullptr : found;
}

}  // namespace posthaste::fuzz
