#include "api/contacts/user_document.h"

#include "api/contacts/contact_document.h"
#include "api/contacts/text.h"
#include "api/json_body.h"
#include "base/bytes.h"
#include "base/json_text.h"

namespace posthaste::contacts {

namespace {

constexpr std::size_t kFullNameMax = 255;

struct LengthRule {
    std::size_t min = 0;
    std::size_t max = SIZE_MAX;
};

void check_length(Problems& problems, const std::string& location, std::string_view text,
                  const LengthRule& rule, std::string_view input) {
    const std::size_t length = count_code_points(text);
    if (length < rule.min) {
        const std::string bound = std::to_string(rule.min);
        problems.add("string_too_short", location,
                     "String should have at least " + bound + " characters", input,
                     "{\"min_length\":" + bound + "}");
    } else if (length > rule.max) {
        const std::string bound = std::to_string(rule.max);
        problems.add("string_too_long", location,
                     "String should have at most " + bound + " characters", input,
                     "{\"max_length\":" + bound + "}");
    }
}

WipedText read_password(Problems& problems, const json::value& value) {
    constexpr std::string_view kHidden = "\"***\"";
    const std::string location = body_location("password");
    if (!value.is_string()) {
        problems.add("string_type", location, "Input should be a valid string", kHidden);
        return {};
    }
    const std::string_view text = to_std(value.get_string());
    check_length(problems, location, text, {kPasswordMin, kPasswordMax}, kHidden);
    return WipedText(text);
}

std::string read_full_name(Problems& problems, const json::value& value) {
    if (value.is_null()) return {};
    const std::string location = body_location("full_name");
    const auto text = read_string(problems, location, value);
    if (!text) return {};
    check_length(problems, location, *text, {.max = kFullNameMax}, echoed(value));
    return std::string(*text);
}

// Without what an error's `input` must not give away.
json::object without_password(json::object object) {
    if (object.contains("password")) object["password"] = "***";
    return object;
}

}  // namespace

NewUser read_new_user(Problems& problems, std::string_view body, SignUp sign_up) {
    NewUser user;
    const auto object = read_object(problems, body);
    if (!object) return user;
    if (const json::value* email = object->if_contains("email"))
        user.email = to_lower(read_email(problems, *email).value_or(""));
    else
        add_missing(problems, "email", without_password(*object));
    if (const json::value* password = object->if_contains("password"))
        user.password = read_password(problems, *password);
    else
        add_missing(problems, "password", *object);
    if (const json::value* name = object->if_contains("full_name"))
        user.full_name = read_full_name(problems, *name);
    if (sign_up == SignUp::by_the_user) return user;
    if (const json::value* active = object->if_contains("is_active"))
        user.is_active = read_bool(problems, "is_active", *active).value_or(true);
    // Read, so that a client's mistake shows, and of no effect: who may what is decided by roles.
    if (const json::value* superuser = object->if_contains("is_superuser"))
        static_cast<void>(read_bool(problems, "is_superuser", *superuser));
    return user;
}

void append_user(std::string& out, const User& user) {
    const bool is_superuser = !user.application && user.role >= Role::admin;
    out += "{\"email\":";
    append_json_string(out, user.email);
    out += user.is_active ? ",\"is_active\":true" : ",\"is_active\":false";
    out += is_superuser ? ",\"is_superuser\":true" : ",\"is_superuser\":false";
    out += ",\"full_name\":";
    append_text_or_null(out, user.full_name.empty() ? std::nullopt : std::optional(user.full_name));
    out += ",\"id\":\"" + to_uuid(user.id) + "\"}";
}

}  // namespace posthaste::contacts
