#pragma once

// Numbers as pydantic 1 takes them from JSON values: int(value) and float(value) of Python. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace posthaste::orders {

// `value` is a valid JSON value's text. Nothing: Python's int() or float() takes no such value, or the result is infinite.
//
// A whole number: its digits. 7.9 is 7, true is 1, " 1_000" is 1000.
[[nodiscard]] std::optional<std::string> whole_number(std::string_view value);
// As Python prints a float: 50 is 50.0, 1e16 is 1e+16.
[[nodiscard]] std::optional<std::string> real_number(std::string_view value);

}  // namespace posthaste::orders
