#pragma once

// The 422 body of the REST APIs: {"detail":[{"type","loc","msg","input"}, …]}, in the words of the validation library that
// the originals used, so that clients which show or match them keep working. Status, type and loc are the contract.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/json_scan.h"
#include "base/id.h"
#include "ports/http.h"

namespace posthaste {

class Problems {
public:
    [[nodiscard]] bool none() const { return items_.empty(); }

    // `loc` and `input` are JSON; `ctx` is a JSON object or empty.
    void add(std::string_view type, std::string_view loc, std::string_view message,
             std::string_view input, std::string_view ctx = {});
    // A value of the right type that breaks a rule: "Value error, <reason>".
    void add_value_error(std::string_view loc, std::string_view reason, std::string_view input);
    void add_missing_body();
    void add_broken_body(const JsonFault& fault);

    // 422. REQUIRES: !none().
    [[nodiscard]] HttpResponse reply() const;

private:
    std::string items_;
};

// A UUID at `location`. Adds a problem and returns nothing when the text is not one.
[[nodiscard]] std::optional<Id> read_id(Problems& problems, std::string_view location,
                                        std::string_view text);
// A UUID in the path; `segment` is as received. Adds a problem and returns nothing when it is not one.
[[nodiscard]] std::optional<Id> read_path_id(Problems& problems, std::string_view name,
                                             std::string_view segment);

struct IntegerRule {
    std::string_view name;
    std::int64_t fallback = 0;
    std::int64_t min = 0;
    std::int64_t max = INT64_MAX;
};
// An integer in the query.
[[nodiscard]] std::int64_t read_query_integer(Problems& problems, std::string_view query,
                                              const IntegerRule& rule);

// {"error":"<reason>"}, a `ctx`.
[[nodiscard]] std::string error_context(std::string_view reason);

// A truth value in the query; `fallback` when it is not there.
[[nodiscard]] bool read_query_bool(Problems& problems, std::string_view query,
                                   std::string_view name, bool fallback);

// A request's text as `input`: itself when it is short, else a sentence about its length.
[[nodiscard]] std::string echoed_input(std::string_view json);

}  // namespace posthaste
