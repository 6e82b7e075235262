#pragma once

// What the encoders of the catalog share: making records, and reading the members of a body.

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "domain/model.h"
#include "ports/record.h"

namespace posthaste::catalog {

namespace json = boost::json;

inline Record make_record(RecordKind kind, Id id, OrganizationId organization,
                          std::uint64_t revision, const json::object& body) {
    Record record;
    record.kind = kind;
    record.id = id;
    record.organization = organization;
    record.revision = revision;
    record.body = json::serialize(body);
    return record;
}

inline void put(json::object& body, std::string_view name, const std::optional<std::string>& text) {
    if (text) body[name] = *text;
}

// A member of another type than expected throws, which add_to() turns into an error.
struct Members {
    const json::object& body;

    [[nodiscard]] std::string text(std::string_view name) const {
        const json::value* member = body.if_contains(name);
        return member ? std::string(member->as_string()) : std::string();
    }
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const {
        const json::value* member = body.if_contains(name);
        if (!member) return std::nullopt;
        return std::string(member->as_string());
    }
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const {
        const json::value* member = body.if_contains(name);
        if (!member) return std::nullopt;
        return member->to_number<std::int64_t>();
    }
    [[nodiscard]] bool flag(std::string_view name) const {
        const json::value* member = body.if_contains(name);
        return member && member->as_bool();
    }
    [[nodiscard]] Timestamp time(std::string_view name) const {
        return from_micros(integer(name).value_or(0));
    }
    [[nodiscard]] Metadata metadata(std::string_view name) const {
        Metadata result;
        const json::value* member = body.if_contains(name);
        if (!member) return result;
        for (const auto& [key, value] : member->as_object())
            result.emplace(std::string(key), std::string(value.as_string()));
        return result;
    }
};

}  // namespace posthaste::catalog
