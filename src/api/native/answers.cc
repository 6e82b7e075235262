#include "api/native/answers.h"

#include <algorithm>

#include "api/reply.h"
#include "base/assert.h"
#include "base/json_text.h"

namespace posthaste::native {

HttpResponse fault(int status, std::string_view code, std::string_view detail) {
    std::string body;
    ObjectWriter writer(body);
    writer.text("code", code);
    writer.text("detail", detail);
    writer.close();
    return reply(status, std::move(body));
}

HttpResponse bad_query(std::string_view detail) { return fault(400, "generic_error", detail); }

HttpResponse entity_not_found() { return fault(404, "not_found", "Entity not found"); }

HttpResponse insufficient_access() {
    return fault(403, "insufficient access", "Insufficient access for the given operation.");
}

HttpResponse conflict(std::string_view detail) { return fault(409, "conflict", detail); }

HttpResponse no_content() { return reply(204, {}); }

namespace {

HttpResponse fault_for_now(const Error& error, const ApiContext& context) {
    HttpResponse response = fault(503, "unavailable", error.message);
    const auto wait = std::chrono::ceil<std::chrono::seconds>(context.settings.retry_after);
    response.headers += "retry-after: ";
    response.headers += std::to_string(std::max<std::int64_t>(1, wait.count()));
    response.headers += "\r\n";
    response.close = error.code == ErrorCode::stopping;
    return response;
}

}  // namespace

HttpResponse fault(const Error& error, const ApiContext& context) {
    switch (error.code) {
        case ErrorCode::invalid: return unprocessable("", error.message);
        case ErrorCode::not_found: return entity_not_found();
        case ErrorCode::conflict:
        case ErrorCode::exists: return conflict();
        case ErrorCode::overloaded:
        case ErrorCode::unavailable:
        case ErrorCode::commit_unknown:
        case ErrorCode::stopping: return fault_for_now(error, context);
        case ErrorCode::corrupt:
        case ErrorCode::io: return fault(500, "internal_error", error.message);
    }
    return fault(500, "internal_error", error.message);
}

void Issues::add(const Location& location, std::string_view message, std::string_view type) {
    items_ += items_.empty() ? "{\"loc\":[" : ",{\"loc\":[";
    bool is_first = true;
    for (const std::string& step : location) {
        if (!is_first) items_ += ',';
        is_first = false;
        append_json_string(items_, step);
    }
    items_ += "],\"msg\":";
    append_json_string(items_, message);
    items_ += ",\"type\":";
    append_json_string(items_, type);
    items_ += '}';
}

HttpResponse Issues::reply() const {
    ASSERT(!none());
    return posthaste::reply(422, "{\"detail\":[" + items_ + "]}");
}

HttpResponse unprocessable(std::string_view name, std::string_view message, std::string_view type) {
    Issues issues;
    issues.add({"body", std::string(name)}, message, type);
    return issues.reply();
}

std::string format_time(Timestamp at) {
    std::string text = format_rfc3339(at);  // ".123456Z"
    text.pop_back();
    if (text.ends_with("000000"))
        text.resize(text.size() - 7);
    else if (text.ends_with("000"))
        text.resize(text.size() - 3);
    text += 'Z';
    return text;
}

void ObjectWriter::name(std::string_view name) {
    if (!is_empty_) out_ += ',';
    is_empty_ = false;
    append_json_string(out_, name);
    out_ += ':';
}

void ObjectWriter::text(std::string_view member, std::string_view value) {
    name(member);
    append_json_string(out_, value);
}

void ObjectWriter::text_or_null(std::string_view member, const std::optional<std::string>& value) {
    if (value)
        text(member, *value);
    else
        null(member);
}

void ObjectWriter::number(std::string_view member, std::int64_t value) {
    name(member);
    out_ += std::to_string(value);
}

void ObjectWriter::flag(std::string_view member, bool value) {
    name(member);
    out_ += value ? "true" : "false";
}

void ObjectWriter::null(std::string_view member) {
    name(member);
    out_ += "null";
}

void ObjectWriter::raw(std::string_view member, std::string_view json) {
    name(member);
    out_ += json;
}

void ObjectWriter::time(std::string_view member, Timestamp at) {
    name(member);
    out_ += '"';
    out_ += format_time(at);
    out_ += '"';
}

void ObjectWriter::texts(std::string_view member, const std::vector<std::string>& values) {
    name(member);
    out_ += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out_ += ',';
        append_json_string(out_, values[i]);
    }
    out_ += ']';
}

void ObjectWriter::texts_or_null(std::string_view member,
                                 const std::optional<std::vector<std::string>>& values) {
    if (values)
        texts(member, *values);
    else
        null(member);
}

void ObjectWriter::map(std::string_view member, const Metadata& values) {
    name(member);
    out_ += '{';
    bool is_first = true;
    for (const auto& [key, value] : values) {
        if (!is_first) out_ += ',';
        is_first = false;
        append_json_string(out_, key);
        out_ += ':';
        append_json_string(out_, value);
    }
    out_ += '}';
}

std::string& ListWriter::item(std::string_view id) {
    if (first_.empty())
        first_ = id;
    else
        body_ += ',';
    last_ = id;
    return body_;
}

HttpResponse ListWriter::finish(bool done) {
    body_ += "],\"iterator\":";
    if (last_.empty()) {
        body_ += "null";
    } else {
        append_json_string(body_, last_);
        body_ += ",\"prevIterator\":";
        append_json_string(body_, "-" + first_);
    }
    body_ += done ? ",\"done\":true}" : ",\"done\":false}";
    return reply(200, std::move(body_));
}

HttpResponse ListWriter::finish_at(std::string_view iterator) {
    // An empty page has no first object: the way back starts where the way on does.
    if (first_.empty()) first_ = iterator;
    last_ = iterator;
    return finish(false);
}

HttpResponse ListWriter::finish_before(std::string_view iterator) {
    first_ = iterator;
    if (last_.empty()) last_ = iterator;
    return finish(false);
}

}  // namespace posthaste::native
