#include "server/settings.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <type_traits>

#include "base/bytes.h"
#include "base/text.h"
#include "domain/url.h"

namespace posthaste {

namespace {

// What a number of attempts at once may be; the other server's "unlimited".
constexpr std::size_t kInFlightMax = 100'000;

Result<void> wrong(std::string_view text, std::string_view expected) {
    return fail(ErrorCode::invalid, fmt::format("'{}' is not {}", text, expected));
}

template <class Number>
Result<void> read_number(std::string_view text, Number low, Number high, Number& out) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        return wrong(text, fmt::format("a whole number from {} to {}", low, high));
    out = value;
    return {};
}

Result<void> read_flag(std::string_view text, bool& out) {
    if (text != "true" && text != "false" && text != "1" && text != "0")
        return wrong(text, "true or false");
    out = text == "true" || text == "1";
    return {};
}

// The items of "a, b" or "[a, b]", without the empty ones.
std::vector<std::string_view> items_of(std::string_view text) {
    text = trim_blanks(text);
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    std::vector<std::string_view> items;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        const std::string_view item = trim_blanks(text.substr(0, comma));
        if (!item.empty()) items.push_back(item);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

// Setters of the plain kinds, by the member they set.

template <auto kMember>
Result<void> set_flag(ServerConfig& config, std::string_view text) {
    return read_flag(text, config.*kMember);
}

template <auto kMember>
Result<void> set_text(ServerConfig& config, std::string_view text) {
    config.*kMember = text;
    return {};
}

template <auto kMember, std::uint64_t kLow, std::uint64_t kHigh>
Result<void> set_number(ServerConfig& config, std::string_view text) {
    using Number = std::remove_reference_t<decltype(config.*kMember)>;
    return read_number<Number>(text, kLow, kHigh, config.*kMember);
}

template <auto kMember, class Unit, std::int64_t kLow, std::int64_t kHigh>
Result<void> set_time(ServerConfig& config, std::string_view text) {
    std::int64_t count = 0;
    if (Result<void> read = read_number(text, kLow, kHigh, count); !read) return read;
    config.*kMember = Unit(count);
    return {};
}

template <auto kMember>
Result<void> set_networks(ServerConfig& config, std::string_view text) {
    std::vector<Network> networks;
    for (const std::string_view item : items_of(text)) {
        ASSIGN_OR_RETURN(const Network network, parse_network(item));
        networks.push_back(network);
    }
    config.*kMember = std::move(networks);
    return {};
}

Result<void> set_listen(ServerConfig& config, std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0)
        return wrong(text, "HOST:PORT, such as 127.0.0.1:8000");
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    if (!parse_ip(host))
        return wrong(text, "an address and a port, such as 127.0.0.1:8000 or [::]:8000");
    config.listen_host = host;
    return read_number<std::uint16_t>(text.substr(colon + 1), 0, 65535, config.listen_port);
}

Result<void> set_database(ServerConfig& config, std::string_view text) {
    constexpr std::string_view kPrefix = "sqlite:";
    config.database_url.clear();
    if (text.starts_with("postgres://") || text.starts_with("postgresql://")) {
        config.database_url = text;
        config.database_dir = ServerConfig{}.database_dir;
        return {};
    }
    // What else it may be can hold a password.
    if (!text.starts_with(kPrefix) || text.size() == kPrefix.size())
        return fail(ErrorCode::invalid,
                    "it must be sqlite:PATH, such as sqlite:./data, or postgres://USER@HOST/NAME");
    config.database_dir = text.substr(kPrefix.size());
    return {};
}

Result<void> set_data_dir(ServerConfig& config, std::string_view text) {
    if (text.empty()) return wrong(text, "a folder");
    config.data_dir = text;
    return {};
}

Result<void> set_auth(ServerConfig& config, std::string_view text) {
    if (text != "open" && text != "required") return wrong(text, "'open' or 'required'");
    config.auth = text == "open" ? AuthMode::open : AuthMode::required;
    return {};
}

Result<void> set_log_level(ServerConfig& config, std::string_view text) {
    const std::string lower = to_lower(text);
    if (lower == "debug")
        config.log_level = Severity::debug;
    else if (lower == "info")
        config.log_level = Severity::info;
    else if (lower == "warning" || lower == "warn")
        config.log_level = Severity::warning;
    else if (lower == "error" || lower == "critical")
        config.log_level = Severity::error;
    else
        return wrong(text, "debug, info, warning or error");
    return {};
}

Result<void> set_log_format(ServerConfig& config, std::string_view text) {
    // What Svix's server calls the spelling for people.
    const bool is_text = text == "text" || text == "default" || text == "pretty";
    if (text != "json" && !is_text) return wrong(text, "json or text");
    config.log_format = is_text ? LogFormat::text : LogFormat::json;
    return {};
}

Result<void> set_encryption_key(ServerConfig& config, std::string_view text) {
    constexpr std::size_t kWeak = 16;
    std::vector<SealingKey> keys;
    for (const std::string_view item : items_of(text)) {
        ASSIGN_OR_RETURN(SealingKey key, SealingKey::parse(item));
        keys.push_back(key);
        if (item.size() < kWeak)
            config.notes.emplace_back(
                "encryption_key is a text of fewer than 16 characters, which whoever has the data "
                "can guess; `openssl rand -base64 32` makes a good one");
    }
    if (keys.empty())
        return fail(ErrorCode::invalid,
                    "it holds no key; `openssl rand -base64 32` makes a good one");
    config.encryption_keys = std::move(keys);
    return {};
}

Result<void> set_attempts_max(ServerConfig& config, std::string_view text) {
    std::uint32_t attempts = 0;
    if (Result<void> read = read_number<std::uint32_t>(text, 1, 1000, attempts); !read) return read;
    config.subscriptions_attempts_max = attempts;
    return {};
}

template <auto kMember>
Result<void> set_breaker_time(ServerConfig& config, std::string_view text) {
    constexpr std::int64_t kLow = kMember == &BreakerRules::lasting ? 0 : 1;
    std::int64_t seconds = 0;
    if (Result<void> read = read_number<std::int64_t>(text, kLow, 604'800, seconds); !read)
        return read;
    config.breaker.*kMember = std::chrono::seconds(seconds);
    return {};
}

Result<void> set_breaker_failures(ServerConfig& config, std::string_view text) {
    return read_number<std::uint32_t>(text, 0, 1000, config.breaker.failures);
}

// ---- the orders API

Result<void> set_orders_target(ServerConfig& config, std::string_view text) {
    config.orders_target.clear();
    if (text.empty()) return {};
    Result<Target> target = parse_target(text);
    if (!target) return wrong(text, "a URL that orders can be sent to: " + target.error().message);
    config.orders_target = std::move(target->url);
    return {};
}

Result<void> set_orders_secret(ServerConfig& config, std::string_view text) {
    config.orders_secret.reset();
    if (text.empty()) return {};
    if (const auto key = parse_secret(text); !key) return std::unexpected(key.error());
    config.orders_secret = text;
    return {};
}

Result<void> set_greeting(ServerConfig& config, std::string_view text) {
    if (text != "subscriptions" && text != "orders") return wrong(text, "subscriptions or orders");
    config.greeting = text == "orders" ? Greeting::orders : Greeting::subscriptions;
    return {};
}

Result<void> note_app_port(ServerConfig& config, std::string_view) {
    config.notes.emplace_back("APP_PORT is set and has no effect: --listen says the port");
    return {};
}

// ---- the contacts API

Result<void> set_signup(ServerConfig& config, std::string_view text) {
    if (text != "open" && text != "closed") return wrong(text, "'open' or 'closed'");
    config.is_signup_open = text == "open";
    return {};
}

Result<void> set_contacts_http_hosts(ServerConfig& config, std::string_view text) {
    config.contacts_http_hosts.clear();
    for (const std::string_view item : items_of(text))
        config.contacts_http_hosts.push_back(to_lower(item));
    return {};
}

// ---- the native API

Result<void> set_jwt_secret(ServerConfig& config, std::string_view text) {
    if (text.empty()) return wrong(text, "a secret, or a key in PEM form");
    config.jwt_secret = text;
    return {};
}

Result<void> set_jwt_algorithm(ServerConfig& config, std::string_view text) {
    constexpr std::array kKnown = {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "EdDSA"};
    if (std::find(kKnown.begin(), kKnown.end(), text) == kKnown.end())
        return wrong(text, "HS256, HS384, HS512, RS256, RS384, RS512 or EdDSA");
    config.jwt_algorithm = text;
    return {};
}

Result<void> set_public_url(ServerConfig& config, std::string_view text) {
    if (!text.starts_with("http://") && !text.starts_with("https://"))
        return wrong(text, "a URL, such as https://webhooks.example.com");
    while (text.ends_with('/')) text.remove_suffix(1);
    config.public_url = text;
    return {};
}

Result<void> set_retry_schedule(ServerConfig& config, std::string_view text) {
    std::vector<Duration> gaps;
    for (const std::string_view item : items_of(text)) {
        std::int64_t seconds = 0;
        if (Result<void> read = read_number<std::int64_t>(item, 0, 31'536'000, seconds); !read)
            return read;
        gaps.emplace_back(std::chrono::seconds(seconds));
    }
    config.retry_schedule = std::move(gaps);
    return {};
}

Result<void> set_signature_headers(ServerConfig& config, std::string_view text) {
    if (text == "webhook")
        config.signature_headers = SignatureHeaders::webhook;
    else if (text == "svix")
        config.signature_headers = SignatureHeaders::svix;
    else if (text == "both")
        config.signature_headers = SignatureHeaders::both;
    else
        return wrong(text, "webhook, svix or both");
    return {};
}

Result<void> set_session_secret(ServerConfig& config, std::string_view text) {
    constexpr std::size_t kBytesMin = 16;
    if (text.size() < kBytesMin)
        return fail(ErrorCode::invalid,
                    fmt::format("must have at least {} characters: whoever guesses it is anybody",
                                kBytesMin));
    config.session_secret = text;
    return {};
}

// The other server sends one family of names or the other.
Result<void> set_whitelabel_headers(ServerConfig& config, std::string_view text) {
    bool is_white = false;
    if (Result<void> read = read_flag(text, is_white); !read) return read;
    config.signature_headers = is_white ? SignatureHeaders::webhook : SignatureHeaders::svix;
    return {};
}

Result<void> set_signature_type(ServerConfig& config, std::string_view text) {
    if (text != "hmac256" && text != "ed25519") return wrong(text, "hmac256 or ed25519");
    config.signature_type = text == "ed25519" ? KeyKind::ed25519 : KeyKind::hmac_sha256;
    return {};
}

// There the address is that of an API that takes the events; here it is this server.
Result<void> set_operational_address(ServerConfig& config, std::string_view text) {
    config.operational_webhooks = !text.empty();
    return {};
}

Result<void> set_no_verify_tls(ServerConfig& config, std::string_view text) {
    bool is_off = false;
    if (Result<void> read = read_flag(text, is_off); !read) return read;
    config.verify_tls = !is_off;
    return {};
}

Result<void> set_worker_tasks(ServerConfig& config, std::string_view text) {
    std::size_t tasks = 0;
    if (Result<void> read = read_number<std::size_t>(text, 0, kInFlightMax, tasks); !read)
        return read;
    config.in_flight_max = tasks == 0 ? kInFlightMax : tasks;
    return {};
}

Result<void> refuse_proxy(ServerConfig&, std::string_view text) {
    if (text.empty()) return {};
    return fail(ErrorCode::invalid,
                "deliveries through a proxy are not part of this version; unset it, and let "
                "--allow-net say which private networks may be reached");
}

Result<void> note_database(ServerConfig& config, std::string_view) {
    config.notes.emplace_back(
        "SVIX_DB_DSN is set and has no effect: this version keeps its data in --database");
    return {};
}

Result<void> note_queue(ServerConfig& config, std::string_view) {
    config.notes.emplace_back(
        "SVIX_REDIS_DSN, SVIX_QUEUE_* and SVIX_CACHE_* have no effect: posthaste needs no queue or "
        "cache beside it");
    return {};
}

Result<void> note_division(ServerConfig& config, std::string_view text) {
    bool is_on = true;
    if (Result<void> read = read_flag(text, is_on); !read) return read;
    if (!is_on)
        config.notes.emplace_back(
            "SVIX_API_ENABLED and SVIX_WORKER_ENABLED have no effect: every server takes events "
            "and "
            "delivers them");
    return {};
}

Result<void> note_monitoring(ServerConfig& config, std::string_view text) {
    if (!text.empty())
        config.notes.emplace_back(
            "SVIX_SENTRY_DSN and SVIX_OPENTELEMETRY_ADDRESS have no effect: metrics are read from "
            "/metrics, and errors from the log");
    return {};
}

Result<void> note_redis(ServerConfig& config, std::string_view) {
    config.notes.emplace_back("REDIS_URL is set and has no effect: posthaste needs no Redis");
    return {};
}

constexpr std::array kSettings = {
    Setting{"listen", "SVIX_LISTEN_ADDRESS", "HOST:PORT", "address to listen on [127.0.0.1:8000]",
            set_listen},
    Setting{"database", "DATABASE_URL", "sqlite:PATH|postgres://...",
            "where data lives [sqlite:./data]", set_database},
    Setting{"data_dir", "", "FOLDER",
            "with PostgreSQL: where the keys are kept that the server makes itself [./data]",
            set_data_dir},
    Setting{"auth", "", "open|required", "who may call the API [required]", set_auth},
    Setting{"insecure_open", "", "true|false",
            "allow --auth open on addresses others can reach [false]",
            set_flag<&ServerConfig::insecure_open>},
    Setting{"allow_net", "SVIX_WHITELIST_SUBNETS", "CIDR,...",
            "networks deliveries may reach although they are not public [none]",
            set_networks<&ServerConfig::allow_net>},
    Setting{"trusted_proxies", "", "CIDR,...",
            "networks of reverse proxies whose X-Forwarded-For is believed [none]",
            set_networks<&ServerConfig::trusted_proxies>},
    Setting{"log_level", "LOG_LEVEL SVIX_LOG_LEVEL", "LEVEL",
            "debug, info, warning or error [info]", set_log_level},
    Setting{"log_format", "SVIX_LOG_FORMAT", "json|text", "how log lines are spelled [json]",
            set_log_format},
    Setting{"access_log", "", "true|false", "log each request [false]",
            set_flag<&ServerConfig::access_log>},
    Setting{"reactors", "", "N", "event loops; 0 is one per core [0]",
            set_number<&ServerConfig::reactors, 0, 256>},
    Setting{"ca_file", "", "FILE", "certificate authorities to trust besides the system's",
            set_text<&ServerConfig::ca_file>},
    Setting{"body_bytes_max", "", "BYTES", "largest accepted request body [8388608]",
            set_number<&ServerConfig::body_bytes_max, 1024, 1 << 30>},
    Setting{"in_flight_max", "", "N", "attempts at once per event loop [1024]",
            set_number<&ServerConfig::in_flight_max, 1, kInFlightMax>},
    Setting{"endpoint_in_flight_max", "", "N", "attempts at once per endpoint [64]",
            set_number<&ServerConfig::endpoint_in_flight_max, 1, 10'000>},
    Setting{"retention_hours", "", "HOURS", "how long finished deliveries are kept [72]",
            set_time<&ServerConfig::retention, std::chrono::hours, 1, 24 * 3650>},
    Setting{"dead_retention_days", "", "DAYS", "how long dead letters are kept [30]",
            set_time<&ServerConfig::dead_retention, std::chrono::days, 1, 3650>},
    Setting{"drain_seconds", "", "SECONDS", "how long SIGTERM waits for attempts in flight [20]",
            set_time<&ServerConfig::drain, std::chrono::seconds, 0, 3600>},
    Setting{"partition_bytes_max", "", "BYTES", "size at which a log file is closed [536870912]",
            set_number<&ServerConfig::partition_bytes_max, 1 << 20, std::uint64_t{1} << 40>},
    Setting{"encryption_key", "SVIX_MAIN_SECRET", "KEY,...",
            "seals secrets at rest: 32 bytes in base64 or hex, or any text; the first one seals "
            "[generated, in the data folder]",
            set_encryption_key},
    Setting{"encryption_key_file", "", "FILE",
            "file of such keys, one a line [encryption_key in the data folder]",
            set_text<&ServerConfig::encryption_key_file>},
    Setting{"encrypt_payloads", "", "true|false",
            "seal payloads and answers of receivers too [false]",
            set_flag<&ServerConfig::encrypt_payloads>},
    Setting{"core_dumps", "", "true|false", "allow core dumps, which hold secrets [false]",
            set_flag<&ServerConfig::core_dumps>},
    Setting{"webhook_max_retries", "WEBHOOK_MAX_RETRIES", "N",
            "attempts of a subscription's delivery, the first included [5]", set_attempts_max},
    Setting{"webhook_retry_delay", "WEBHOOK_RETRY_DELAY", "SECONDS",
            "base of exponential retries instead of 10, 30, 60, 300, 900 s",
            set_time<&ServerConfig::subscriptions_retry_base, std::chrono::seconds, 0, 86'400>},
    Setting{"breaker_failures", "", "N",
            "different deliveries that fail in a row make an endpoint unhealthy; 0: never [10]",
            set_breaker_failures},
    Setting{"breaker_after_seconds", "", "SECONDS", "for how long they must have been failing [30]",
            set_breaker_time<&BreakerRules::lasting>},
    Setting{"breaker_pause_seconds", "", "SECONDS",
            "for how long an unhealthy endpoint is left alone at first [30]",
            set_breaker_time<&BreakerRules::pause>},
    Setting{"breaker_pause_max_seconds", "", "SECONDS",
            "and at most, after each failed probe twice as long [600]",
            set_breaker_time<&BreakerRules::pause_max>},
    Setting{"breaker_delay_max_seconds", "", "SECONDS",
            "for how long an attempt that is due is held back at most [3600]",
            set_breaker_time<&BreakerRules::delay_max>},
    Setting{"orders_target_url", "WEBHOOK_TARGET_URL WEBHOOK_URL", "URL",
            "where orders are delivered [nowhere but to subscribed endpoints]", set_orders_target},
    Setting{"orders_secret", "WEBHOOK_SECRET", "TEXT",
            "deliveries to it are signed with this [not signed]", set_orders_secret},
    Setting{"greeting", "", "subscriptions|orders",
            "whose words GET / answers with [subscriptions]", set_greeting},
    Setting{"app_env", "APP_ENV", "TEXT", "what the greeting calls this place [development]",
            set_text<&ServerConfig::app_env>},
    Setting{"app_port", "APP_PORT", "PORT", "accepted for older deployments; no effect",
            note_app_port},
    Setting{"signup", "", "open|closed", "may anybody sign up [open with --auth open]", set_signup},
    Setting{"contacts_webhooks_max", "", "N", "active webhooks of a user of the contacts API [10]",
            set_number<&ServerConfig::contacts_webhooks_max, 1, 10'000>},
    Setting{"contacts_http_hosts", "", "HOST,...",
            "hosts beside this one that its webhooks may reach without TLS; *: any [none]",
            set_contacts_http_hosts},
    Setting{"jwt_secret", "SVIX_JWT_SECRET", "TEXT|PEM",
            "key of the native API's tokens [generated, in the data folder]", set_jwt_secret},
    Setting{"jwt_algorithm", "SVIX_JWT_ALGORITHM", "ALG",
            "HS256, HS384, HS512, RS256, RS384, RS512 or EdDSA [HS256]", set_jwt_algorithm},
    Setting{"session_secret", "SECRET_KEY", "TEXT",
            "key of users' sessions [generated, in the data folder]", set_session_secret},
    Setting{"session_hours", "", "HOURS", "how long a login lasts [192]",
            set_time<&ServerConfig::session_lifetime, std::chrono::hours, 1, 24 * 365>},
    Setting{"public_url", "", "URL", "where customers reach this server [http://LISTEN]",
            set_public_url},
    Setting{"retry_schedule", "SVIX_RETRY_SCHEDULE", "SECONDS,...",
            "gaps between attempts of a native endpoint [5,300,1800,7200,18000,36000,36000]",
            set_retry_schedule},
    Setting{"request_timeout_seconds", "SVIX_WORKER_REQUEST_TIMEOUT", "SECONDS",
            "of one attempt to a native endpoint [30]",
            set_time<&ServerConfig::request_timeout, std::chrono::seconds, 1, 300>},
    Setting{"disable_after_hours", "SVIX_ENDPOINT_FAILURE_DISABLE_AFTER", "HOURS",
            "an endpoint that only failed for so long is disabled; 0: never [120]",
            set_time<&ServerConfig::disable_after, std::chrono::hours, 0, 24 * 365>},
    Setting{"https_only", "SVIX_ENDPOINT_HTTPS_ONLY", "true|false",
            "refuse endpoints with http URLs [false]", set_flag<&ServerConfig::https_only>},
    Setting{"signature_headers", "", "webhook|svix|both",
            "names of the signature headers to native endpoints [both]", set_signature_headers},
    Setting{"whitelabel_headers", "SVIX_WHITELABEL_HEADERS", "true|false",
            "true: signature_headers=webhook; false: svix", set_whitelabel_headers},
    Setting{"signature_type", "SVIX_DEFAULT_SIGNATURE_TYPE", "hmac256|ed25519",
            "kind of the secrets made for endpoints [hmac256]", set_signature_type},
    Setting{"operational_webhooks", "", "true|false",
            "send events about endpoints and failing deliveries [false]",
            set_flag<&ServerConfig::operational_webhooks>},
    Setting{"operational_webhook_address", "SVIX_OPERATIONAL_WEBHOOK_ADDRESS", "URL",
            "any URL: operational_webhooks=true", set_operational_address},
    Setting{"verify_tls", "", "true|false", "check receivers' certificates [true]",
            set_flag<&ServerConfig::verify_tls>},
    Setting{"disable_tls_verification", "SVIX_DANGEROUS_DISABLE_TLS_VERIFICATION", "true|false",
            "true: verify_tls=false", set_no_verify_tls},
    Setting{"worker_max_tasks", "SVIX_WORKER_MAX_TASKS", "N", "in_flight_max; 0: unlimited",
            set_worker_tasks},
    Setting{"proxy_addr", "SVIX_PROXY_ADDR", "URL", "refused: there are no proxies in this version",
            refuse_proxy},
    Setting{"db_dsn", "SVIX_DB_DSN", "URL", "no effect", note_database},
    Setting{"redis_dsn",
            "SVIX_REDIS_DSN SVIX_QUEUE_DSN SVIX_CACHE_DSN SVIX_QUEUE_TYPE SVIX_CACHE_TYPE", "URL",
            "no effect", note_queue},
    Setting{"worker_enabled", "SVIX_API_ENABLED SVIX_WORKER_ENABLED", "true|false", "no effect",
            note_division},
    Setting{"sentry_dsn", "SVIX_SENTRY_DSN SVIX_OPENTELEMETRY_ADDRESS", "URL", "no effect",
            note_monitoring},
    Setting{"redis_url", "REDIS_URL", "URL", "accepted for older deployments; no effect",
            note_redis},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

std::string flag_of(const Setting& setting) {
    std::string flag = "--" + std::string(setting.name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

std::string variable_of(const Setting& setting) {
    std::string name = "POSTHASTE_" + std::string(setting.name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return name;
}

}  // namespace posthaste
