// Random filters on random payloads, against a slow evaluator that follows docs/filters.md to the letter: it collects every
// value that a path leads to, then asks for each.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/filter.h"
#include "domain/filter_text.h"

namespace posthaste {

namespace {

using Kind = FilterTextKind;

// ---- the model

using Values = std::vector<const FilterText*>;

void collect(const FilterText& from, std::vector<std::string> path, Values& out) {
    if (path.empty()) {
        out.push_back(&from);
        if (from.kind == Kind::array)
            for (const FilterText& item : from.items) collect(item, {}, out);
        return;
    }
    const std::string name = path.front();
    const bool is_index = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (from.kind == Kind::array && !is_index)
        for (const FilterText& item : from.items) collect(item, path, out);
    path.erase(path.begin());
    if (from.kind == Kind::array && is_index && std::stoul(name) < from.items.size())
        collect(from.items[std::stoul(name)], path, out);
    if (from.kind == Kind::object)
        for (std::size_t i = 0; i < from.items.size(); ++i)
            if (from.names[i].text == name) collect(from.items[i], path, out);
}

bool is_equal(const FilterText& a, const FilterText& b) {
    if (a.kind != b.kind || a.kind == Kind::array || a.kind == Kind::object) return false;
    return a.number == b.number && a.text == b.text && a.is_true == b.is_true;
}

bool is_less(const FilterText& a, const FilterText& b) {
    if (a.kind != b.kind) return false;
    return a.kind == Kind::number ? a.number < b.number : a.kind == Kind::string && a.text < b.text;
}

bool is_wanted(const std::string& op, const FilterText& value, const FilterText& operand) {
    if (op == "$eq") return is_equal(value, operand);
    if (op == "$in")
        return std::ranges::any_of(operand.items,
                                   [&](const FilterText& item) { return is_equal(value, item); });
    if (op == "$gt") return is_less(operand, value);
    if (op == "$lt") return is_less(value, operand);
    const bool is_ordered = value.kind == Kind::number || value.kind == Kind::string;
    if (op == "$gte") return is_less(operand, value) || (is_ordered && is_equal(value, operand));
    if (op == "$lte") return is_less(value, operand) || (is_ordered && is_equal(value, operand));
    if (value.kind != Kind::string) return false;
    if (op == "$startsWith") return value.text.substr(0, operand.text.size()) == operand.text;
    if (op == "$endsWith")
        return value.text.size() >= operand.text.size() &&
               value.text.substr(value.text.size() - operand.text.size()) == operand.text;
    EXPECT_EQ(op, "$contains");
    return value.text.find(operand.text) != std::string::npos;
}

bool model(const FilterText& filter, const FilterText& payload,
           const std::vector<std::string>& path);

bool model_operator(const std::string& op, const FilterText& operand, const FilterText& payload,
                    const std::vector<std::string>& path) {
    const auto holds = [&](const FilterText& part) { return model(part, payload, path); };
    if (op == "$and") return std::ranges::all_of(operand.items, holds);
    if (op == "$or") return std::ranges::any_of(operand.items, holds);
    if (op == "$not") return !holds(operand);
    if (op == "$ne") return !model_operator("$eq", operand, payload, path);
    if (op == "$nin") return !model_operator("$in", operand, payload, path);
    Values values;
    collect(payload, path, values);
    if (op == "$exists") return values.empty() != operand.is_true;
    return std::ranges::any_of(
        values, [&](const FilterText* value) { return is_wanted(op, *value, operand); });
}

bool model(const FilterText& filter, const FilterText& payload,
           const std::vector<std::string>& path) {
    if (filter.kind != Kind::object) return model_operator("$eq", filter, payload, path);
    for (std::size_t i = 0; i < filter.items.size(); ++i) {
        const std::string& name = filter.names[i].text;
        if (name.front() == '$') {
            if (!model_operator(name, filter.items[i], payload, path)) return false;
            continue;
        }
        std::vector<std::string> longer = path;
        for (std::size_t at = 0; at <= name.size();) {
            const std::size_t dot = std::min(name.find('.', at), name.size());
            longer.push_back(name.substr(at, dot - at));
            at = dot + 1;
        }
        if (!model(filter.items[i], payload, longer)) return false;
    }
    return true;
}

// ---- what it is asked

class Generator {
public:
    std::string payload(int depth = 4) {
        const std::size_t kind = below(depth > 0 ? 8 : 4);
        if (depth == 4) return object(depth);
        if (kind < 4) return scalar();
        return kind < 7 ? object(depth) : array(depth);
    }

    std::string filter(int depth = 3, bool has_path = false) {
        std::vector<std::string> names;
        std::string text = "{";
        for (std::size_t i = below(has_path || depth < 3 ? 2 : 3) + 1; i > 0; --i) {
            auto [name, value] = member(depth, has_path);
            if (std::ranges::find(names, name) != names.end()) continue;
            text += (names.empty() ? "\"" : ",\"") + name + "\":" + value;
            names.push_back(name);
        }
        return text + "}";
    }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }
    template <std::size_t N>
    std::string pick(const std::array<const char*, N>& from) {
        return from[below(N)];
    }

    std::string name() { return pick(std::array{"a", "b", "c", "0", "1"}); }
    std::string scalar() {
        return pick(std::array{"null", "true", "false", "0", "1", "1.0", "2", "-1", "0.5", "\"\"",
                               "\"a\"", "\"ab\"", "\"b\"", "9007199254740993",
                               "9007199254740992.0"});
    }
    std::string text() { return pick(std::array{"\"\"", "\"a\"", "\"b\"", "\"ab\""}); }

    std::string object(int depth) {
        std::vector<std::string> names;
        std::string out = "{";
        for (std::size_t i = below(4); i > 0; --i) {
            const std::string fresh = name();
            if (std::ranges::find(names, fresh) != names.end()) continue;
            out += (names.empty() ? "\"" : ",\"") + fresh + "\":" + payload(depth - 1);
            names.push_back(fresh);
        }
        return out + "}";
    }
    std::string array(int depth) {
        std::string out = "[";
        for (std::size_t i = below(4); i > 0; --i) out += payload(depth - 1) + (i > 1 ? "," : "");
        return out + "]";
    }

    std::pair<std::string, std::string> member(int depth, bool has_path) {
        if (depth > 0 && below(4) == 0) {
            if (below(3) == 0) return {"$not", filter(depth - 1, has_path)};
            std::string list = "[" + filter(depth - 1, has_path);
            if (below(2) == 0) list += "," + filter(depth - 1, has_path);
            return {pick(std::array{"$and", "$or"}), list + "]"};
        }
        if (has_path && below(3) > 0) return condition();
        std::string path = name();
        while (below(2) == 0) path += "." + name();
        if (depth == 0 || below(3) == 0) return {path, scalar()};
        return {path, filter(depth - 1, true)};
    }

    std::pair<std::string, std::string> condition() {
        switch (below(4)) {
            case 0: return {pick(std::array{"$eq", "$ne"}), scalar()};
            case 1:
                return {pick(std::array{"$in", "$nin"}),
                        "[" + scalar() + "," + scalar() + "," + scalar() + "]"};
            case 2:
                return {pick(std::array{"$gt", "$gte", "$lt", "$lte"}),
                        pick(std::array{"0", "1", "0.5", "9007199254740992", "\"a\"", "\"ab\""})};
            default: break;
        }
        if (below(3) == 0) return {"$exists", pick(std::array{"true", "false"})};
        return {pick(std::array{"$startsWith", "$endsWith", "$contains"}), text()};
    }

    std::minstd_rand random_{7};
};

TEST(FilterModel, agrees) {
    Generator generator;
    simdjson::dom::parser parser;
    int hits = 0;
    constexpr int kRounds = 20'000;
    for (int i = 0; i < kRounds; ++i) {
        const std::string payload = generator.payload();
        const std::string filter = generator.filter();
        const auto tree = parse_filter_text(filter);
        const auto compiled = Filter::compile(filter);
        ASSERT_TRUE(tree && compiled) << filter << ": " << compiled.error().message;
        simdjson::dom::element element;
        ASSERT_EQ(parser.parse(payload).get(element), simdjson::SUCCESS) << payload;
        const bool expected = model(*tree, parse_filter_text(payload).value(), {});
        hits += expected ? 1 : 0;
        ASSERT_EQ((*compiled)->matches({&element, {}, {}}), expected)
            << filter << " on " << payload;
    }
    EXPECT_GT(hits, kRounds / 20);
    EXPECT_LT(hits, kRounds / 2);
}

}  // namespace

}  // namespace posthaste
