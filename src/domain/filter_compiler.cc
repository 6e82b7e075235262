#include "domain/filter_compiler.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "domain/filter_text.h"
#include "domain/filter_value.h"

namespace posthaste {

static_assert(std::numeric_limits<FilterNumber>::digits >= 64, "64-bit integers must stay exact");

namespace {

using Op = FilterProgram::Op;
using Kind = FilterProgram::Kind;
using Source = FilterProgram::Source;

constexpr std::size_t kConditionsMax = 256;
constexpr std::size_t kSegmentsMax = 32;

enum class Operands : std::uint8_t { scalar, list, ordered, string, flag };

struct Operator {
    std::string_view name;
    Op op;
    bool is_negated;
    Operands operands;
};
constexpr std::array kOperators = {
    Operator{"$eq", Op::equals, false, Operands::scalar},
    Operator{"$ne", Op::equals, true, Operands::scalar},
    Operator{"$in", Op::equals, false, Operands::list},
    Operator{"$nin", Op::equals, true, Operands::list},
    Operator{"$gt", Op::greater, false, Operands::ordered},
    Operator{"$gte", Op::at_least, false, Operands::ordered},
    Operator{"$lt", Op::less, false, Operands::ordered},
    Operator{"$lte", Op::at_most, false, Operands::ordered},
    Operator{"$startsWith", Op::starts_with, false, Operands::string},
    Operator{"$endsWith", Op::ends_with, false, Operands::string},
    Operator{"$contains", Op::contains, false, Operands::string},
    Operator{"$like", Op::like, false, Operands::string},
    Operator{"$exists", Op::exists, false, Operands::flag},
};

const Operator* find_operator(std::string_view name) {
    const auto* found = std::ranges::find(kOperators, name, &Operator::name);
    return found == kOperators.end() ? nullptr : found;
}

std::string unknown_operator(std::string_view name) {
    std::string message = "There is no operator " + std::string(name) + "; there are ";
    for (const Operator& known : kOperators) message += std::string(known.name) + ", ";
    return message +
           "$and, $or and $not. A member whose name starts with $ is written \"\\\\$name\".";
}

bool is_scalar(const FilterText& value) {
    return value.kind != FilterTextKind::array && value.kind != FilterTextKind::object;
}

FilterProgram::Operand operand_of(const FilterText& value) {
    FilterProgram::Operand operand;
    operand.is_true = value.is_true;
    operand.number = value.number;
    operand.text = value.text;
    switch (value.kind) {
        case FilterTextKind::boolean: operand.kind = Kind::boolean; break;
        case FilterTextKind::number: operand.kind = Kind::number; break;
        case FilterTextKind::string: operand.kind = Kind::string; break;
        case FilterTextKind::null:
        case FilterTextKind::array:
        case FilterTextKind::object: break;
    }
    return operand;
}

FilterProgram::Segment segment_of(std::string name) {
    FilterProgram::Segment segment;
    std::size_t index = 0;
    const char* const end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data(), end, index);
    const bool has_leading_zero = name.size() > 1 && name.front() == '0';
    if (error == std::errc{} && stop == end && !has_leading_zero) segment.index = index;
    segment.name = std::move(name);
    return segment;
}

// The names of a path in their order, escapes undone. The error is a sentence.
std::expected<std::vector<std::string>, std::string> split_path(std::string_view path) {
    std::vector<std::string> names(1);
    for (std::size_t i = 0; i < path.size(); ++i) {
        char c = path[i];
        if (c == '.') {
            names.emplace_back();
            continue;
        }
        if (c == '\\') {
            c = ++i < path.size() ? path[i] : '\0';
            if (c != '.' && c != '$' && c != '\\')
                return std::unexpected(
                    R"(In a path, \ stands before . or $ or another \ that belongs to a name (in JSON: "\\."))");
        }
        names.back().push_back(c);
    }
    if (std::ranges::any_of(names, &std::string::empty))
        return std::unexpected(
            "A path is names joined by single dots, such as data.customer.country.");
    return names;
}

// Walks the tree in its order. A function that fails leaves the fault behind and answers false.
class Compiler {
public:
    std::expected<FilterProgram, FilterFault> compile(const FilterText& root) {
        if (root.kind != FilterTextKind::object)
            return std::unexpected(
                FilterFault{root.offset, "", "A filter is a JSON object, {\"path\": value}."});
        if (!compile_group(root, Op::all)) return std::unexpected(std::move(fault_));
        return std::move(program_);
    }

private:
    bool fail(std::size_t offset, std::string message) {
        fault_ = FilterFault{offset, pointer_, std::move(message)};
        return false;
    }

    std::size_t begin_group(Op op) {
        program_.nodes.emplace_back().op = op;
        return program_.nodes.size() - 1;
    }
    void end_group(std::size_t node) {
        program_.nodes[node].end = static_cast<std::uint32_t>(program_.nodes.size());
    }

    // The members of an object, joined.
    bool compile_group(const FilterText& object, Op op, bool is_negated = false) {
        const std::size_t group = begin_group(op);
        program_.nodes[group].is_negated = is_negated;
        for (std::size_t i = 0; i < object.items.size(); ++i)
            if (!compile_member(object.names[i], object.items[i])) return false;
        end_group(group);
        return true;
    }

    // An object with one member needs no group of its own.
    bool compile_object(const FilterText& object) {
        if (object.items.empty())
            return fail(object.offset,
                        "An empty object says nothing here; {\"$exists\": true} asks that the path "
                        "is there.");
        if (object.items.size() == 1)
            return compile_member(object.names.front(), object.items.front());
        return compile_group(object, Op::all);
    }

    bool compile_member(const FilterText::Name& name, const FilterText& value) {
        const std::size_t length = pointer_.size();
        append_pointer(pointer_, name.text);
        if (!compile_named(name, value)) return false;
        pointer_.resize(length);
        return true;
    }

    bool compile_named(const FilterText::Name& name, const FilterText& value) {
        if (name.text == "$and") return compile_list(name, value, Op::all);
        if (name.text == "$or") return compile_list(name, value, Op::any);
        if (name.text == "$not") return compile_not(value);
        if (name.text == "$event" || name.text.starts_with("$event.")) {
            if (path_.empty()) return compile_path(name, value);
            return fail(name.offset,
                        "$event stands at the beginning of a path; inside of a path, write "
                        "\"\\\\$event\".");
        }
        if (!name.text.starts_with('$')) return compile_path(name, value);
        const Operator* const found = find_operator(name.text);
        if (found == nullptr) return fail(name.offset, unknown_operator(name.text));
        if (path_.empty())
            return fail(name.offset,
                        "An operator needs a path: {\"path\": {\"" + name.text + "\": …}}.");
        return compile_condition(*found, value);
    }

    bool compile_list(const FilterText::Name& name, const FilterText& list, Op op) {
        if (list.kind != FilterTextKind::array || list.items.empty())
            return fail(list.offset, name.text + " takes an array of at least one object.");
        const std::size_t group = begin_group(op);
        for (std::size_t i = 0; i < list.items.size(); ++i) {
            const std::size_t length = pointer_.size();
            append_pointer(pointer_, std::to_string(i));
            const FilterText& item = list.items[i];
            if (item.kind != FilterTextKind::object)
                return fail(item.offset, name.text + " takes an array of objects only.");
            if (!compile_object(item)) return false;
            pointer_.resize(length);
        }
        end_group(group);
        return true;
    }

    bool compile_not(const FilterText& value) {
        if (value.kind != FilterTextKind::object || value.items.empty())
            return fail(
                value.offset,
                "$not takes an object with at least one member; to compare with a value, use $ne.");
        return compile_group(value, Op::all, true);
    }

    bool compile_path(const FilterText::Name& name, const FilterText& value) {
        const bool is_event = name.text.starts_with("$event");
        auto names = split_path(is_event ? std::string_view(name.text).substr(1) : name.text);
        if (!names) return fail(name.offset, std::move(names).error());
        if (is_event) names->front() = "$event";
        const std::size_t length = path_.size();
        const bool was_event = is_event_;
        if (length == 0) is_event_ = is_event;
        for (std::string& part : *names) path_.push_back(segment_of(std::move(part)));
        if (path_.size() > kSegmentsMax) return fail(name.offset, "A path has at most 32 names.");
        if (!check_event_path(name)) return false;
        if (!compile_value(value)) return false;
        path_.resize(length);
        is_event_ = was_event;
        return true;
    }

    bool check_event_path(const FilterText::Name& name) {
        if (!is_event_ || path_.size() == 1) return true;
        if (path_.size() == 2 && (path_[1].name == "type" || path_[1].name == "channels"))
            return true;
        return fail(name.offset, "Of the event itself there are $event.type and $event.channels.");
    }

    bool compile_value(const FilterText& value) {
        if (value.kind == FilterTextKind::object) return compile_object(value);
        if (value.kind == FilterTextKind::array)
            return fail(value.offset,
                        "A path is not compared with an array; {\"$in\": […]} asks for one of "
                        "several values.");
        return compile_condition(kOperators.front(), value);
    }

    bool compile_condition(const Operator& op, const FilterText& value) {
        if (is_event_ && path_.size() == 1)
            return fail(value.offset,
                        "Of the event itself there are $event.type and $event.channels.");
        if (++conditions_ > kConditionsMax)
            return fail(value.offset, "A filter has at most 256 conditions.");
        FilterProgram::Node node;
        node.op = op.op;
        node.is_negated = op.is_negated;
        if (!add_operands(op, value, node)) return false;
        add_path(node);
        node.end = static_cast<std::uint32_t>(program_.nodes.size() + 1);
        program_.nodes.push_back(node);
        return true;
    }

    void add_path(FilterProgram::Node& node) {
        if (is_event_) {
            node.source = path_[1].name == "type" ? Source::type : Source::channels;
            return;
        }
        node.path_begin = static_cast<std::uint32_t>(program_.segments.size());
        program_.segments.insert(program_.segments.end(), path_.begin(), path_.end());
        node.path_end = static_cast<std::uint32_t>(program_.segments.size());
    }

    bool add_operands(const Operator& op, const FilterText& value, FilterProgram::Node& node) {
        const std::string name{op.name};
        node.operand_begin = static_cast<std::uint32_t>(program_.operands.size());
        switch (op.operands) {
            case Operands::flag:
                if (value.kind != FilterTextKind::boolean)
                    return fail(value.offset, name + " takes true or false.");
                node.is_negated = !value.is_true;
                return true;
            case Operands::list:
                if (!add_list(name, value)) return false;
                break;
            case Operands::scalar:
                if (!is_scalar(value))
                    return fail(value.offset,
                                name + " takes a string, a number, true, false or null.");
                program_.operands.push_back(operand_of(value));
                break;
            case Operands::ordered:
                if (value.kind != FilterTextKind::number && value.kind != FilterTextKind::string)
                    return fail(value.offset, name + " takes a number or a string.");
                program_.operands.push_back(operand_of(value));
                break;
            case Operands::string:
                if (value.kind != FilterTextKind::string)
                    return fail(value.offset, name + " takes a string.");
                if (op.op == Op::like) return add_wildcard(value, node);
                program_.operands.push_back(operand_of(value));
                break;
        }
        node.operand_end = static_cast<std::uint32_t>(program_.operands.size());
        return true;
    }

    bool add_list(const std::string& name, const FilterText& value) {
        if (value.kind != FilterTextKind::array || value.items.empty())
            return fail(value.offset, name + " takes an array of at least one value.");
        const auto begin = static_cast<std::ptrdiff_t>(program_.operands.size());
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            if (!is_scalar(value.items[i])) {
                append_pointer(pointer_, std::to_string(i));
                return fail(value.items[i].offset,
                            name + " takes an array of strings, numbers, true, false and null.");
            }
            program_.operands.push_back(operand_of(value.items[i]));
        }
        std::sort(program_.operands.begin() + begin, program_.operands.end(),
                  [](const auto& a, const auto& b) { return compare(view_of(a), view_of(b)) < 0; });
        return true;
    }

    bool add_wildcard(const FilterText& value, FilterProgram::Node& node) {
        auto wildcard = Wildcard::compile(value.text);
        if (!wildcard) return fail(value.offset, std::move(wildcard).error());
        node.operand_begin = static_cast<std::uint32_t>(program_.wildcards.size());
        node.operand_end = node.operand_begin + 1;
        program_.wildcards.push_back(std::move(*wildcard));
        return true;
    }

    FilterProgram program_;
    std::vector<FilterProgram::Segment> path_;  // to what is being compiled
    bool is_event_ = false;                     // path_ begins with $event
    std::size_t conditions_ = 0;
    std::string pointer_;
    FilterFault fault_;
};

}  // namespace

std::expected<FilterProgram, FilterFault> compile_filter(std::string_view text) {
    auto tree = parse_filter_text(text);
    if (!tree) return std::unexpected(std::move(tree).error());
    return Compiler().compile(*tree);
}

}  // namespace posthaste
