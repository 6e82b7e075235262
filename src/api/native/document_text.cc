#include "api/native/document_text.h"

#include <algorithm>
#include <boost/json/parser.hpp>

namespace posthaste::native {

namespace json = boost::json;

TextFault fault_at(std::string_view text, std::size_t offset, std::string message) {
    TextFault fault;
    fault.message = std::move(message);
    for (const char c : text.substr(0, offset)) {
        const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;
        if (c == '\n') {
            ++fault.line;
            fault.column = 1;
        } else if (!continues) {
            ++fault.column;
        }
    }
    return fault;
}

std::string TextFault::to_string() const {
    return "line " + std::to_string(line) + ", column " + std::to_string(column) + ": " + message;
}

DocumentValue read_document(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string_view::npos && text[first] == '{';
    return is_json ? read_json(text) : read_yaml(text);
}

DocumentValue read_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = kDocumentDepthMax;
    json::parser parser({}, options);
    boost::system::error_code error;
    const std::size_t read = parser.write_some(text.data(), text.size(), error);
    if (!error && read < text.size()) {
        const std::string_view rest = text.substr(read);
        const std::size_t more = rest.find_first_not_of(" \t\r\n");
        if (more != std::string_view::npos)
            return std::unexpected(
                fault_at(text, read + more, "something follows the end of the document"));
    }
    if (error) return std::unexpected(fault_at(text, read, error.message()));
    return parser.release();
}

}  // namespace posthaste::native
