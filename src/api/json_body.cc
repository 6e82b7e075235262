#include "api/json_body.h"

#include <algorithm>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "api/text.h"

namespace posthaste {

namespace {

// A number that no double can hold is infinite by now, for which JSON has no word: null takes its place.
void make_finite(json::value& value) {
    if (value.is_double() && !std::isfinite(value.get_double())) value = nullptr;
    if (value.is_array())
        for (json::value& element : value.get_array()) make_finite(element);
    if (value.is_object())
        for (auto& member : value.get_object()) make_finite(member.value());
}

}  // namespace

std::string echoed(const json::value& value) {
    json::value shown = value;
    make_finite(shown);
    return echoed_input(json::serialize(shown));
}

std::string body_location(std::string_view name) {
    return "[\"body\",\"" + std::string(name) + "\"]";
}

std::optional<json::object> read_object(Problems& problems, std::string_view body) {
    const JsonScan scan = scan_json(body);
    if (body.empty() || (!scan.fault && scan.first == 'n')) {
        problems.add_missing_body();
        return std::nullopt;
    }
    if (scan.fault) {
        problems.add_broken_body(*scan.fault);
        return std::nullopt;
    }
    if (scan.first != '{') {
        problems.add("model_attributes_type", "[\"body\"]",
                     "Input should be a valid dictionary or object to extract fields from",
                     echoed_input(body));
        return std::nullopt;
    }
    json::parse_options options;
    options.max_depth = kJsonDepthMax;
    json::parser parser({}, options);
    boost::system::error_code failure;
    const std::size_t read = parser.write(body.data(), body.size(), failure);
    if (failure) {
        // Valid by the grammar, but nothing that a string or a number can hold: a lone surrogate, a huge exponent.
        problems.add_broken_body({read, "Value out of range"});
        return std::nullopt;
    }
    return std::move(parser.release().as_object());
}

void add_missing(Problems& problems, std::string_view name, const json::object& object) {
    problems.add("missing", body_location(name), "Field required", echoed(object));
}

std::optional<std::string_view> read_string(Problems& problems, const std::string& location,
                                            const json::value& value) {
    if (!value.is_string()) {
        problems.add("string_type", location, "Input should be a valid string", echoed(value));
        return std::nullopt;
    }
    const std::string_view text = to_std(value.get_string());
    if (text.find('\0') == std::string_view::npos) return text;
    problems.add_value_error(location, "the text holds a NUL character", echoed(value));
    return std::nullopt;
}

std::optional<Id> read_uuid(Problems& problems, std::string_view name, const json::value& value) {
    if (value.is_string())
        return read_id(problems, body_location(name), to_std(value.get_string()));
    problems.add("uuid_type", body_location(name),
                 "UUID input should be a string, bytes or UUID object", echoed(value));
    return std::nullopt;
}

std::optional<bool> read_bool(Problems& problems, std::string_view name, const json::value& value) {
    if (value.is_bool()) return value.get_bool();
    std::optional<bool> result;
    if (value.is_string()) result = parse_bool(to_std(value.get_string()));
    const bool is_number = value.is_number();
    const double number = is_number ? value.to_number<double>() : -1;
    if (number >= 0 && number <= 0) result = false;
    if (number >= 1 && number <= 1) result = true;
    if (result) return result;
    if (value.is_string() || value.is_int64() || value.is_uint64())
        problems.add("bool_parsing", body_location(name),
                     "Input should be a valid boolean, unable to interpret input", echoed(value));
    else
        problems.add("bool_type", body_location(name), "Input should be a valid boolean",
                     echoed(value));
    return std::nullopt;
}

std::optional<std::vector<std::string>> read_strings(Problems& problems, std::string_view name,
                                                     const json::value& value) {
    if (!value.is_array()) {
        problems.add("list_type", body_location(name), "Input should be a valid list",
                     echoed(value));
        return std::nullopt;
    }
    std::vector<std::string> texts;
    const json::array& items = value.get_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
        const std::string location =
            "[\"body\",\"" + std::string(name) + "\"," + std::to_string(i) + "]";
        if (const auto text = read_string(problems, location, items[i])) texts.emplace_back(*text);
    }
    if (texts.size() < items.size()) return std::nullopt;
    return texts;
}

}  // namespace posthaste
