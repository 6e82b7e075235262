#include "server/commands/api_client.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/bytes.h"

namespace posthaste {
namespace {

namespace json = boost::json;
constexpr std::size_t kPage = 100;

Result<json::value> parse_json(const HttpMessage& answer) {
    json::error_code error;
    json::value value = json::parse({answer.body.data(), answer.body.size()}, error);
    if (error) return fail(ErrorCode::io, "the server's answer is not JSON");
    return value;
}

Result<json::object> parse_object(const HttpMessage& answer) {
    ASSIGN_OR_RETURN(json::value value, parse_json(answer));
    if (!value.is_object()) return fail(ErrorCode::io, "the server's answer is not an object");
    return std::move(value.get_object());
}

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_string()) return {};
    return std::string(std::string_view(value->get_string().data(), value->get_string().size()));
}

bool truth_of(const json::object& object, std::string_view key, bool fallback) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    return value != nullptr && value->is_bool() ? value->get_bool() : fallback;
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

Result<SubscriptionSummary> read_subscription(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr || text_of(*object, "id").empty())
        return fail(ErrorCode::io, "the server's answer is not a subscription");
    return SubscriptionSummary{text_of(*object, "id"), text_of(*object, "target_url"),
                               truth_of(*object, "is_active", true)};
}

Result<MailboxSummary> read_mailbox(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr || text_of(*object, "id").empty())
        return fail(ErrorCode::io, "the server's answer is not a mailbox");
    return MailboxSummary{text_of(*object, "id"), text_of(*object, "name"),
                          text_of(*object, "target_url")};
}

AttemptSummary read_attempt(const json::object& object) {
    AttemptSummary attempt;
    attempt.number = number_of(object, "attempt_number").value_or(0);
    attempt.at = text_of(object, "timestamp");
    if (const auto status = number_of(object, "status_code"))
        attempt.status = static_cast<int>(*status);
    attempt.success = truth_of(object, "success", false);
    attempt.error = text_of(object, "error");
    return attempt;
}

}  // namespace

Result<ApiClient> ApiClient::create(const ServerAddress& server) {
    ASSIGN_OR_RETURN(HttpCaller http, HttpCaller::create(server));
    return ApiClient(std::move(http));
}

Result<HttpMessage> ApiClient::expect_success(std::string_view method, std::string_view path,
                                              std::string_view body) const {
    ASSIGN_OR_RETURN(HttpMessage answer, http_.call(method, path, body));
    if (answer.status >= 200 && answer.status <= 299) return answer;
    std::string hint;
    if (answer.status == 401 || answer.status == 403)
        hint = "; the server requires authentication: give --token, or set POSTHASTE_TOKEN";
    return fail(answer.status == 404 ? ErrorCode::not_found : ErrorCode::unavailable,
                fmt::format("{} {} was answered {}: {}{}", method, path, answer.status,
                            utf8_prefix(answer.body, 500), hint));
}

Result<SubscriptionSummary> ApiClient::create_subscription(const SubscriptionDraft& draft) const {
    json::object body;
    body["target_url"] = draft.target_url;
    if (!draft.secret.empty()) body["secret"] = draft.secret;
    if (!draft.event_types.empty()) {
        json::array types;
        for (const std::string& type : draft.event_types) types.emplace_back(type);
        body["event_types"] = std::move(types);
    }
    ASSIGN_OR_RETURN(const HttpMessage answer,
                     expect_success("POST", "/subscriptions/", json::serialize(body)));
    ASSIGN_OR_RETURN(const json::value value, parse_json(answer));
    return read_subscription(value);
}

template <class Summary>
Result<std::vector<Summary>> ApiClient::list(std::string_view path,
                                             Result<Summary> (*read)(const json::value&)) const {
    std::vector<Summary> all;
    for (;;) {
        ASSIGN_OR_RETURN(
            const HttpMessage answer,
            expect_success("GET", fmt::format("{}?skip={}&limit={}", path, all.size(), kPage)));
        ASSIGN_OR_RETURN(const json::value value, parse_json(answer));
        const json::array* page = value.if_array();
        if (page == nullptr) return fail(ErrorCode::io, "the server's answer is not a list");
        for (const json::value& each : *page) {
            ASSIGN_OR_RETURN(Summary summary, read(each));
            all.push_back(std::move(summary));
        }
        if (page->size() < kPage) return all;
    }
}

Result<std::vector<SubscriptionSummary>> ApiClient::list_subscriptions() const {
    return list("/subscriptions/", read_subscription);
}

Result<SubscriptionSummary> ApiClient::find_or_create(const SubscriptionDraft& draft,
                                                      bool& created) const {
    created = false;
    ASSIGN_OR_RETURN(const Target wanted, parse_target(draft.target_url));
    ASSIGN_OR_RETURN(const auto all, list_subscriptions());
    for (const SubscriptionSummary& each : all)
        if (each.is_active && each.target_url == wanted.url) return each;
    created = true;
    return create_subscription(draft);
}

Result<std::vector<MailboxSummary>> ApiClient::list_mailboxes() const {
    return list("/api/mailboxes", read_mailbox);
}

Result<MailboxSummary> ApiClient::find_or_create(const MailboxDraft& draft, bool& created) const {
    created = false;
    ASSIGN_OR_RETURN(const auto all, list_mailboxes());
    const auto found = std::ranges::find(all, draft.name, &MailboxSummary::name);
    if (found != all.end()) return *found;
    created = true;
    const json::object body{
        {"name", draft.name}, {"target_url", draft.target_url}, {"api_key", draft.api_key}};
    ASSIGN_OR_RETURN(const HttpMessage answer,
                     expect_success("POST", "/api/mailboxes", json::serialize(body)));
    ASSIGN_OR_RETURN(const json::value value, parse_json(answer));
    return read_mailbox(value);
}

Result<std::string> ApiClient::hand_in(std::string_view mailbox_id, std::string_view api_key,
                                       std::string_view body) const {
    ASSIGN_OR_RETURN(const HttpMessage answer,
                     http_.call("POST", fmt::format("/webhooks/{}", mailbox_id), body,
                                fmt::format("x-api-key: {}\r\n", api_key)));
    if (answer.status == 401)
        return fail(ErrorCode::invalid,
                    fmt::format("the mailbox {} has another key by now", mailbox_id));
    if (answer.status != 200)
        return fail(ErrorCode::unavailable,
                    fmt::format("POST /webhooks/{} was answered {}: {}", mailbox_id, answer.status,
                                utf8_prefix(answer.body, 500)));
    ASSIGN_OR_RETURN(const json::object object, parse_object(answer));
    return text_of(object, "tracking_number");
}

Result<std::string> ApiClient::create_native(std::string_view path, std::string_view body) const {
    ASSIGN_OR_RETURN(const HttpMessage answer, expect_success("POST", path, body));
    ASSIGN_OR_RETURN(const json::object object, parse_object(answer));
    return text_of(object, "id");
}

Result<void> ApiClient::delete_subscription(std::string_view id) const {
    auto answer = expect_success("DELETE", fmt::format("/subscriptions/{}", id));
    if (!answer) return std::unexpected(answer.error());
    return {};
}

Result<IngestReply> ApiClient::ingest(std::string_view subscription_id,
                                      std::string_view body) const {
    ASSIGN_OR_RETURN(
        const HttpMessage answer,
        expect_success("POST", fmt::format("/webhooks/ingest/{}", subscription_id), body));
    ASSIGN_OR_RETURN(const json::object object, parse_object(answer));
    return IngestReply{text_of(object, "delivery_id"), text_of(object, "message")};
}

Result<std::vector<AttemptSummary>> ApiClient::attempts_of(std::string_view delivery_id) const {
    ASSIGN_OR_RETURN(const HttpMessage answer,
                     expect_success("GET", fmt::format("/status/delivery/{}", delivery_id)));
    ASSIGN_OR_RETURN(const json::value value, parse_json(answer));
    const json::array* list = value.if_array();
    if (list == nullptr) return fail(ErrorCode::io, "the server's answer is not a list");
    std::vector<AttemptSummary> attempts;
    for (const json::value& each : *list)
        if (const json::object* object = each.if_object())
            attempts.push_back(read_attempt(*object));
    std::sort(attempts.begin(), attempts.end(),
              [](const auto& a, const auto& b) { return a.number < b.number; });
    return attempts;
}

Result<void> ApiClient::check_health() const {
    auto answer = expect_success("GET", "/health");
    if (!answer) return std::unexpected(answer.error());
    return {};
}

Result<std::string> ApiClient::metrics() const {
    ASSIGN_OR_RETURN(HttpMessage answer, expect_success("GET", "/metrics"));
    return std::move(answer.body);
}

namespace {

struct Sample {
    std::string_view labels;  // without braces
    double value = 0;
};

// A sample of the metric `name`, if this line is one.
std::optional<Sample> read_sample(std::string_view line, std::string_view name) {
    if (!line.starts_with(name)) return std::nullopt;
    line.remove_prefix(name.size());
    Sample sample;
    if (line.starts_with('{')) {
        const std::size_t close = line.find('}');
        if (close == std::string_view::npos) return std::nullopt;
        sample.labels = line.substr(1, close - 1);
        line.remove_prefix(close + 1);
    }
    if (!line.starts_with(' ')) return std::nullopt;
    line.remove_prefix(1);
    const auto [rest, error] =
        std::from_chars(line.data(), line.data() + line.size(), sample.value);
    if (error != std::errc{}) return std::nullopt;
    return sample;
}

template <class Use>
void for_each_sample(std::string_view page, std::string_view name, Use use) {
    while (!page.empty()) {
        const std::size_t size = std::min(page.find('\n'), page.size());
        if (const auto sample = read_sample(page.substr(0, size), name)) use(*sample);
        page.remove_prefix(std::min(size + 1, page.size()));
    }
}

}  // namespace

std::optional<double> metric_value(std::string_view page, std::string_view name) {
    std::optional<double> sum;
    for_each_sample(page, name, [&](const Sample& s) { sum = sum.value_or(0) + s.value; });
    return sum;
}

std::optional<double> metric_value(std::string_view page, std::string_view name,
                                   std::string_view labels) {
    std::optional<double> found;
    for_each_sample(page, name, [&](const Sample& s) {
        if (s.labels == labels) found = s.value;
    });
    return found;
}

}  // namespace posthaste
