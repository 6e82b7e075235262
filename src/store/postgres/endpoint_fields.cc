#include "store/postgres/endpoint_fields.h"

#include <array>
#include <bit>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/common/netstring.h"

namespace posthaste {

namespace {

// ---- values as texts -------------------------------------------------------------------------------------------------

template <class Value>
struct Text;

template <std::integral Number>
struct Text<Number> {
    static std::string write(Number number) { return std::to_string(std::int64_t{number}); }
    static std::optional<Number> read(std::string_view text) {
        const auto number = read_whole_number<std::int64_t>(text);
        if (!number || !std::in_range<Number>(*number)) return {};
        return static_cast<Number>(*number);
    }
};
template <>
struct Text<bool> {
    static std::string write(bool value) { return value ? "1" : "0"; }
    static std::optional<bool> read(std::string_view text) { return text == "1"; }
};
// Bit for bit.
template <>
struct Text<double> {
    static std::string write(double value) {
        return std::to_string(std::bit_cast<std::uint64_t>(value));
    }
    static std::optional<double> read(std::string_view text) {
        const auto bits = read_whole_number<std::uint64_t>(text);
        if (!bits) return {};
        return std::bit_cast<double>(*bits);
    }
};
template <class Value>
    requires std::is_enum_v<Value>
struct Text<Value> {
    using Number = std::underlying_type_t<Value>;
    static std::string write(Value value) { return Text<Number>::write(std::to_underlying(value)); }
    static std::optional<Value> read(std::string_view text) {
        const auto number = Text<Number>::read(text);
        if (!number) return {};
        return static_cast<Value>(*number);
    }
};
template <>
struct Text<Duration> {
    static std::string write(Duration value) { return std::to_string(value.count()); }
    static std::optional<Duration> read(std::string_view text) {
        const auto micros = read_whole_number<std::int64_t>(text);
        if (!micros) return {};
        return Duration{*micros};
    }
};
template <>
struct Text<Timestamp> {
    static std::string write(Timestamp at) { return std::to_string(to_micros(at)); }
    static std::optional<Timestamp> read(std::string_view text) {
        const auto micros = read_whole_number<std::int64_t>(text);
        if (!micros) return {};
        return from_micros(*micros);
    }
};
template <>
struct Text<std::string> {
    static std::string write(const std::string& text) { return text; }
    static std::optional<std::string> read(std::string_view text) { return std::string(text); }
};
template <class Item>
struct Text<std::vector<Item>> {
    static std::string write(const std::vector<Item>& items) {
        std::string text;
        for (const Item& item : items) append_netstring(text, Text<Item>::write(item));
        return text;
    }
    static std::optional<std::vector<Item>> read(std::string_view text) {
        std::vector<Item> items;
        while (!text.empty()) {
            const auto value = take_netstring(text);
            auto item = value ? Text<Item>::read(*value) : std::nullopt;
            if (!item) return {};
            items.push_back(*std::move(item));
        }
        return items;
    }
};
template <>
struct Text<Metadata> {
    static std::string write(const Metadata& metadata) {
        std::string text;
        for (const auto& [name, value] : metadata) {
            append_netstring(text, name);
            append_netstring(text, value);
        }
        return text;
    }
    static std::optional<Metadata> read(std::string_view text) {
        Metadata metadata;
        while (!text.empty()) {
            const auto name = take_netstring(text);
            const auto value = name ? take_netstring(text) : std::nullopt;
            if (!value) return {};
            metadata.emplace(*name, *value);
        }
        return metadata;
    }
};

// ---- fields ----------------------------------------------------------------------------------------------------------

// Calls `visit(name, member)` for each field of an endpoint; names are stored, so they never change.
template <class AnyEndpoint, class Visit>
void for_each_field(AnyEndpoint&& endpoint, Visit visit) {
    visit("profile", endpoint.profile);
    visit("name", endpoint.name);
    visit("event_types", endpoint.event_types);
    visit("is_active", endpoint.is_active);
    visit("created_at", endpoint.created_at);
    visit("updated_at", endpoint.updated_at);
    visit("failing_since", endpoint.failing_since);
    visit("gaps", endpoint.retry.gaps);
    visit("base", endpoint.retry.base);
    visit("factor", endpoint.retry.factor);
    visit("delay_max", endpoint.retry.delay_max);
    visit("jitter", endpoint.retry.jitter);
    visit("jitter_fraction", endpoint.retry.jitter_fraction);
    visit("attempts_max", endpoint.retry.attempts_max);
    visit("age_max", endpoint.retry.age_max);
    visit("after_timeout_min", endpoint.retry.after_timeout_min);
    visit("timeout", endpoint.timeout);
    visit("in_flight_max", endpoint.in_flight_max);
    visit("description", endpoint.description);
    visit("version", endpoint.version);
    visit("throttle_rate", endpoint.throttle_rate);
    visit("channels", endpoint.channels);
    visit("filter", endpoint.filter);
    visit("metadata", endpoint.metadata);
}

template <class Value>
std::string value_text(const Value& value) {
    return Text<Value>::write(value);
}
template <class Value>
std::string value_text(const std::optional<Value>& value) {
    return value ? Text<Value>::write(*value) : std::string();
}

template <class Value>
bool take_value(std::string_view text, Value& value) {
    auto read = Text<Value>::read(text);
    if (!read) return false;
    value = *std::move(read);
    return true;
}
template <class Value>
bool take_value(std::string_view text, std::optional<Value>& value) {
    return take_value(text, value.emplace());
}

}  // namespace

std::string fields_of(const Endpoint& endpoint) {
    std::string text;
    for_each_field(endpoint, [&](const char* name, const auto& value) {
        if constexpr (requires { value.has_value(); }) {
            if (!value) return;
        }
        append_netstring(text, name);
        append_netstring(text, value_text(value));
    });
    return text;
}

bool read_fields(std::string_view text, Endpoint& endpoint) {
    while (!text.empty()) {
        const auto name = take_netstring(text);
        const auto value = name ? take_netstring(text) : std::nullopt;
        if (!value) return false;
        bool is_good = true;
        for_each_field(endpoint, [&](std::string_view field, auto& member) {
            if (field == *name) is_good = take_value(*value, member);
        });
        if (!is_good) return false;
    }
    return true;
}

}  // namespace posthaste
