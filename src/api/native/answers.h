#pragma once

// What the native API answers when something is wrong, and small tools that write its JSON. Errors are {"code","detail"},
// except 422, which is {"detail":[{"loc","msg","type"}, …]}. Nothing but 204 has an empty body.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/context.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/model.h"
#include "ports/http.h"

namespace posthaste::native {

[[nodiscard]] HttpResponse fault(int status, std::string_view code, std::string_view detail);
[[nodiscard]] HttpResponse bad_query(std::string_view detail);  // 400 generic_error
[[nodiscard]] HttpResponse entity_not_found();                  // 404
[[nodiscard]] HttpResponse insufficient_access();               // 403
[[nodiscard]] HttpResponse conflict(std::string_view detail = "A conflict has occurred");
[[nodiscard]] HttpResponse no_content();  // 204
// What became of a call to the engine or the store; `exists` and `conflict` are conflict().
[[nodiscard]] HttpResponse fault(const Error& error, const ApiContext& context);

// Collected rule violations: a 422.
class Issues {
public:
    using Location = std::vector<std::string>;

    void add(const Location& location, std::string_view message,
             std::string_view type = "value_error");
    [[nodiscard]] bool none() const { return items_.empty(); }
    [[nodiscard]] HttpResponse reply() const;  // REQUIRES: !none()

private:
    std::string items_;
};
// One violation at ["body", name].
[[nodiscard]] HttpResponse unprocessable(std::string_view name, std::string_view message,
                                         std::string_view type = "value_error");

// "2026-01-02T03:04:05.123456Z" with 0, 3 or 6 digits of fraction.
[[nodiscard]] std::string format_time(Timestamp at);

// Writes one JSON object, members in the order of the calls. close() ends it.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;

    void text(std::string_view name, std::string_view value);
    void text_or_null(std::string_view name, const std::optional<std::string>& value);
    void number(std::string_view name, std::int64_t value);
    void flag(std::string_view name, bool value);
    void null(std::string_view name);
    void raw(std::string_view name, std::string_view json);
    void time(std::string_view name, Timestamp at);
    void texts(std::string_view name, const std::vector<std::string>& values);
    void texts_or_null(std::string_view name,
                       const std::optional<std::vector<std::string>>& values);
    void map(std::string_view name, const Metadata& values);
    // Writes the name: a value must follow in the text.
    void name(std::string_view name);
    void close() { out_ += '}'; }

private:
    std::string& out_;
    bool is_empty_ = true;
};

// {"data":[…],"iterator":…,"prevIterator":…,"done":…}
class ListWriter {
public:
    ListWriter() : body_("{\"data\":[") {}
    // The text to which the JSON of the next object goes; `id` is what iterators name it by.
    [[nodiscard]] std::string& item(std::string_view id);
    [[nodiscard]] HttpResponse finish(bool done);
    // The search ended early, behind what `iterator` names: more may follow.
    [[nodiscard]] HttpResponse finish_at(std::string_view iterator);
    // The same of a page that is read backwards.
    [[nodiscard]] HttpResponse finish_before(std::string_view iterator);

private:
    std::string body_;
    std::string first_;
    std::string last_;
};

}  // namespace posthaste::native
