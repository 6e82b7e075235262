// Users of a running server, over its API.

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "base/bytes.h"
#include "server/commands/http_call.h"
#include "server/user_admin.h"

namespace posthaste {

namespace {

namespace json = boost::json;

constexpr std::string_view kMembers = "/api/v1/members";

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* const value = object.if_contains(name);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

UserRow row_of(const json::object& object) {
    UserRow row;
    row.id = text_of(object, "id");
    row.email = text_of(object, "email");
    row.full_name = text_of(object, "fullName");
    row.role = text_of(object, "role");
    row.application = text_of(object, "applicationId");
    const json::value* const is_active = object.if_contains("isActive");
    row.is_active = is_active && is_active->is_bool() && is_active->get_bool();
    return row;
}

// The sentence in the server's answer: {"detail": "…"}, or [{"msg": "…"}].
std::string detail_of(const HttpMessage& answer) {
    json::error_code error;
    const json::value body = json::parse({answer.body.data(), answer.body.size()}, error);
    const json::object* const object = error ? nullptr : body.if_object();
    const json::value* const detail = object ? object->if_contains("detail") : nullptr;
    if (detail && detail->is_string()) return std::string(detail->get_string());
    if (detail && detail->is_array() && !detail->get_array().empty() &&
        detail->get_array().front().is_object())
        return text_of(detail->get_array().front().get_object(), "msg");
    return std::string(utf8_prefix(answer.body, 300));
}

class RemoteAdmin final : public UserAdmin {
public:
    explicit RemoteAdmin(HttpCaller http) : http_(std::move(http)) {}

    Result<UserRow> add(UserDraft draft) override {
        json::object body;
        body["email"] = draft.email;
        body["fullName"] = draft.full_name;
        body["role"] = to_string(draft.role);
        body["password"] = draft.password.view();
        if (!draft.application.empty()) body["applicationId"] = draft.application;
        return read_user("POST", std::string(kMembers), body);
    }

    Result<std::vector<UserRow>> list() override {
        std::vector<UserRow> rows;
        std::string path = fmt::format("{}?limit=250", kMembers);
        while (true) {
            ASSIGN_OR_RETURN(const json::object page, call("GET", path, {}));
            const json::value* const data = page.if_contains("data");
            if (!data || !data->is_array())
                return fail(ErrorCode::io, "the server's answer is not a list");
            for (const json::value& each : data->get_array())
                if (each.is_object()) rows.push_back(row_of(each.get_object()));
            const json::value* const done = page.if_contains("done");
            if (!done || !done->is_bool() || done->get_bool()) return rows;
            path = fmt::format("{}?limit=250&iterator={}", kMembers, text_of(page, "iterator"));
        }
    }

    Result<UserRow> set_password(const std::string& email, WipedText password) override {
        json::object body;
        body["password"] = password.view();
        return patch(email, body);
    }

    Result<UserRow> set_role(const std::string& email, Role role) override {
        json::object body;
        body["role"] = to_string(role);
        return patch(email, body);
    }

    Result<void> remove(const std::string& email) override {
        ASSIGN_OR_RETURN(const UserRow user, find(email));
        ASSIGN_OR_RETURN(const json::object ignored, call("DELETE", path_of(user), {}));
        static_cast<void>(ignored);
        return {};
    }

private:
    static std::string path_of(const UserRow& user) {
        return fmt::format("{}/{}", kMembers, user.id);
    }

    // The object in the answer; empty when there is no body.
    [[nodiscard]] Result<json::object> call(std::string_view method, std::string_view path,
                                            const json::object& body) const {
        std::string text = body.empty() ? std::string() : json::serialize(body);
        const WipedOnExit wiped(text);
        ASSIGN_OR_RETURN(const HttpMessage answer, http_.call(method, path, text));
        if (answer.status < 200 || answer.status > 299) {
            std::string hint;
            if (answer.status == 401)
                hint = "; give --token, or set POSTHASTE_TOKEN: one that `posthaste token` prints";
            return fail(answer.status == 404 ? ErrorCode::not_found : ErrorCode::invalid,
                        detail_of(answer) + hint);
        }
        if (answer.body.empty()) return json::object();
        json::error_code error;
        json::value value = json::parse({answer.body.data(), answer.body.size()}, error);
        if (error || !value.is_object())
            return fail(ErrorCode::io, "the server's answer is not a JSON object");
        return std::move(value.get_object());
    }

    [[nodiscard]] Result<UserRow> read_user(std::string_view method, const std::string& path,
                                            const json::object& body) const {
        ASSIGN_OR_RETURN(const json::object user, call(method, path, body));
        return row_of(user);
    }

    [[nodiscard]] Result<UserRow> find(const std::string& email) {
        ASSIGN_OR_RETURN(const std::vector<UserRow> rows, list());
        for (const UserRow& row : rows)
            if (row.email == to_lower(email)) return row;
        return fail(ErrorCode::not_found, fmt::format("there is no user {}", email));
    }

    [[nodiscard]] Result<UserRow> patch(const std::string& email, const json::object& body) {
        ASSIGN_OR_RETURN(const UserRow user, find(email));
        return read_user("PATCH", path_of(user), body);
    }

    HttpCaller http_;
};

}  // namespace

Result<std::unique_ptr<UserAdmin>> administer_server(const ServerAddress& server) {
    ASSIGN_OR_RETURN(HttpCaller http, HttpCaller::create(server));
    return std::make_unique<RemoteAdmin>(std::move(http));
}

}  // namespace posthaste
