#include "api/contacts/form.h"

#include "api/text.h"
#include "base/bytes.h"

namespace posthaste::contacts {

std::string_view form_of(const HttpRequest& request) {
    constexpr std::string_view kForm = "application/x-www-form-urlencoded";
    const auto type = request.header("content-type");
    if (!type || !equal_ignoring_case(type->substr(0, kForm.size()), kForm)) return {};
    const std::string_view rest = type->substr(kForm.size());
    return rest.empty() || rest.front() == ';' || rest.front() == ' ' ? request.body
                                                                      : std::string_view();
}

// Fields are spelled as parameters of a query are.
std::optional<std::string> form_field(std::string_view form, std::string_view name) {
    auto value = query_value(form, name);
    if (!value || value->empty()) return std::nullopt;
    return value;
}

}  // namespace posthaste::contacts
