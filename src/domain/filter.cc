#include "domain/filter.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "domain/filter_compiler.h"
#include "domain/filter_value.h"

namespace posthaste {

namespace {

using Op = FilterProgram::Op;
using Kind = FilterProgram::Kind;
using Node = FilterProgram::Node;
using simdjson::dom::element;
using simdjson::dom::element_type;

// Looks at a program and an input; lives as long as one call of matches().
class Evaluation {
public:
    Evaluation(const FilterProgram& program, const FilterInput& input)
        : program_(program), input_(input) {}

    // Recursion ends with the depth of the filter, which its text limits.
    [[nodiscard]] bool holds(std::size_t index) const {
        const Node& node = program_.nodes[index];
        return holds_plainly(node, index) != node.is_negated;
    }

private:
    [[nodiscard]] bool holds_plainly(const Node& node, std::size_t index) const {
        if (node.op == Op::all || node.op == Op::any) {
            const bool wanted = node.op == Op::any;
            for (std::size_t i = index + 1; i < node.end; i = program_.nodes[i].end)
                if (holds(i) == wanted) return wanted;
            return !wanted;
        }
        switch (node.source) {
            case FilterProgram::Source::type:
                return !input_.type.empty() && holds_text(node, input_.type);
            case FilterProgram::Source::channels:
                return std::ranges::any_of(input_.channels, [&](const std::string& channel) {
                    return holds_text(node, channel);
                });
            case FilterProgram::Source::payload: break;
        }
        return input_.payload != nullptr && leads_to(node, node.path_begin, *input_.payload);
    }

    [[nodiscard]] bool holds_text(const Node& node, std::string_view text) const {
        return holds_value(node, FilterValue{Kind::string, false, 0, text});
    }

    // Does the path from `segment` on lead, from `from`, to a value that the node wants? Recursion ends with the depth of the
    // payload, which its parser limits.
    [[nodiscard]] bool leads_to(const Node& node, std::size_t segment, const element& from) const {
        const bool is_there = segment == node.path_end;
        if (is_there && node.op == Op::exists) return true;
        switch (from.type()) {
            case element_type::ARRAY:
                return is_there ? any_element(node, segment, from)
                                : through_array(node, segment, from);
            case element_type::OBJECT: return !is_there && through_object(node, segment, from);
            default: return is_there && holds_element(node, from);
        }
    }

    [[nodiscard]] bool any_element(const Node& node, std::size_t segment,
                                   const element& from) const {
        simdjson::dom::array array;
        if (from.get_array().get(array) != simdjson::SUCCESS) return false;
        return std::any_of(array.begin(), array.end(),
                           [&](const element& item) { return leads_to(node, segment, item); });
    }

    [[nodiscard]] bool through_array(const Node& node, std::size_t segment,
                                     const element& from) const {
        const std::size_t index = program_.segments[segment].index;
        if (index == SIZE_MAX) return any_element(node, segment, from);
        simdjson::dom::array array;
        element item;
        if (from.get_array().get(array) != simdjson::SUCCESS) return false;
        return array.at(index).get(item) == simdjson::SUCCESS && leads_to(node, segment + 1, item);
    }

    // The last member of that name counts, as it does for nearly every receiver.
    [[nodiscard]] bool through_object(const Node& node, std::size_t segment,
                                      const element& from) const {
        simdjson::dom::object object;
        if (from.get_object().get(object) != simdjson::SUCCESS) return false;
        const std::string_view name = program_.segments[segment].name;
        bool is_found = false;
        element value;
        for (auto field = object.begin(); field != object.end(); ++field) {
            if (field.key_length() != name.size() || field.key() != name) continue;
            is_found = true;
            value = field.value();
        }
        return is_found && leads_to(node, segment + 1, value);
    }

    [[nodiscard]] bool holds_element(const Node& node, const element& from) const {
        FilterValue value;
        switch (from.type()) {
            case element_type::BOOL:
                value.kind = Kind::boolean;
                value.is_true = from.get_bool().value_unsafe();
                break;
            case element_type::INT64:
                value.kind = Kind::number;
                value.number = static_cast<long double>(from.get_int64().value_unsafe());
                break;
            case element_type::UINT64:
                value.kind = Kind::number;
                value.number = static_cast<long double>(from.get_uint64().value_unsafe());
                break;
            case element_type::DOUBLE:
                value.kind = Kind::number;
                value.number = from.get_double().value_unsafe();
                break;
            case element_type::STRING:
                value.kind = Kind::string;
                value.text = from.get_string().value_unsafe();
                break;
            case element_type::NULL_VALUE: break;
            case element_type::ARRAY:
            case element_type::OBJECT: return false;
        }
        return holds_value(node, value);
    }

    [[nodiscard]] bool holds_value(const Node& node, const FilterValue& value) const {
        switch (node.op) {
            case Op::exists: return true;
            case Op::equals: return is_operand(node, value);
            case Op::greater: return is_same_kind(node, value) && order(node, value) > 0;
            case Op::at_least: return is_same_kind(node, value) && order(node, value) >= 0;
            case Op::less: return is_same_kind(node, value) && order(node, value) < 0;
            case Op::at_most: return is_same_kind(node, value) && order(node, value) <= 0;
            case Op::starts_with:
                return is_same_kind(node, value) && value.text.starts_with(operand(node).text);
            case Op::ends_with:
                return is_same_kind(node, value) && value.text.ends_with(operand(node).text);
            case Op::contains:
                return is_same_kind(node, value) && contains(value.text, operand(node).text);
            case Op::like:
                return value.kind == Kind::string &&
                       program_.wildcards[node.operand_begin].matches(value.text);
            case Op::all:
            case Op::any: break;
        }
        return false;
    }

    [[nodiscard]] const FilterProgram::Operand& operand(const Node& node) const {
        return program_.operands[node.operand_begin];
    }
    [[nodiscard]] bool is_same_kind(const Node& node, const FilterValue& value) const {
        return operand(node).kind == value.kind;
    }
    [[nodiscard]] std::partial_ordering order(const Node& node, const FilterValue& value) const {
        return compare(value, view_of(operand(node)));
    }

    [[nodiscard]] bool is_operand(const Node& node, const FilterValue& value) const {
        const auto begin = program_.operands.begin() + node.operand_begin;
        const auto end = program_.operands.begin() + node.operand_end;
        const auto found = std::lower_bound(
            begin, end, value,
            [](const auto& a, const FilterValue& b) { return compare(view_of(a), b) < 0; });
        return found != end && compare(view_of(*found), value) == 0;
    }

    // memmem, because std::string_view::find takes quadratic time on hostile texts.
    static bool contains(std::string_view text, std::string_view part) {
        return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
    }

    const FilterProgram& program_;
    const FilterInput& input_;
};

}  // namespace

std::expected<std::shared_ptr<const Filter>, FilterFault> Filter::compile(std::string_view text) {
    auto program = compile_filter(text);
    if (!program) return std::unexpected(std::move(program).error());
    return std::make_shared<const Filter>(std::move(*program));
}

bool Filter::matches(const FilterInput& input) const {
    return Evaluation(program_, input).holds(0);
}

}  // namespace posthaste
