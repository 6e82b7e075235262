#include "server/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace posthaste {

namespace {

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
    if (text.starts_with("postgres://") || text.starts_with("postgresql://"))
        return fail(
            ErrorCode::invalid,
            "PostgreSQL is not part of this version; use sqlite:PATH, such as sqlite:./data");
    constexpr std::string_view kPrefix = "sqlite:";
    if (!text.starts_with(kPrefix) || text.size() == kPrefix.size())
        return wrong(text, "sqlite:PATH, such as sqlite:./data");
    config.database_dir = text.substr(kPrefix.size());
    return {};
}

Result<void> set_auth(ServerConfig& config, std::string_view text) {
    if (text != "open" && text != "required") return wrong(text, "'open' or 'required'");
    config.auth = text == "open" ? AuthMode::open : AuthMode::required;
    return {};
}

Result<void> set_insecure_open(ServerConfig& config, std::string_view text) {
    if (text != "true" && text != "false" && text != "1" && text != "0")
        return wrong(text, "true or false");
    config.insecure_open = text == "true" || text == "1";
    return {};
}

Result<void> set_allow_net(ServerConfig& config, std::string_view text) {
    config.allow_net.clear();
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        std::string_view item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (item.starts_with(' ')) item.remove_prefix(1);
        while (item.ends_with(' ')) item.remove_suffix(1);
        if (item.empty()) continue;
        ASSIGN_OR_RETURN(Network network, parse_network(item));
        config.allow_net.push_back(network);
    }
    return {};
}

Result<void> set_log_level(ServerConfig& config, std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
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

Result<void> set_reactors(ServerConfig& config, std::string_view text) {
    return read_number<std::size_t>(text, 0, 256, config.reactors);
}

Result<void> set_ca_file(ServerConfig& config, std::string_view text) {
    config.ca_file = text;
    return {};
}

Result<void> set_body_max(ServerConfig& config, std::string_view text) {
    return read_number<std::size_t>(text, 1024, std::size_t{1} << 30, config.body_bytes_max);
}

Result<void> set_in_flight(ServerConfig& config, std::string_view text) {
    return read_number<std::size_t>(text, 1, 100'000, config.in_flight_max);
}

Result<void> set_endpoint_in_flight(ServerConfig& config, std::string_view text) {
    return read_number<std::size_t>(text, 1, 10'000, config.endpoint_in_flight_max);
}

Result<void> set_retention(ServerConfig& config, std::string_view text) {
    std::int64_t hours = 0;
    if (Result<void> read = read_number<std::int64_t>(text, 1, 24 * 3650, hours); !read)
        return read;
    config.retention = std::chrono::hours(hours);
    return {};
}

Result<void> set_dead_retention(ServerConfig& config, std::string_view text) {
    std::int64_t days = 0;
    if (Result<void> read = read_number<std::int64_t>(text, 1, 3650, days); !read) return read;
    config.dead_retention = std::chrono::hours(24 * days);
    return {};
}

Result<void> set_drain(ServerConfig& config, std::string_view text) {
    std::int64_t seconds = 0;
    if (Result<void> read = read_number<std::int64_t>(text, 0, 3600, seconds); !read) return read;
    config.drain = std::chrono::seconds(seconds);
    return {};
}

Result<void> set_partition_bytes(ServerConfig& config, std::string_view text) {
    return read_number<std::uint64_t>(text, 1u << 20, std::uint64_t{1} << 40,
                                      config.partition_bytes_max);
}

Result<void> set_attempts_max(ServerConfig& config, std::string_view text) {
    std::uint32_t attempts = 0;
    if (Result<void> read = read_number<std::uint32_t>(text, 1, 1000, attempts); !read) return read;
    config.subscriptions_attempts_max = attempts;
    return {};
}

Result<void> set_retry_delay(ServerConfig& config, std::string_view text) {
    std::int64_t seconds = 0;
    if (Result<void> read = read_number<std::int64_t>(text, 0, 86'400, seconds); !read) return read;
    config.subscriptions_retry_base = std::chrono::seconds(seconds);
    return {};
}

Result<void> note_redis(ServerConfig& config, std::string_view) {
    config.notes.emplace_back("REDIS_URL is set and has no effect: posthaste needs no Redis");
    return {};
}

constexpr std::array kSettings = {
    Setting{"listen", "", "HOST:PORT", "address to listen on [127.0.0.1:8000]", set_listen},
    Setting{"database", "DATABASE_URL", "sqlite:PATH", "where data lives [sqlite:./data]",
            set_database},
    Setting{"auth", "", "open|required", "who may call the API [required]", set_auth},
    Setting{"insecure_open", "", "true|false",
            "allow --auth open on addresses others can reach [false]", set_insecure_open},
    Setting{"allow_net", "", "CIDR,...",
            "networks deliveries may reach although they are not public [none]", set_allow_net},
    Setting{"log_level", "LOG_LEVEL", "LEVEL", "debug, info, warning or error [info]",
            set_log_level},
    Setting{"reactors", "", "N", "event loops; 0 is one per core [0]", set_reactors},
    Setting{"ca_file", "", "FILE", "certificate authorities to trust besides the system's",
            set_ca_file},
    Setting{"body_bytes_max", "", "BYTES", "largest accepted request body [8388608]", set_body_max},
    Setting{"in_flight_max", "", "N", "attempts at once per event loop [1024]", set_in_flight},
    Setting{"endpoint_in_flight_max", "", "N", "attempts at once per endpoint [64]",
            set_endpoint_in_flight},
    Setting{"retention_hours", "", "HOURS", "how long finished deliveries are kept [72]",
            set_retention},
    Setting{"dead_retention_days", "", "DAYS", "how long dead letters are kept [30]",
            set_dead_retention},
    Setting{"drain_seconds", "", "SECONDS", "how long SIGTERM waits for attempts in flight [20]",
            set_drain},
    Setting{"partition_bytes_max", "", "BYTES", "size at which a log file is closed [536870912]",
            set_partition_bytes},
    Setting{"webhook_max_retries", "WEBHOOK_MAX_RETRIES", "N",
            "attempts of a subscription's delivery, the first included [5]", set_attempts_max},
    Setting{"webhook_retry_delay", "WEBHOOK_RETRY_DELAY", "SECONDS",
            "base of exponential retries instead of 10, 30, 60, 300, 900 s", set_retry_delay},
    Setting{"redis_url", "REDIS_URL", "URL", "accepted for older deployments; no effect",
            note_redis},
};

Result<void> apply(ServerConfig& config, const Setting& setting, std::string_view text,
                   std::string_view source) {
    Result<void> applied = setting.apply(config, text);
    if (!applied) applied.error().message = fmt::format("{}: {}", source, applied.error().message);
    return applied;
}

Result<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
    if (const auto* list = node.as_array()) {
        std::string joined;
        for (const toml::node& item : *list) {
            ASSIGN_OR_RETURN(const std::string part, text_of(item));
            joined += (joined.empty() ? "" : ",") + part;
        }
        return joined;
    }
    return fail(ErrorCode::invalid,
                "must be a text, a whole number, true, false or a list of these");
}

Result<void> apply_file(ServerConfig& config, const std::string& file) {
    toml::table table;
    try {
        table = toml::parse_file(file);
    } catch (const toml::parse_error& error) {
        return fail(ErrorCode::invalid,
                    fmt::format("{}:{}: {}", file, error.source().begin.line, error.description()));
    }
    for (const auto& [key, node] : table) {
        const auto setting =
            std::find_if(kSettings.begin(), kSettings.end(),
                         [&](const Setting& each) { return each.name == key.str(); });
        const std::string source =
            fmt::format("{}:{}: {}", file, node.source().begin.line, key.str());
        if (setting == kSettings.end())
            return fail(ErrorCode::invalid,
                        source + ": no such setting; `posthaste serve --help` lists them");
        Result<std::string> text = text_of(node);
        if (!text) return fail(ErrorCode::invalid, source + ": " + text.error().message);
        if (Result<void> applied = apply(config, *setting, *text, source); !applied) return applied;
    }
    return {};
}

Result<void> check(const ServerConfig& config) {
    const std::optional<IpAddress> address = parse_ip(config.listen_host);
    const bool loopback = address && AddressGuard().refused_because(*address) == "loopback";
    if (config.auth == AuthMode::required)
        return fail(ErrorCode::invalid,
                    "accounts are not part of this version, so --auth required would let nobody "
                    "in; start with "
                    "--auth open (on a loopback address, or with --insecure-open true behind your "
                    "own gateway)");
    if (!loopback && !config.insecure_open)
        return fail(
            ErrorCode::invalid,
            fmt::format("--auth open on {} would let anyone who reaches it send and read; listen "
                        "on 127.0.0.1, "
                        "or say --insecure-open true if a gateway in front checks who calls",
                        config.listen_host));
    return {};
}

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

Result<ServerConfig> load_config(const std::string& file, const Environment& environment,
                                 const std::map<std::string, std::string>& flags) {
    ServerConfig config;
    if (!file.empty())
        if (Result<void> read = apply_file(config, file); !read)
            return std::unexpected(read.error());
    for (const Setting& setting : kSettings) {
        const std::string variable = variable_of(setting);
        std::optional<std::string> text = environment(variable);
        std::string source = variable;
        const auto flag = flags.find(std::string(setting.name));
        if (flag != flags.end()) {
            text = flag->second;
            source = flag_of(setting);
        } else if (!text && !setting.alias.empty()) {
            source = setting.alias;
            text = environment(source);
        }
        if (!text) continue;
        if (Result<void> applied = apply(config, setting, *text, source); !applied)
            return std::unexpected(applied.error());
    }
    if (Result<void> checked = check(config); !checked) return std::unexpected(checked.error());
    return config;
}

}  // namespace posthaste
