#pragma once

// Every route of every API, written by hand and not taken from the routes' own tables: who is let in where credentials are
// required, and whether what succeeds leaves an entry in the audit log. A test fails when a route is missing here, or is here
// and nowhere else.

#include <cstdint>
#include <span>
#include <string_view>

#include "ports/http.h"

namespace posthaste::test {

enum class Caller : std::uint8_t {
    nobody,
    viewer,
    operator_,
    admin,
    owner,
    ingest_key,
    read_key,
    full_key,
};
inline constexpr Caller kCallers[] = {Caller::nobody,   Caller::viewer,  Caller::operator_,
                                      Caller::admin,    Caller::owner,   Caller::ingest_key,
                                      Caller::read_key, Caller::full_key};
[[nodiscard]] std::string_view to_string(Caller caller);

class Callers {
public:
    template <class... All>
    constexpr explicit Callers(All... all)
        : bits_(((1U << static_cast<unsigned>(all)) | ... | 0U)) {}
    [[nodiscard]] constexpr bool has(Caller caller) const {
        return ((bits_ >> static_cast<unsigned>(caller)) & 1U) != 0;
    }

private:
    unsigned bits_;
};

// What a success leaves in the audit log.
enum class Trace : std::uint8_t { nothing, entry };

struct RouteRow {
    Method method;
    std::string_view pattern;
    Callers callers;
    Trace trace;
    std::string_view body = {};  // of a request that succeeds; {names} as Estate knows them
    // What changes something, or looks as if it did, and leaves no entry: why.
    std::string_view excuse = {};
};
[[nodiscard]] std::span<const RouteRow> route_rows();

}  // namespace posthaste::test
