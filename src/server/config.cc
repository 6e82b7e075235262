#include "server/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <algorithm>

#include "server/settings.h"

namespace posthaste {

namespace {

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
        const auto setting = std::ranges::find(settings(), key.str(), &Setting::name);
        const std::string source =
            fmt::format("{}:{}: {}", file, node.source().begin.line, key.str());
        if (setting == settings().end())
            return fail(ErrorCode::invalid,
                        source + ": no such setting; `posthaste serve --help` lists them");
        Result<std::string> text = text_of(node);
        if (!text) return fail(ErrorCode::invalid, source + ": " + text.error().message);
        if (Result<void> applied = apply(config, *setting, *text, source); !applied) return applied;
    }
    return {};
}

// The first alias that is set; `source` is then its name.
std::optional<std::string> alias_value(const Setting& setting, const Environment& environment,
                                       std::string& source) {
    std::string_view rest = setting.aliases;
    while (!rest.empty()) {
        const std::size_t space = std::min(rest.find(' '), rest.size());
        const std::string name(rest.substr(0, space));
        if (std::optional<std::string> text = environment(name)) {
            source = name;
            return text;
        }
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    return std::nullopt;
}

// With files the keys lie beside them.
Result<void> place_keys(ServerConfig& config) {
    if (config.data_dir.empty()) return {};
    if (config.database_url.empty())
        return fail(ErrorCode::invalid,
                    "--data-dir goes with PostgreSQL; with sqlite:PATH that folder is PATH");
    config.database_dir = config.data_dir;
    return {};
}

Result<void> check(const ServerConfig& config) {
    if (!config.encryption_keys.empty() && !config.encryption_key_file.empty())
        return fail(ErrorCode::invalid,
                    "encryption_key and encryption_key_file are both set: give the keys in one "
                    "place");
    if (config.breaker.pause_max < config.breaker.pause)
        return fail(ErrorCode::invalid,
                    "breaker_pause_max_seconds is less than breaker_pause_seconds");
    if (config.auth == AuthMode::required || config.insecure_open) return {};
    const std::optional<IpAddress> address = parse_ip(config.listen_host);
    if (address && AddressGuard().refused_because(*address) == "loopback") return {};
    return fail(
        ErrorCode::invalid,
        fmt::format("--auth open on {} would let anyone who reaches it send and read; listen on "
                    "127.0.0.1, leave --auth required, or say --insecure-open true if a gateway in "
                    "front checks who calls",
                    config.listen_host));
}

}  // namespace

Result<ServerConfig> load_config(const std::string& file, const Environment& environment,
                                 const std::map<std::string, std::string>& flags) {
    ServerConfig config;
    if (!file.empty())
        if (Result<void> read = apply_file(config, file); !read)
            return std::unexpected(read.error());
    for (const Setting& setting : settings()) {
        const std::string variable = variable_of(setting);
        std::optional<std::string> text = environment(variable);
        std::string source = variable;
        const auto flag = flags.find(std::string(setting.name));
        if (flag != flags.end()) {
            text = flag->second;
            source = flag_of(setting);
        } else if (!text) {
            text = alias_value(setting, environment, source);
        }
        if (!text) continue;
        if (Result<void> applied = apply(config, setting, *text, source); !applied)
            return std::unexpected(applied.error());
    }
    if (Result<void> placed = place_keys(config); !placed) return std::unexpected(placed.error());
    if (Result<void> checked = check(config); !checked) return std::unexpected(checked.error());
    return config;
}

}  // namespace posthaste
