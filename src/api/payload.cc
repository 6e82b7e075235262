#include "api/payload.h"

#include <simdjson.h>

#include <string>

namespace posthaste {

namespace {

// A tree takes about thirteen times the bytes of its text, and the parser keeps the largest one it ever made.
constexpr std::size_t kTreeBytesMax = 64u << 10;

}  // namespace

struct PayloadReader::Impl {
    simdjson::dom::parser parser;
    std::string text;  // what event_type and event_other point to unless they point into the tree

    std::optional<PayloadCheck> check_tree(std::string_view body);
    PayloadCheck check_scanned(std::string_view body);
};

PayloadReader::PayloadReader() : impl_(std::make_unique<Impl>()) {}
PayloadReader::~PayloadReader() = default;

PayloadCheck PayloadReader::check(std::string_view body) {
    if (body.size() <= kTreeBytesMax)
        if (const auto found = impl_->check_tree(body)) return *found;
    return impl_->check_scanned(body);
}

// None when simdjson has no answer.
std::optional<PayloadCheck> PayloadReader::Impl::check_tree(std::string_view body) {
    simdjson::dom::element root;
    if (parser.parse(body.data(), body.size(), false).get(root) != simdjson::SUCCESS)
        return std::nullopt;
    PayloadCheck result;
    simdjson::dom::object object;
    if (root.get_object().get(object) != simdjson::SUCCESS) {
        result.kind = root.is_null() ? PayloadKind::null : PayloadKind::other;
        return result;
    }
    result.kind = PayloadKind::object;
    // The last member of that name counts, as it does for nearly every receiver.
    std::optional<simdjson::dom::element> event;
    for (const simdjson::dom::key_value_pair field : object)
        if (field.key == "event") event = field.value;
    if (!event) return result;
    std::string_view type;
    if (event->get_string().get(type) == simdjson::SUCCESS) {
        result.event_type = type;
    } else {
        text = simdjson::minify(*event);
        result.event_other = text;
    }
    return result;
}

PayloadCheck PayloadReader::Impl::check_scanned(std::string_view body) {
    PayloadCheck result;
    if (body.empty()) {
        result.kind = PayloadKind::empty;
        return result;
    }
    const JsonScan scan = scan_json(body, "event");
    if (scan.fault) {
        result.fault = *scan.fault;
        return result;
    }
    if (scan.first != '{') {
        result.kind = scan.first == 'n' ? PayloadKind::null : PayloadKind::other;
        return result;
    }
    result.kind = PayloadKind::object;
    if (!scan.member) return result;
    if (scan.member->front() == '"') {
        text = unescape_json(*scan.member);
        result.event_type = text;
    } else {
        result.event_other = *scan.member;
    }
    return result;
}

}  // namespace posthaste
