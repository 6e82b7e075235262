#pragma once

// Configuration: a TOML file, then POSTHASTE_* variables (with the aliases older deployments use), then flags; the later
// wins. Text becomes one validated ServerConfig; a bad value names its source, what is wrong and what would be right.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/greeting.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/access.h"
#include "domain/address_guard.h"
#include "domain/breaker.h"
#include "domain/sealing.h"
#include "domain/signing.h"
#include "ports/telemetry.h"
#include "server/log_text.h"

namespace posthaste {

// Names of the signature headers to native endpoints.
enum class SignatureHeaders : std::uint8_t { webhook, svix, both };

struct ServerConfig {
    std::string listen_host = "127.0.0.1";
    std::uint16_t listen_port = 8000;
    std::string database_dir = "./data";  // of the files; with PostgreSQL of the keys made here
    std::string data_dir;                 // as it was set; empty: not
    std::string database_url;  // of PostgreSQL, perhaps with a password; empty: the files
    AuthMode auth = AuthMode::required;
    bool insecure_open = false;
    std::vector<Network> allow_net;
    std::vector<Network> trusted_proxies;  // whose X-Forwarded-For says who the client is
    Severity log_level = Severity::info;
    LogFormat log_format = LogFormat::json;
    bool access_log = false;
    std::size_t reactors = 0;  // 0: one per core
    std::string ca_file;
    std::size_t body_bytes_max = 8u << 20;
    std::size_t in_flight_max = 1024;
    std::size_t endpoint_in_flight_max = 64;
    Duration retention = 72h;
    Duration dead_retention = 24h * 30;
    Duration drain = 20s;
    std::uint64_t partition_bytes_max = 512u << 20;
    bool core_dumps = false;  // may be written; they hold secrets

    // Secrets at rest. The first key seals; none: those in the file.
    std::vector<SealingKey> encryption_keys;
    std::string encryption_key_file;  // empty: "encryption_key" in the data folder
    bool encrypt_payloads = false;
    std::optional<std::uint32_t> subscriptions_attempts_max;
    std::optional<Duration> subscriptions_retry_base;

    BreakerRules breaker;

    // The orders API.
    std::string orders_target;  // a URL, normalised; empty: none
    std::optional<std::string> orders_secret;
    Greeting greeting = Greeting::subscriptions;
    std::string app_env = "development";

    // The contacts API.
    std::optional<bool> is_signup_open;  // none: in open mode
    std::size_t contacts_webhooks_max = 10;
    std::vector<std::string> contacts_http_hosts;

    // The native API.
    std::string
        jwt_secret;  // HMAC text or PEM; empty: one is generated and kept in the data folder
    std::string jwt_algorithm = "HS256";
    std::string public_url;  // where customers reach this server; empty: the listening address
    std::optional<std::vector<Duration>> retry_schedule;  // of new endpoints; none: the default
    Duration request_timeout = 30s;                       // of one attempt to a native endpoint
    Duration disable_after = 120h;  // of nothing but failure; 0: endpoints are never disabled
    bool https_only = false;        // endpoints must have https URLs
    SignatureHeaders signature_headers = SignatureHeaders::both;
    KeyKind signature_type = KeyKind::hmac_sha256;  // of generated secrets
    bool operational_webhooks = false;
    bool verify_tls = true;

    // Accounts.
    std::string session_secret;  // empty: one is generated and kept in the data folder
    Duration session_lifetime = 24h * 8;

    std::vector<std::string> notes;  // accepted but without effect; said once at start
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// `flags`: setting name -> text. `file`: path of a TOML file, or empty.
[[nodiscard]] Result<ServerConfig> load_config(const std::string& file,
                                               const Environment& environment,
                                               const std::map<std::string, std::string>& flags);

}  // namespace posthaste
