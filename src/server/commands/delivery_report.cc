#include "server/commands/delivery_report.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/bytes.h"

namespace posthaste {
namespace {

constexpr std::size_t kLinesMax = 40;
constexpr std::size_t kPlainBytesMax = 4096;
constexpr std::size_t kJsonDepthMax = 64;

// Every HTTP client sends these; they say nothing about a webhook.
constexpr std::array<std::string_view, 6> kDullFields{
    "host", "content-length", "connection", "accept", "accept-encoding", "transfer-encoding"};

bool is_dull(std::string_view name) {
    return std::any_of(kDullFields.begin(), kDullFields.end(),
                       [&](std::string_view dull) { return equal_ignoring_case(dull, name); });
}

void indent(std::string& out, std::size_t depth) { out.append(depth * 2, ' '); }

void write_pretty(std::string& out, const boost::json::value& value, std::size_t depth) {
    const auto* object = value.if_object();
    const auto* array = value.if_array();
    const bool nested =
        (object != nullptr && !object->empty()) || (array != nullptr && !array->empty());
    if (!nested || depth >= kJsonDepthMax) {
        out += boost::json::serialize(value);
        return;
    }
    out += object != nullptr ? "{\n" : "[\n";
    bool first = true;
    const auto separate = [&] {
        if (!first) out += ",\n";
        first = false;
        indent(out, depth + 1);
    };
    if (object != nullptr) {
        for (const auto& [key, member] : *object) {
            separate();
            out += boost::json::serialize(boost::json::string(key));
            out += ": ";
            write_pretty(out, member, depth + 1);
        }
    } else {
        for (const boost::json::value& element : *array) {
            separate();
            write_pretty(out, element, depth + 1);
        }
    }
    out += '\n';
    indent(out, depth);
    out += object != nullptr ? '}' : ']';
}

// A delivery is somebody else's bytes; none of them may steer the terminal.
std::string printable(std::string_view text, std::size_t bytes_max) {
    std::string out = utf8_prefix(text, bytes_max);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7F) c = '?';
    }
    return out;
}

std::string cut_lines(std::string_view text, std::size_t lines_max) {
    std::size_t at = 0;
    for (std::size_t line = 0; line < lines_max; ++line) {
        at = text.find('\n', at);
        if (at == std::string_view::npos) return std::string(text);
        ++at;
    }
    const auto left =
        1 + std::count(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), '\n');
    return fmt::format("{}… {} more lines", text.substr(0, at), left);
}

std::string indented(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = std::min(text.find('\n'), text.size());
        out += fmt::format("    {}\n", text.substr(0, size));
        text.remove_prefix(std::min(size + 1, text.size()));
    }
    return out;
}

std::string signature_text(const DeliveryReport& report) {
    if (!report.signature) return "not checked (give --secret to check it)";
    return describe(*report.signature);
}

}  // namespace

std::string format_body(std::string_view body, std::size_t lines_max) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse({body.data(), body.size()}, error);
    if (error) return cut_lines(printable(body, kPlainBytesMax), lines_max);
    std::string pretty;
    write_pretty(pretty, value, 0);
    return cut_lines(printable(pretty, pretty.size()), lines_max);
}

std::string format_report_text(const DeliveryReport& report) {
    const HttpMessage& request = report.request;
    std::string out = fmt::format(
        "#{} {} {} {}, {} bytes -> {}\n", report.number, format_rfc3339(report.at),
        printable(request.method, 32), printable(request.target, 1024), request.body_bytes,
        report.status ? fmt::format("{}", *report.status) : std::string("no answer"));
    for (const MessageField& field : request.fields) {
        if (!is_dull(field.name))
            out += fmt::format("    {}: {}\n", field.name, printable(field.value, 512));
    }
    if (!request.body.empty()) out += "\n" + indented(format_body(request.body, kLinesMax)) + "\n";
    out += fmt::format("    signature: {}\n", signature_text(report));
    if (report.copies > 1) {
        out += fmt::format("    {}: copy {} of {}\n", report.duplicate ? "duplicate" : "retry",
                           report.copies, printable(delivery_identity(request), 128));
    }
    return out;
}

std::string format_report_json(const DeliveryReport& report) {
    const HttpMessage& request = report.request;
    boost::json::object fields;
    for (const MessageField& field : request.fields) {
        std::string name = field.name;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        fields[name] = utf8_prefix(field.value, field.value.size());
    }
    boost::json::object line;
    line["number"] = report.number;
    line["at"] = format_rfc3339(report.at);
    line["method"] = utf8_prefix(request.method, 64);
    line["path"] = utf8_prefix(request.target, 8192);
    line["headers"] = std::move(fields);
    line["body"] = utf8_prefix(request.body, request.body.size());
    line["body_bytes"] = request.body_bytes;
    line["webhook_id"] = utf8_prefix(delivery_identity(request), 256);
    line["copies"] = report.copies;
    line["duplicate"] = report.duplicate;
    line["signature"] = report.signature ? to_string(report.signature->verdict) : "unchecked";
    boost::json::array valid;
    boost::json::array invalid;
    if (report.signature) {
        for (const std::string& name : report.signature->valid) valid.emplace_back(name);
        for (const std::string& name : report.signature->invalid) invalid.emplace_back(name);
    }
    line["signatures_valid"] = std::move(valid);
    line["signatures_invalid"] = std::move(invalid);
    if (report.status) {
        line["status"] = *report.status;
    } else {
        line["status"] = nullptr;
    }
    return boost::json::serialize(line);
}

}  // namespace posthaste
