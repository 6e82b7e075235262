#include "api/native/query.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "api/text.h"

namespace posthaste::native {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads fields of fixed width off the front of a text.
class TimeReader {
public:
    explicit TimeReader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool digits(std::size_t count, int& value) {
        if (rest_.size() < count) return false;
        value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (!is_digit(rest_[i])) return false;
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(count);
        return true;
    }
    [[nodiscard]] bool literal(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // ".123456789": 1…9 digits; microseconds count.
    [[nodiscard]] bool fraction(std::int64_t& micros) {
        micros = 0;
        if (!literal(".")) return true;
        std::size_t count = 0;
        for (std::int64_t weight = 100'000; !rest_.empty() && is_digit(rest_.front());
             weight /= 10, ++count) {
            micros += (rest_.front() - '0') * weight;
            rest_.remove_prefix(1);
        }
        return count >= 1 && count <= 9;
    }
    // "Z", " UTC", "+01:00", "+0100", with or without a space in front.
    [[nodiscard]] bool offset(std::chrono::minutes& east) {
        if (rest_ == "Z" || rest_ == "z" || rest_ == " UTC" || rest_ == "UTC" || rest_ == " Z") {
            rest_ = {};
            east = {};
            return true;
        }
        if (rest_.starts_with(' ')) rest_.remove_prefix(1);
        const bool is_west = rest_.starts_with('-');
        int hours = 0;
        int minutes = 0;
        if (!literal("+-") || !digits(2, hours)) return false;
        if (rest_.starts_with(':')) rest_.remove_prefix(1);
        if (!digits(2, minutes) || hours > 23 || minutes > 59) return false;
        east = std::chrono::hours(hours) + std::chrono::minutes(minutes);
        if (is_west) east = -east;
        return true;
    }
    [[nodiscard]] bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

// Calls visit(decoded name, decoded value) for every parameter, in order.
template <class Visit>
void for_each_parameter(std::string_view query, Visit visit) {
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string name = percent_decode(pair.substr(0, equals), PlusSign::space);
        std::string value =
            percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusSign::space);
        visit(name, value);
    }
}

// "event_types", "event_types[]", "event_types[12]"
bool names_event_types(std::string_view name) {
    constexpr std::string_view kName = "event_types";
    if (!name.starts_with(kName)) return false;
    name.remove_prefix(kName.size());
    if (name.empty()) return true;
    return name.size() >= 2 && name.front() == '[' && name.back() == ']' &&
           std::all_of(name.begin() + 1, name.end() - 1, is_digit);
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) {
    TimeReader reader(text);
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t micros = 0;
    std::chrono::minutes east{};
    if (!reader.digits(4, year) || !reader.literal("-") || !reader.digits(2, month) ||
        !reader.literal("-") || !reader.digits(2, day) || !reader.literal("Tt ") ||
        !reader.digits(2, hour) || !reader.literal(":") || !reader.digits(2, minute) ||
        !reader.literal(":") || !reader.digits(2, second) || !reader.fraction(micros) ||
        !reader.offset(east) || !reader.at_end())
        return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year},
                                           std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return Timestamp{std::chrono::sys_days{date}} + std::chrono::hours(hour) +
           std::chrono::minutes(minute) + std::chrono::seconds(second) + Duration(micros) - east;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    });
}

Id first_id_at(Timestamp at) {
    // Ids carry 48 bits of milliseconds.
    constexpr std::int64_t kMillisMax = (std::int64_t{1} << 48) - 1;
    const std::int64_t millis = std::clamp(to_millis(at), std::int64_t{0}, kMillisMax);
    return Id{static_cast<std::uint64_t>(millis) << 16, 0};
}

PageBounds Paging::bounds() const {
    PageBounds bounds;
    bounds.descending = reads_descending();
    (bounds.descending ? bounds.below : bounds.above) = cursor;
    bounds.limit = limit + 1;
    return bounds;
}

void Query::wrong(std::string detail) {
    if (!wrong_) wrong_ = bad_query(detail);
}

void Query::violated(std::initializer_list<const char*> location, std::string_view message) {
    if (wrong_) return;
    Issues issues;
    issues.add(Issues::Location(location.begin(), location.end()), message);
    wrong_ = issues.reply();
}

std::optional<std::string> Query::text(std::string_view name) { return query_value(text_, name); }

std::vector<std::string> Query::texts(std::string_view name) {
    std::vector<std::string> values;
    for_each_parameter(text_, [&](const std::string& given, std::string& value) {
        if (given == name) values.push_back(std::move(value));
    });
    return values;
}

std::size_t Query::limit() {
    const auto given = text("limit");
    if (!given) return kPageDefault;
    std::uint64_t value = 0;
    const char* const end = given->data() + given->size();
    const auto [stop, error] = std::from_chars(given->data(), end, value);
    if (given->empty() || stop != end || error == std::errc::invalid_argument) {
        wrong("Failed to deserialize query string: limit: invalid digit found in string");
        return kPageDefault;
    }
    if (error != std::errc() || value < 1 || value > kPageMax) {
        violated({"query", "limit", "limit"}, "Given limit must not exceed 250 and be at least 1");
        return kPageDefault;
    }
    return static_cast<std::size_t>(value);
}

Paging Query::page(std::string_view prefix, Order order) {
    Paging paging;
    paging.order = order;
    paging.limit = limit();
    const auto given = text("iterator");
    if (!given) return paging;
    std::string_view id = *given;
    paging.is_backwards = id.starts_with('-');
    if (paging.is_backwards) id.remove_prefix(1);
    const auto parsed = parse_base62(prefix, id);
    if (!parsed || parsed->is_nil())
        violated({"query", "iterator", "__all__"}, "The iterator is not one that a list returned.");
    else
        paging.cursor = *parsed;
    return paging;
}

Paging Query::ordered_page(std::string_view prefix, Order fallback) {
    Paging paging = page(prefix, fallback);
    const auto order = text("order");
    if (!order) return paging;
    if (*order == "ascending")
        paging.order = Order::ascending;
    else if (*order == "descending")
        paging.order = Order::descending;
    else
        wrong("Failed to deserialize query string: order: expected `ascending` or `descending`");
    return paging;
}

Paging Query::page_by_name() {
    Paging paging;
    paging.limit = limit();
    auto given = text("iterator");
    if (!given) return paging;
    paging.is_backwards = given->starts_with('-');
    paging.name = paging.is_backwards ? given->substr(1) : std::move(*given);
    if (!is_identifier(paging.name))
        violated({"query", "iterator", "__all__"}, "The iterator is not one that a list returned.");
    return paging;
}

bool Query::flag(std::string_view name, bool fallback) {
    const auto given = text(name);
    if (!given) return fallback;
    if (*given != "true" && *given != "false")
        wrong("Failed to deserialize query string: " + std::string(name) +
              ": provided string was not `true` or `false`");
    return *given == "true";
}

std::optional<std::string> Query::identifier(std::string_view name) {
    auto given = text(name);
    if (given && !is_identifier(*given))
        violated({"query", std::string(name).c_str(), "__all__"},
                 "1 to 256 characters of a-z, A-Z, 0-9, '-', '_' and '.' are allowed.");
    return given;
}

std::optional<Timestamp> Query::time(std::string_view name) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    const auto parsed = parse_time(*given);
    if (!parsed)
        wrong("Failed to deserialize query string: " + std::string(name) +
              ": input contains invalid characters for an RFC 3339 date and time");
    return parsed;
}

std::optional<int> Query::one_of(std::string_view name, std::initializer_list<int> allowed) {
    const auto given = text(name);
    if (!given) return std::nullopt;
    int value = 0;
    const char* const end = given->data() + given->size();
    const auto [stop, error] = std::from_chars(given->data(), end, value);
    if (error != std::errc() || stop != end ||
        std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        wrong("Failed to deserialize query string: " + std::string(name) + ": invalid value");
        return std::nullopt;
    }
    return value;
}

std::vector<std::string> Query::event_types() {
    std::vector<std::string> types;
    for_each_parameter(text_, [&](const std::string& name, const std::string& value) {
        if (!names_event_types(name)) return;
        std::string_view rest = value;
        while (true) {
            const std::size_t comma = std::min(rest.find(','), rest.size());
            const std::string_view type = rest.substr(0, comma);
            if (type.empty()) {
                // Some clients name no type as an empty one.
            } else if (!is_identifier(type))
                violated({"query", "event_types", "__all__"},
                         "1 to 256 characters of a-z, A-Z, 0-9, '-', '_' and '.' are allowed.");
            else if (std::find(types.begin(), types.end(), type) == types.end())
                types.emplace_back(type);
            if (comma == rest.size()) break;
            rest.remove_prefix(comma + 1);
        }
    });
    return types;
}

}  // namespace posthaste::native
