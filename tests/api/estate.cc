#include "tests/api/estate.h"

#include <stdexcept>

#include "assets/assets.h"

namespace posthaste::test {

namespace {

constexpr OrganizationId kNeighbour{0x0190'0000'0009'7000ULL, 0x8000'0000'0000'0009ULL};

// The same {param} means different things in different APIs.
std::string_view meaning_of(std::string_view param, std::string_view pattern) {
    if (param == "endpoint_id" && pattern.find("/operational-webhook/") != pattern.npos)
        return "operational_endpoint_id";
    if (param == "user_id" && pattern.find("/members/") != pattern.npos) return "member_id";
    return param;
}

}  // namespace

Estate::Estate() {
    world.settings.auth = AuthMode::required;
    world.settings.is_signup_open = true;
    const User owner = people_.add("owner@example.com", Role::owner);
    callers_[Caller::nobody] = {};
    callers_[Caller::owner] = log_in(owner);
    callers_[Caller::admin] = log_in(people_.add("admin@example.com", Role::admin));
    callers_[Caller::operator_] = log_in(people_.add("operator@example.com", Role::operator_));
    callers_[Caller::viewer] = log_in(people_.add("viewer@example.com", Role::viewer));
    callers_[Caller::ingest_key] = hold_key(KeyScope::ingest, owner);
    callers_[Caller::read_key] = hold_key(KeyScope::read, owner);
    callers_[Caller::full_key] = hold_key(KeyScope::full, owner);
    const User neighbour = people_.add("neighbour@example.com", Role::owner, {}, kNeighbour);
    neighbour_ = log_in(neighbour);
    neighbours_key_ = hold_key(KeyScope::full, neighbour);
    fill();
}

Estate::Credentials Estate::log_in(const User& user) {
    return {people_.session(user.email), to_uuid(user.id)};
}

Estate::Credentials Estate::hold_key(KeyScope scope, const User& maker) {
    return {People::bearer(people_.add_key(scope, {}, maker.organization, maker.id)),
            to_uuid(maker.id)};
}

// The id of what our owner makes.
std::string Estate::make(const std::string& path, const std::string& body) {
    const Answer made = world.send(Method::post, path, body, callers_[Caller::owner].headers);
    if (made.status < 200 || made.status > 299)
        throw std::runtime_error(path + " made nothing: " + made.body);
    return made.text("id");
}

void Estate::fill() {
    ids_["self"] = callers_[Caller::owner].self;
    for (const Asset& asset : assets())
        if (asset.path.starts_with("/assets/"))
            ids_["name"] = asset.path.substr(std::string_view("/assets/").size());
    ids_["sink_id"] = "anything";
    for (const char* of_a_page : {"page", "id", "other"}) ids_[of_a_page] = "anything";
    ids_["consumer_id"] = "ours";

    ids_["subscription_id"] = make("/subscriptions", R"({"target_url":"http://ours.example/"})");
    ids_["delivery_id"] = world
                              .send(Method::post, "/webhooks/ingest/" + ids_["subscription_id"],
                                    R"({"event":"ours"})", callers_[Caller::owner].headers)
                              .text("delivery_id");

    fill_mailbox();
    ids_["app_id"] = make("/api/v1/app", R"({"name":"ours"})");
    const std::string app = "/api/v1/app/" + ids_["app_id"];
    ids_["event_type_name"] = "ours";
    world.send(Method::post, "/api/v1/event-type",
               R"({"name":"ours","description":"ours","schemas":{"1":{"examples":[{}]}}})",
               callers_[Caller::owner].headers);
    ids_["endpoint_id"] = make(app + "/endpoint", R"({"url":"http://ours.example/"})");
    ids_["operational_endpoint_id"] =
        make("/api/v1/operational-webhook/endpoint", R"({"url":"http://ours.example/"})");
    ids_["msg_id"] = make(app + "/msg", R"({"eventType":"t","payload":{"is":"ours"}})");
    world.settle();
    const Answer attempts = world.send(Method::get, app + "/attempt/msg/" + ids_["msg_id"], "",
                                       callers_[Caller::owner].headers);
    ids_["attempt_id"] = attempts.json().at("data").at(0).at("id").as_string();
    ids_["task_id"] = make(app + "/endpoint/" + ids_["endpoint_id"] + "/recover",
                           R"({"since":"2026-01-02T00:00:00Z"})");

    ids_["webhook_id"] = make("/api/v1/webhooks",
                              R"({"url":"https://ours.example/","events":["subscriber.created"]})");
    ids_["subscriber_id"] = make(
        "/api/v1/subscribers", R"({"email":"ours@example.com","user_id":")" + ids_["self"] + "\"}");
    const User member = people_.add("ours@example.com", Role::viewer);
    ids_["member_id"] = to_base62("user", member.id);
    ids_["user_id"] = ids_["self"];
    ids_["key_id"] = make("/api/v1/api-keys", R"({"name":"ours","scope":"read"})");
    people_.session("owner@example.com");
    const boost::json::value sessions =
        world.send(Method::get, "/api/v1/account/sessions", "", callers_[Caller::owner].headers)
            .json();
    for (const boost::json::value& session : sessions.at("data").as_array())
        if (!session.at("isCurrent").as_bool()) ids_["session_id"] = session.at("id").as_string();
    // Whatever comes is at another moment.
    world.advance(1s);
}

// With what was handed in there, and failed.
void Estate::fill_mailbox() {
    const Answer mailbox =
        world.send(Method::post, "/api/mailboxes",
                   R"({"name":"ours","target_url":"http://ours.example/","max_attempts":1})",
                   callers_[Caller::owner].headers);
    ids_["mailbox_id"] = mailbox.text("id");
    mailbox_key_ = {"x-api-key", mailbox.text("api_key")};
    world.answers.push_back(answer(500));
    ids_["tracking_number"] = world
                                  .send(Method::post, "/webhooks/" + ids_["mailbox_id"],
                                        R"({"event":"ours"})", {mailbox_key_})
                                  .text("tracking_number");
    world.settle();
}

std::string Estate::path_of(const RouteRow& row) const {
    std::string path;
    std::string_view rest = row.pattern;
    while (!rest.empty()) {
        const std::size_t brace = std::min(rest.find('{'), rest.size());
        path += rest.substr(0, brace);
        rest.remove_prefix(brace);
        if (rest.empty()) break;
        const std::size_t end = rest.find('}');
        path += ids_.at(std::string(meaning_of(rest.substr(1, end - 1), row.pattern)));
        rest.remove_prefix(end + 1);
    }
    return path;
}

Answer Estate::send(const RouteRow& row, const World::Headers& credentials,
                    const std::string& self) {
    std::string body(row.body);
    for (const auto& [name, value] : ids_) {
        const std::string param = "{" + name + "}";
        const std::size_t at = body.find(param);
        if (at != body.npos) body.replace(at, param.size(), name == "self" ? self : value);
    }
    World::Headers headers = credentials;
    headers.emplace_back("Content-Type", body.starts_with("username=")
                                             ? "application/x-www-form-urlencoded"
                                             : "application/json");
    if (row.pattern == "/webhooks/{mailbox_id}") headers.push_back(mailbox_key_);
    return world.send(row.method, path_of(row), body, headers);
}

Answer Estate::send(const RouteRow& row, Caller caller) {
    const Credentials& credentials = callers_.at(caller);
    return send(row, credentials.headers, credentials.self);
}

Answer Estate::send_as(Method method, const std::string& path, Caller caller) {
    return world.send(method, path, "", callers_.at(caller).headers);
}

Answer Estate::send_as_neighbour(const RouteRow& row) {
    return send(row, neighbour_.headers, neighbour_.self);
}

Answer Estate::send_as_neighbours_key(const RouteRow& row) {
    return send(row, neighbours_key_.headers, neighbours_key_.self);
}

std::size_t Estate::audit_entries() {
    AuditQuery query;
    query.organization = world.settings.organization;
    return world.run(world.store().read_audit(std::move(query))).value().size();
}

}  // namespace posthaste::test
