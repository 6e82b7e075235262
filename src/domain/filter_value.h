#pragma once

// A single value of a payload, and its order beside the operands of a filter: by kind first, so that values of different
// kinds never equal each other; then numbers as numbers, strings by bytes. Header-only, pure.

#include <compare>
#include <string_view>

#include "domain/filter.h"

namespace posthaste {

struct FilterValue {
    FilterProgram::Kind kind = FilterProgram::Kind::null;
    bool is_true = false;
    long double number = 0;
    std::string_view text;
};

[[nodiscard]] inline FilterValue view_of(const FilterProgram::Operand& operand) {
    return {operand.kind, operand.is_true, operand.number, operand.text};
}

[[nodiscard]] inline std::partial_ordering compare(const FilterValue& a, const FilterValue& b) {
    if (a.kind != b.kind) return a.kind <=> b.kind;
    switch (a.kind) {
        case FilterProgram::Kind::null: return std::partial_ordering::equivalent;
        case FilterProgram::Kind::boolean: return a.is_true <=> b.is_true;
        case FilterProgram::Kind::number: return a.number <=> b.number;
        case FilterProgram::Kind::string: return a.text <=> b.text;
    }
    return std::partial_ordering::unordered;
}

}  // namespace posthaste
