// A payload against a compiled schema. Work is counted in steps and cut off, whatever the schema says.

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "api/schema_program.h"

namespace posthaste {

namespace {

namespace json = boost::json;

constexpr std::size_t kStepsMax = 2'000'000;
constexpr std::size_t kDepthMax = 512;
constexpr SchemaNumber kExactMax = 9007199254740992.0L;

// Where in the payload we are: a list that grows on the stack.
struct Place {
    const Place* above = nullptr;
    std::string_view name;
    std::size_t index = SIZE_MAX;  // of an element; else it is a member

    [[nodiscard]] std::string to_pointer() const {
        std::string pointer = above != nullptr ? above->to_pointer() : "";
        if (above == nullptr) return pointer;
        append_schema_pointer(pointer,
                              index == SIZE_MAX ? std::string(name) : std::to_string(index));
        return pointer;
    }
};

bool is_integer(SchemaNumber number) { return std::floor(number) == number; }

std::uint8_t type_of(const json::value& value) {
    switch (value.kind()) {
        case json::kind::null: return kSchemaNull;
        case json::kind::bool_: return kSchemaBoolean;
        case json::kind::object: return kSchemaObject;
        case json::kind::array: return kSchemaArray;
        case json::kind::string: return kSchemaString;
        case json::kind::int64:
        case json::kind::uint64:
        case json::kind::double_: break;
    }
    return is_integer(*schema_number(value)) ? kSchemaInteger : kSchemaNumber;
}

std::string spell_types(std::uint8_t types) {
    constexpr std::array<std::pair<std::uint8_t, std::string_view>, 7> kNames = {{
        {kSchemaNull, "null"},
        {kSchemaBoolean, "boolean"},
        {kSchemaObject, "object"},
        {kSchemaArray, "array"},
        {kSchemaNumber, "number"},
        {kSchemaInteger, "integer"},
        {kSchemaString, "string"},
    }};
    std::string text;
    for (const auto& [bit, name] : kNames) {
        const bool is_implied = bit == kSchemaInteger && (types & kSchemaNumber) != 0;
        if ((types & bit) != 0 && !is_implied)
            text += (text.empty() ? "" : " or ") + std::string(name);
    }
    return text;
}

std::string spell(SchemaNumber number) {
    return json::serialize(is_integer(number) && std::abs(number) < kExactMax
                               ? json::value(static_cast<std::int64_t>(number))
                               : json::value(static_cast<double>(number)));
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_multiple(SchemaNumber number, SchemaNumber step) {
    const SchemaNumber quotient = number / step;
    // Decimal fractions are not exact in binary: 0.0075 is 75 times 0.0001 but for the last bit.
    if (std::abs(quotient) < kExactMax && !(is_integer(number) && is_integer(step)))
        return std::abs(quotient - std::round(quotient)) <=
               1e-12L * std::max(1.0L, std::abs(quotient));
    return std::fmod(number, step) == 0;
}

// One payload's evaluation.
class Evaluation {
public:
    Evaluation(const Schema::Program& program, std::size_t faults_max)
        : program_(program), faults_max_(faults_max) {}

    std::vector<SchemaFault> run(const json::value& payload) {
        fits(0, payload, Place{}, Voice::loud);
        if (is_exhausted_)
            faults_.assign(1, {"",
                               "This payload is too deep or too large for its schema to be checked "
                               "in bounded time."});
        return std::move(faults_);
    }

private:
    // Whether findings are reported; inside of anyOf, not and the like only the answer counts.
    enum class Voice : std::uint8_t { loud, quiet };

    bool spend(std::size_t steps) {
        steps_ += steps;
        if (steps_ > kStepsMax) is_exhausted_ = true;
        return !is_exhausted_;
    }

    bool fail(const Place& place, Voice voice, std::string message) {
        if (voice == Voice::loud && faults_.size() < faults_max_)
            faults_.push_back({place.to_pointer(), std::move(message)});
        return false;
    }
    // Nobody hears of further findings.
    [[nodiscard]] bool is_over(Voice voice) const {
        return is_exhausted_ || voice == Voice::quiet || faults_.size() >= faults_max_;
    }

    bool fits(SchemaIndex index, const json::value& value, const Place& place, Voice voice) {
        if (!spend(1)) return false;
        if (depth_ == kDepthMax) return is_exhausted_ = true, false;
        ++depth_;
        const bool is_good = fits_node(program_.nodes[index], value, place, voice);
        --depth_;
        return is_good;
    }

    bool fits_node(const SchemaNode& node, const json::value& value, const Place& place,
                   Voice voice) {
        if (node.literal) return *node.literal || fail(place, voice, "Nothing may stand here.");
        if (node.target) return fits(*node.target, value, place, voice);
        using Check =
            bool (Evaluation::*)(const SchemaNode&, const json::value&, const Place&, Voice);
        constexpr std::array<Check, 5> kChecks = {&Evaluation::check_value, &Evaluation::check_kind,
                                                  &Evaluation::check_lists, &Evaluation::check_not,
                                                  &Evaluation::check_condition};
        bool is_good = true;
        for (const Check check : kChecks) {
            if ((this->*check)(node, value, place, voice)) continue;
            is_good = false;
            if (is_over(voice)) break;
        }
        return is_good;
    }

    bool check_value(const SchemaNode& node, const json::value& value, const Place& place,
                     Voice voice) {
        if (node.types != 0 && (node.types & type_of(value)) == 0)
            return fail(place, voice, "This is not of type " + spell_types(node.types) + ".");
        if (node.constant != nullptr && !is_equal(*node.constant, value))
            return fail(place, voice, "This is not the one value that the schema allows.");
        if (node.values != nullptr &&
            std::ranges::none_of(*node.values,
                                 [&](const json::value& one) { return is_equal(one, value); }))
            return fail(place, voice, "This is none of the values that the schema lists.");
        return true;
    }

    bool check_kind(const SchemaNode& node, const json::value& value, const Place& place,
                    Voice voice) {
        if (const auto number = schema_number(value))
            return check_number(node, *number, place, voice);
        if (value.is_string()) return check_string(node, value.as_string(), place, voice);
        if (value.is_array()) return check_array(node, value.as_array(), place, voice);
        if (value.is_object()) return check_object(node, value, place, voice);
        return true;
    }

    bool check_number(const SchemaNode& node, SchemaNumber number, const Place& place,
                      Voice voice) {
        if (node.minimum && number < *node.minimum)
            return fail(place, voice, "This is less than " + spell(*node.minimum) + ".");
        if (node.maximum && number > *node.maximum)
            return fail(place, voice, "This is more than " + spell(*node.maximum) + ".");
        if (node.above && number <= *node.above)
            return fail(place, voice, "This is not more than " + spell(*node.above) + ".");
        if (node.below && number >= *node.below)
            return fail(place, voice, "This is not less than " + spell(*node.below) + ".");
        if (node.multiple_of && !is_multiple(number, *node.multiple_of))
            return fail(place, voice,
                        "This is not a multiple of " + spell(*node.multiple_of) + ".");
        return true;
    }

    bool check_count(const SchemaCount& bounds, std::size_t count, std::string_view unit,
                     const Place& place, Voice voice) {
        if (count < bounds.min)
            return fail(place, voice,
                        "There are fewer than " + std::to_string(bounds.min) + " " +
                            std::string(unit) + ".");
        if (count > bounds.max)
            return fail(place, voice,
                        "There are more than " + std::to_string(bounds.max) + " " +
                            std::string(unit) + ".");
        return true;
    }

    bool check_string(const SchemaNode& node, std::string_view text, const Place& place,
                      Voice voice) {
        if (!spend(text.size() / 64)) return false;
        const bool has_bounds = node.length.min > 0 || node.length.max < SIZE_MAX;
        if (has_bounds &&
            !check_count(node.length, count_characters(text), "characters", place, voice))
            return false;
        if (node.pattern && !has_pattern(*node.pattern, text))
            return fail(place, voice,
                        "This does not fit the pattern " + node.pattern->pattern() + " .");
        return true;
    }

    bool has_pattern(const re2::RE2& pattern, std::string_view text) {
        return spend(1 + text.size() / 16) &&
               re2::RE2::PartialMatch({text.data(), text.size()}, pattern);
    }

    bool check_array(const SchemaNode& node, const json::array& items, const Place& place,
                     Voice voice) {
        if (!check_count(node.item_count, items.size(), "elements", place, voice)) return false;
        if (node.has_unique_items && !has_unique_items(items))
            return fail(place, voice, "Two of the elements are equal.");
        if (!check_items(node, items, place, voice)) return false;
        if (!node.contains) return true;
        for (std::size_t i = 0; i < items.size(); ++i)
            if (fits(*node.contains, items[i], Place{&place, {}, i}, Voice::quiet)) return true;
        return fail(place, voice,
                    "None of the elements is of the form that one of them must have.");
    }

    bool check_items(const SchemaNode& node, const json::array& items, const Place& place,
                     Voice voice) {
        bool is_good = true;
        for (std::size_t i = 0; i < items.size(); ++i) {
            const bool is_in_tuple = i < node.tuple.size();
            if (!is_in_tuple && !node.items) break;
            const SchemaIndex schema = is_in_tuple ? node.tuple[i] : *node.items;
            if (fits(schema, items[i], Place{&place, {}, i}, voice)) continue;
            is_good = false;
            if (is_over(voice)) break;
        }
        return is_good;
    }

    bool check_object(const SchemaNode& node, const json::value& value, const Place& place,
                      Voice voice) {
        const json::object& object = value.as_object();
        bool is_good = check_count(node.member_count, object.size(), "members", place, voice);
        for (const std::string& name : node.required) {
            if (!is_good && is_over(voice)) return false;
            if (spend(1) && !object.contains(name))
                is_good = fail(place, voice, "The member " + name + " is missing.");
        }
        for (const auto& field : object) {
            if (!is_good && is_over(voice)) return false;
            is_good = check_member(node, field, place, voice) && is_good;
        }
        if (!is_good && is_over(voice)) return false;
        return check_dependencies(node, value, place, voice) && is_good;
    }

    bool check_member(const SchemaNode& node, const json::key_value_pair& field, const Place& place,
                      Voice voice) {
        const Place inner{&place, field.key(), SIZE_MAX};
        bool is_good = true;
        bool is_known = false;
        if (const auto found = node.properties.find(std::string_view(field.key()));
            found != node.properties.end()) {
            is_known = true;
            is_good = fits(found->second, field.value(), inner, voice);
        }
        for (const auto& [pattern, schema] : node.pattern_properties) {
            if (!has_pattern(*pattern, field.key())) continue;
            is_known = true;
            is_good = fits(schema, field.value(), inner, voice) && is_good;
        }
        if (!is_known && node.additional_properties) {
            const SchemaIndex schema = *node.additional_properties;
            if (program_.nodes[schema].literal == false)
                is_good = fail(inner, voice, "The schema does not know this member.");
            else
                is_good = fits(schema, field.value(), inner, voice);
        }
        if (node.property_names &&
            !fits(*node.property_names, json::value(field.key()), inner, Voice::quiet))
            is_good = fail(inner, voice, "A member must not have this name.");
        return is_good;
    }

    bool check_dependencies(const SchemaNode& node, const json::value& value, const Place& place,
                            Voice voice) {
        const json::object& object = value.as_object();
        bool is_good = true;
        for (const auto& [name, names] : node.dependent_names) {
            if (!object.contains(name)) continue;
            for (const std::string& needed : names)
                if (spend(1) && !object.contains(needed))
                    is_good =
                        fail(place, voice,
                             "With the member " + name + ", " + needed + " must be there too.");
        }
        for (const auto& [name, schema] : node.dependent_schemas)
            if (object.contains(name)) is_good = fits(schema, value, place, voice) && is_good;
        return is_good;
    }

    bool check_lists(const SchemaNode& node, const json::value& value, const Place& place,
                     Voice voice) {
        bool is_good = true;
        for (const SchemaIndex one : node.all_of) {
            is_good = fits(one, value, place, voice) && is_good;
            if (!is_good && is_over(voice)) return false;
        }
        const auto is_fitting = [&](SchemaIndex one) {
            return fits(one, value, place, Voice::quiet);
        };
        if (!node.any_of.empty() && std::ranges::none_of(node.any_of, is_fitting))
            is_good = fail(place, voice,
                           "This is of none of the forms of which it must have at least one.");
        if (!node.one_of.empty()) {
            const auto count = std::ranges::count_if(node.one_of, is_fitting);
            if (count == 0)
                is_good =
                    fail(place, voice, "This is of none of the forms of which it must have one.");
            if (count > 1)
                is_good = fail(place, voice,
                               "This is of several of the forms of which it must have just one.");
        }
        return is_good;
    }

    bool check_not(const SchemaNode& node, const json::value& value, const Place& place,
                   Voice voice) {
        if (!node.negated || !fits(*node.negated, value, place, Voice::quiet)) return true;
        return fail(place, voice, "This is of a form that it must not have.");
    }

    bool check_condition(const SchemaNode& node, const json::value& value, const Place& place,
                         Voice voice) {
        if (!node.condition || (!node.consequence && !node.alternative)) return true;
        const auto& next =
            fits(*node.condition, value, place, Voice::quiet) ? node.consequence : node.alternative;
        return !next || fits(*next, value, place, voice);
    }

    // Numbers are equal when their values are: 1 and 1.0.
    bool is_equal(const json::value& a, const json::value& b) {
        if (!spend(1)) return false;
        const auto left = schema_number(a);
        const auto right = schema_number(b);
        if (left || right) return left && right && *left == *right;
        if (a.kind() != b.kind()) return false;
        if (a.is_array()) {
            return std::ranges::equal(
                a.as_array(), b.as_array(),
                [this](const json::value& x, const json::value& y) { return is_equal(x, y); });
        }
        if (!a.is_object()) return a == b;
        const json::object& other = b.as_object();
        return a.as_object().size() == other.size() &&
               std::ranges::all_of(a.as_object(), [&](const auto& field) {
                   const json::value* const found = other.if_contains(field.key());
                   return found != nullptr && is_equal(field.value(), *found);
               });
    }

    // Equal values have equal hashes; an object's does not depend on the order of its members.
    std::size_t hash(const json::value& value) {
        if (!spend(1)) return 0;
        constexpr std::size_t kPrime = 1099511628211U;
        if (const auto number = schema_number(value)) return std::hash<long double>{}(*number);
        std::size_t sum = static_cast<std::size_t>(value.kind()) + 1;
        if (value.is_bool()) return sum + (value.as_bool() ? 17 : 0);
        if (value.is_string()) return std::hash<std::string_view>{}(value.as_string());
        if (value.is_array())
            for (const json::value& item : value.as_array()) sum = sum * kPrime + hash(item);
        if (value.is_object())
            for (const auto& field : value.as_object())
                sum +=
                    (std::hash<std::string_view>{}(field.key()) ^ (hash(field.value()) * kPrime)) *
                    kPrime;
        return sum;
    }

    bool has_unique_items(const json::array& items) {
        std::vector<std::pair<std::size_t, std::size_t>> hashes;
        hashes.reserve(items.size());
        for (std::size_t i = 0; i < items.size(); ++i) hashes.emplace_back(hash(items[i]), i);
        std::ranges::sort(hashes);
        for (std::size_t i = 0; i < hashes.size(); ++i)
            for (std::size_t j = i + 1; j < hashes.size() && hashes[j].first == hashes[i].first;
                 ++j)
                if (is_equal(items[hashes[i].second], items[hashes[j].second])) return false;
        return true;
    }

    const Schema::Program& program_;
    const std::size_t faults_max_;
    std::vector<SchemaFault> faults_;
    std::size_t steps_ = 0;
    std::size_t depth_ = 0;
    bool is_exhausted_ = false;
};

}  // namespace

std::vector<SchemaFault> evaluate_schema(const Schema::Program& program, const json::value& payload,
                                         std::size_t faults_max) {
    return Evaluation(program, faults_max).run(payload);
}

}  // namespace posthaste
