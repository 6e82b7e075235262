#include "api/native/body.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "api/json_scan.h"
#include "api/native/query.h"
#include "api/text.h"

namespace posthaste::native {

namespace {

constexpr std::string_view kDecodeError = "value_error.jsondecode";

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Walks the members or elements of a JSON text that is known to be valid.
class Walker {
public:
    explicit Walker(std::string_view container) : text_(container) {
        skip_space();
        ++at_;  // the opening bracket
        skip_separators();
    }
    [[nodiscard]] bool at_end() const { return text_[at_] == '}' || text_[at_] == ']'; }
    // The next string literal, and what follows up to the value.
    std::string_view key() {
        const std::string_view literal = value();
        while (text_[at_] == ':' || is_space(text_[at_])) ++at_;
        return literal;
    }
    // The next value's text; stands in front of the next member or the end afterwards.
    std::string_view value() {
        const std::size_t start = at_;
        std::size_t depth = 0;
        do {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                continue;
            }
            if (c == '{' || c == '[') ++depth;
            if (c == '}' || c == ']') --depth;
            ++at_;
            if (depth == 0 && (c == '}' || c == ']')) break;
        } while (depth > 0 || (text_[start] != '"' && !ends_scalar()));
        const std::string_view found = text_.substr(start, at_ - start);
        skip_separators();
        return found;
    }

private:
    void skip_space() {
        while (is_space(text_[at_])) ++at_;
    }
    void skip_separators() {
        while (is_space(text_[at_]) || text_[at_] == ',') ++at_;
    }
    [[nodiscard]] bool ends_scalar() const {
        const char c = text_[at_];
        return c == ',' || c == '}' || c == ']' || c == ':' || is_space(c);
    }
    void skip_string() {
        ++at_;
        while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2U : 1U;
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

bool is_key(std::string_view literal, std::string_view name) {
    const std::string_view inner = literal.substr(1, literal.size() - 2);
    if (inner.find('\\') == std::string_view::npos) return inner == name;
    return unescape_json(literal) == name;
}

std::string_view kind_of(std::string_view json) {
    switch (json.front()) {
        case '{': return "map";
        case '[': return "sequence";
        case '"': return "string";
        case 't':
        case 'f': return "boolean";
        case 'n': return "null";
        default: return "number";
    }
}

// What is wrong with the text, or nothing.
std::string broken_rule(std::string_view text, const TextRule& rule) {
    if (rule.is_identifier && !is_identifier(text))
        return "1 to 256 characters of a-z, A-Z, 0-9, '-', '_' and '.' are allowed.";
    if (!rule.forbidden_prefix.empty() && text.starts_with(rule.forbidden_prefix))
        return "It must not begin with " + std::string(rule.forbidden_prefix) +
               ", as ids of this kind do.";
    if (rule.is_plain &&
        std::any_of(text.begin(), text.end(), [](char c) { return c >= 0 && c <= 8; }))
        return "Control characters are not allowed.";
    const std::size_t length = count_characters(text);
    if (length < rule.min)
        return "String must be at least " + std::to_string(rule.min) + " characters long";
    if (length > rule.max)
        return "String must be at most " + std::to_string(rule.max) + " characters long";
    return {};
}

std::string_view location_of(const Spec& spec) {
    return spec.location.empty() ? spec.name : spec.location;
}

}  // namespace

struct BodyReader::Shared {
    Issues issues;
};

BodyReader::BodyReader(std::string_view body) : shared_(std::make_shared<Shared>()) {
    const JsonScan scan = scan_json(body);
    if (scan.fault) {
        shared_->issues.add({"body", "", ""},
                            std::string(scan.fault->reason) + " at character " +
                                std::to_string(scan.fault->position),
                            kDecodeError);
    } else if (scan.first != '{') {
        shared_->issues.add({"body", "", ""}, "invalid type: expected a JSON object", kDecodeError);
    } else {
        read_members(body);
    }
}

BodyReader::BodyReader(std::shared_ptr<Shared> shared, std::string path, std::string_view object)
    : shared_(std::move(shared)), path_(std::move(path)) {
    read_members(object);
}

BodyReader::~BodyReader() = default;
BodyReader::BodyReader(BodyReader&&) noexcept = default;

void BodyReader::read_members(std::string_view object) {
    is_object_ = true;
    Walker walker(object);
    while (!walker.at_end()) {
        const std::string_view key = walker.key();
        members_.push_back({key, walker.value()});
    }
}

bool BodyReader::ok() const { return shared_->issues.none(); }

HttpResponse BodyReader::reply() const { return shared_->issues.reply(); }

void BodyReader::add_issue(std::string_view location, std::string_view message,
                           std::string_view type) {
    Issues::Location steps{"body"};
    std::string dotted = path_;
    dotted += location;
    std::size_t start = 0;
    while (start <= dotted.size()) {
        const std::size_t end = std::min(dotted.find('.', start), dotted.size());
        steps.push_back(dotted.substr(start, end - start));
        start = end + 1;
    }
    shared_->issues.add(steps, message, type);
}

void BodyReader::wrong_type(const Spec& spec, std::string_view expected) {
    add_issue(spec.name, "invalid type: expected " + std::string(expected), kDecodeError);
}

void BodyReader::violated(const Spec& spec, std::string_view message) {
    add_issue(location_of(spec), message);
}

const BodyReader::Entry* BodyReader::find_entry(const Spec& spec, std::string_view name) {
    const Entry* found = nullptr;
    for (const Entry& entry : members_) {
        if (!is_key(entry.key, name)) continue;
        if (found) {
            add_issue(spec.name, "duplicate field `" + std::string(name) + "`", kDecodeError);
            break;
        }
        found = &entry;
    }
    return found;
}

BodyReader::Found BodyReader::find(const Spec& spec) {
    const Entry* entry = find_entry(spec, spec.name);
    if (!entry && !spec.alias.empty()) entry = find_entry(spec, spec.alias);
    if (!entry) {
        // A body that is no object lacks everything; it has been said what it is.
        if (spec.presence == Presence::required && is_object_)
            add_issue(spec.name, "missing field `" + std::string(spec.name) + "`", kDecodeError);
        return {};
    }
    if (entry->json != "null") return {true, entry->json};
    switch (spec.presence) {
        case Presence::required:
        case Presence::patch: wrong_type(spec, "a value instead of null"); return {};
        case Presence::optional: return {};
        case Presence::clearable: return {true, std::nullopt};
    }
    return {};
}

std::optional<std::string_view> BodyReader::find_kind(const Spec& spec, std::string_view starts,
                                                      std::string_view expected, bool& is_given) {
    const Found found = find(spec);
    is_given = found.is_given;
    if (!found.json || starts.find(found.json->front()) != std::string_view::npos)
        return found.json;
    wrong_type(spec, std::string(expected) + " instead of a " + std::string(kind_of(*found.json)));
    return std::nullopt;
}

std::optional<std::string> BodyReader::read_text(const Spec& spec, std::string_view json,
                                                 const TextRule& rule) {
    if (json.front() != '"') {
        wrong_type(spec, "a string instead of a " + std::string(kind_of(json)));
        return std::nullopt;
    }
    std::string text = unescape_json(json);
    const std::string broken = broken_rule(text, rule);
    if (!broken.empty()) {
        violated(spec, broken);
        return std::nullopt;
    }
    return text;
}

Member<std::string> BodyReader::text(Spec spec, TextRule rule) {
    Member<std::string> member;
    const auto json = find_kind(spec, "\"", "a string", member.is_given);
    if (json) member.value = read_text(spec, *json, rule);
    return member;
}

Member<std::string> BodyReader::uid(Spec spec, std::string_view prefix) {
    const std::string forbidden = std::string(prefix) + "_";
    const std::string location = std::string(location_of(spec)) + ".__all__";
    spec.location = location;
    TextRule rule;
    rule.is_identifier = true;
    rule.forbidden_prefix = forbidden;
    return text(spec, rule);
}

Member<std::int64_t> BodyReader::integer(Spec spec, std::int64_t min, std::int64_t max) {
    Member<std::int64_t> member;
    const auto json = find_kind(spec, "-0123456789", "an integer", member.is_given);
    if (!json) return member;
    std::int64_t value = 0;
    const char* const end = json->data() + json->size();
    const auto [stop, error] = std::from_chars(json->data(), end, value);
    if (stop != end) {
        wrong_type(spec, "an integer");
    } else if (error != std::errc() || value < min || value > max) {
        violated(spec, "The value must be between " + std::to_string(min) + " and " +
                           std::to_string(max) + ".");
    } else {
        member.value = value;
    }
    return member;
}

Member<bool> BodyReader::flag(Spec spec) {
    Member<bool> member;
    const auto json = find_kind(spec, "tf", "a boolean", member.is_given);
    if (json) member.value = *json == "true";
    return member;
}

Member<Timestamp> BodyReader::time(Spec spec) {
    Member<Timestamp> member;
    const auto json = find_kind(spec, "\"", "a date and time", member.is_given);
    if (!json) return member;
    member.value = parse_time(unescape_json(*json));
    if (!member.value) wrong_type(spec, "an RFC 3339 date and time");
    return member;
}

Member<std::vector<std::string>> BodyReader::set(Spec spec, SetRule rule) {
    Member<std::vector<std::string>> member;
    const auto json = find_kind(spec, "[", "an array", member.is_given);
    if (!json) return member;
    std::vector<std::string> values;
    std::set<std::string> known;  // the text may name very many
    for (Walker walker(*json); !walker.at_end();) {
        auto value = read_text(spec, walker.value(), rule.each);
        if (!value) return member;
        if (known.insert(*value).second) values.push_back(std::move(*value));
    }
    if (values.size() < rule.min || values.size() > rule.max) {
        std::string message = "At least " + std::to_string(rule.min);
        if (rule.max != SIZE_MAX) message += " and at most " + std::to_string(rule.max);
        violated(spec, message + " values are needed.");
        return member;
    }
    member.value = std::move(values);
    return member;
}

Member<BodyReader::NullableMap> BodyReader::nullable_map(Spec spec) {
    Member<NullableMap> member;
    const auto json = find_kind(spec, "{", "an object", member.is_given);
    if (!json) return member;
    NullableMap values;
    for (Walker walker(*json); !walker.at_end();) {
        std::string key = unescape_json(walker.key());
        const std::string_view value = walker.value();
        std::optional<std::string> text;
        if (value != "null") {
            text = read_text(spec, value, {});
            if (!text) return member;
        }
        values.insert_or_assign(std::move(key), std::move(text));
    }
    member.value = std::move(values);
    return member;
}

Member<Metadata> BodyReader::map(Spec spec) {
    Member<NullableMap> nullable = nullable_map(spec);
    Member<Metadata> member;
    member.is_given = nullable.is_given;
    if (!nullable.value) return member;
    Metadata values;
    for (auto& [key, value] : *nullable.value) {
        if (!value) {
            wrong_type(spec, "strings as values instead of null");
            return member;
        }
        values.emplace(key, std::move(*value));
    }
    member.value = std::move(values);
    return member;
}

Member<std::string_view> BodyReader::raw(Spec spec) {
    const Found found = find(spec);
    return {found.is_given, found.json};
}

Member<std::string_view> BodyReader::raw_object(Spec spec) {
    Member<std::string_view> member;
    member.value = find_kind(spec, "{", "an object", member.is_given);
    return member;
}

std::vector<BodyReader> BodyReader::objects(Spec spec) {
    std::vector<BodyReader> readers;
    bool is_given = false;
    const auto json = find_kind(spec, "[", "an array", is_given);
    if (!json) return readers;
    std::size_t index = 0;
    for (Walker walker(*json); !walker.at_end(); ++index) {
        const std::string_view element = walker.value();
        std::string place = path_ + std::string(spec.name) + "[" + std::to_string(index) + "]";
        if (element.starts_with('{')) {
            readers.push_back(BodyReader(shared_, std::move(place) + ".", element));
        } else {
            add_issue(place.substr(path_.size()), "invalid type: expected an object", kDecodeError);
        }
    }
    return readers;
}

std::optional<BodyReader> BodyReader::object(Spec spec) {
    const Member<std::string_view> member = raw_object(spec);
    if (!member.value) return std::nullopt;
    return BodyReader(shared_, path_ + std::string(spec.name) + ".", *member.value);
}

}  // namespace posthaste::native
