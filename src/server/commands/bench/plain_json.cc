#include "server/commands/bench/plain_json.h"

#include <cmath>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace posthaste {
namespace {

void append(std::string& out, const boost::json::value& value);

void append(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    std::string text = fmt::format("{:.4f}", value);
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    out += text == "-0" ? "0" : text;
}

void append(std::string& out, const boost::json::object& object) {
    out += '{';
    for (const auto& [key, member] : object) {
        if (out.back() != '{') out += ", ";
        out += boost::json::serialize(boost::json::string(key));
        out += ": ";
        append(out, member);
    }
    out += '}';
}

void append(std::string& out, const boost::json::array& array) {
    out += '[';
    for (const boost::json::value& element : array) {
        if (out.back() != '[') out += ", ";
        append(out, element);
    }
    out += ']';
}

void append(std::string& out, const boost::json::value& value) {
    if (value.is_double()) {
        append(out, value.get_double());
    } else if (const auto* object = value.if_object()) {
        append(out, *object);
    } else if (const auto* array = value.if_array()) {
        append(out, *array);
    } else {
        out += boost::json::serialize(value);
    }
}

}  // namespace

std::string to_plain_json(const boost::json::value& value) {
    std::string out;
    append(out, value);
    return out;
}

}  // namespace posthaste
