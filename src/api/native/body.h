#pragma once

// A typed reader of request bodies. The text is checked once (json_scan.h); no tree is built: only the members asked for are
// decoded, so a large member costs nothing but the scan. Unknown members are ignored, a known one given twice is an issue.
// Every call notes what is wrong; ask ok() at the end.
//
//   BodyReader body(call.request.body);
//   const auto name = body.text({"name", Presence::required}, {.min = 1});
//   const auto rate = body.integer({"throttleRate", Presence::clearable, "throttle_rate"}, 1, 65535);
//   if (!body.ok()) co_return body.reply();
//   if (rate.is_given) application.throttle_rate = rate.value;   // none: cleared

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/native/answers.h"
#include "base/time.h"
#include "domain/model.h"

namespace posthaste::native {

enum class Presence : std::uint8_t {
    required,   // must be there and not null
    optional,   // null is the same as absent
    patch,      // absent: keep; null: an issue
    clearable,  // absent: keep; null: clear
};

// What to read. `location` is what a 422 calls it; empty: the name.
struct Spec {
    std::string_view name;
    Presence presence = Presence::optional;
    std::string_view location = {};
    std::string_view alias = {};  // read when `name` is absent
};

template <class T>
struct Member {
    bool is_given = false;   // clearable: also when it is null
    std::optional<T> value;  // required and ok(): there is one

    [[nodiscard]] explicit operator bool() const { return value.has_value(); }
    [[nodiscard]] T value_or(T fallback) const { return value ? *value : std::move(fallback); }
};

struct TextRule {
    std::size_t min = 0;  // code points
    std::size_t max = SIZE_MAX;
    bool is_identifier = false;              // is_identifier() must hold
    bool is_plain = false;                   // without U+0000 … U+0008
    std::string_view forbidden_prefix = {};  // uids must not look like ids: "app_"
};

struct SetRule {
    std::size_t min = 0;
    std::size_t max = SIZE_MAX;
    TextRule each;
};

class BodyReader {
public:
    explicit BodyReader(std::string_view body);
    ~BodyReader();
    BodyReader(BodyReader&&) noexcept;
    BodyReader& operator=(BodyReader&&) = delete;

    [[nodiscard]] bool ok() const;
    [[nodiscard]] HttpResponse reply() const;  // 422; REQUIRES: !ok()
    // Notes a violation of a rule that the caller checks; `location` below this object.
    void add_issue(std::string_view location, std::string_view message,
                   std::string_view type = "value_error");

    [[nodiscard]] Member<std::string> text(Spec spec, TextRule rule = {});
    [[nodiscard]] Member<std::string> uid(Spec spec, std::string_view prefix);  // prefix: "app"
    [[nodiscard]] Member<std::int64_t> integer(Spec spec, std::int64_t min, std::int64_t max);
    [[nodiscard]] Member<bool> flag(Spec spec);
    [[nodiscard]] Member<Timestamp> time(Spec spec);
    // An array of strings; what is named twice counts once.
    [[nodiscard]] Member<std::vector<std::string>> set(Spec spec, SetRule rule);
    [[nodiscard]] Member<Metadata> map(Spec spec);
    // Values may be null.
    using NullableMap = std::map<std::string, std::optional<std::string>>;
    [[nodiscard]] Member<NullableMap> nullable_map(Spec spec);
    // The value's JSON text, a view into the body.
    [[nodiscard]] Member<std::string_view> raw(Spec spec);
    [[nodiscard]] Member<std::string_view> raw_object(Spec spec);
    // A reader of the member, which must be an object; it shares this one's issues.
    [[nodiscard]] std::optional<BodyReader> object(Spec spec);
    // Readers of an array's elements, which must be objects; no array: none.
    [[nodiscard]] std::vector<BodyReader> objects(Spec spec);

private:
    struct Entry {
        std::string_view key;   // as written, with its quotes
        std::string_view json;  // the value
    };
    struct Shared;
    BodyReader(std::shared_ptr<Shared> shared, std::string path, std::string_view object);
    void read_members(std::string_view object);
    // The member's JSON text; none when it is absent or null, or when that is an issue.
    struct Found {
        bool is_given = false;
        std::optional<std::string_view> json;
    };
    [[nodiscard]] Found find(const Spec& spec);
    [[nodiscard]] const Entry* find_entry(const Spec& spec, std::string_view name);
    // Passes json through when its first character is one of `starts`, else notes an issue.
    [[nodiscard]] std::optional<std::string_view> find_kind(const Spec& spec,
                                                            std::string_view starts,
                                                            std::string_view expected,
                                                            bool& is_given);
    void wrong_type(const Spec& spec, std::string_view expected);
    void violated(const Spec& spec, std::string_view message);
    [[nodiscard]] std::optional<std::string> read_text(const Spec& spec, std::string_view json,
                                                       const TextRule& rule);

    std::shared_ptr<Shared> shared_;
    std::string path_;  // of this object below the body, "" or "application."
    bool is_object_ = false;
    std::vector<Entry> members_;
};

}  // namespace posthaste::native
