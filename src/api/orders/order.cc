#include "api/orders/order.h"

#include <algorithm>
#include <optional>

#include "api/json_members.h"
#include "api/json_scan.h"
#include "api/orders/lax_number.h"
#include "api/problems.h"
#include "api/text.h"
#include "base/json_text.h"

namespace posthaste::orders {

namespace {

// `ctx` is JSON or empty.
std::string problem(std::string_view loc, std::string_view message, std::string_view type,
                    std::string_view ctx = {}) {
    std::string item = "{\"loc\":[\"body\"";
    item += loc;
    item += "],\"msg\":";
    append_json_string(item, message);
    item += ",\"type\":";
    append_json_string(item, type);
    if (!ctx.empty()) {
        item += ",\"ctx\":";
        item += ctx;
    }
    return item + '}';
}

std::string missing(std::string_view loc = {}) {
    return problem(loc, "field required", "value_error.missing");
}

// What stands before the code point `position`.
std::string_view text_before(std::string_view text, std::size_t position) {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
        if (begins && position-- == 0) break;
    }
    return text.substr(0, at);
}

// As Python's JSONDecodeError says and counts it.
std::string broken(std::string_view body, const JsonFault& fault) {
    const std::string_view before = text_before(body, fault.position);
    const std::size_t line_start =
        before.rfind('\n') + 1;  // on the first line npos + 1, which is 0
    const std::string position = std::to_string(fault.position);
    const std::string line = std::to_string(std::ranges::count(before, '\n') + 1);
    const std::string column = std::to_string(count_characters(before.substr(line_start)) + 1);

    std::string doc;
    append_json_string(doc, body);
    std::string ctx = "{\"msg\":";
    append_json_string(ctx, fault.reason);
    ctx += ",\"doc\":" + echoed_input(doc) + ",\"pos\":" + position;
    ctx += ",\"lineno\":" + line + ",\"colno\":" + column + '}';
    const std::string message = std::string(fault.reason) + ": line " + line + " column " + column +
                                " (char " + position + ")";
    return problem("," + position, message, "value_error.jsondecode", ctx);
}

struct Field {
    std::string_view name;
    std::optional<std::string> (*read)(std::string_view value);
    std::string_view message;
    std::string_view type;
    std::string Order::* member;
};

constexpr Field kFields[] = {
    {"order_id", whole_number, "value is not a valid integer", "type_error.integer",
     &Order::order_id},
    {"user_id", whole_number, "value is not a valid integer", "type_error.integer",
     &Order::user_id},
    {"amount", real_number, "value is not a valid float", "type_error.float", &Order::amount},
};

bool is_key(std::string_view key, std::string_view name) {
    if (key.find('\\') == std::string_view::npos) return key == name;
    return unescape_json('"' + std::string(key) + '"') == name;
}

// The last one counts, should there be several.
std::optional<std::string_view> find_member(std::string_view object, std::string_view name) {
    std::optional<std::string_view> found;
    JsonMembers members(object);
    while (const auto member = members.next())
        if (is_key(member->key, name)) found = member->value;
    return found;
}

// Puts the field into the order. What is wrong with it; empty: nothing.
std::string read_field(const Field& field, std::string_view body, Order& order) {
    const std::string loc = ",\"" + std::string(field.name) + '"';
    const std::optional<std::string_view> value = find_member(body, field.name);
    if (!value) return missing(loc);
    if (*value == "null")
        return problem(loc, "none is not an allowed value", "type_error.none.not_allowed");
    std::optional<std::string> number = field.read(*value);
    if (!number) return problem(loc, field.message, field.type);
    order.*field.member = *std::move(number);
    return {};
}

}  // namespace

std::expected<Order, std::string> read_order(std::string_view body) {
    const JsonScan scan = scan_json(body);
    if (body.empty() || (!scan.fault && scan.first == 'n')) return std::unexpected(missing());
    if (scan.fault) return std::unexpected(broken(body, *scan.fault));
    if (scan.first != '{') return std::unexpected(no_object());

    Order order;
    std::string problems;
    for (const Field& field : kFields) {
        const std::string wrong = read_field(field, body, order);
        if (!wrong.empty() && !problems.empty()) problems += ',';
        problems += wrong;
    }
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return order;
}

std::string no_object() { return problem({}, "value is not a valid dict", "type_error.dict"); }

}  // namespace posthaste::orders
