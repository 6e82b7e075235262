#pragma once

// The APIs as the tools use them. Every error carries the server's own words where it gave any.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/commands/http_call.h"

namespace posthaste {

struct SubscriptionDraft {
    std::string target_url;
    std::string secret;                    // empty = none
    std::vector<std::string> event_types;  // empty = all
};

struct SubscriptionSummary {
    std::string id;
    std::string target_url;
    bool is_active = true;
};

struct MailboxDraft {
    std::string name;
    std::string target_url;
    std::string api_key;
};

struct MailboxSummary {
    std::string id;
    std::string name;
    std::string target_url;
};

struct AttemptSummary {
    std::int64_t number = 0;
    std::string at;
    std::optional<int> status;
    bool success = false;
    std::string error;
};

struct IngestReply {
    std::string delivery_id;  // empty when the subscription filters this event out
    std::string message;
};

class ApiClient {
public:
    static Result<ApiClient> create(const ServerAddress& server);

    [[nodiscard]] Result<SubscriptionSummary> create_subscription(
        const SubscriptionDraft& draft) const;
    // All of them, page by page.
    [[nodiscard]] Result<std::vector<SubscriptionSummary>> list_subscriptions() const;
    // The first active one with exactly this URL as the server spells it; else a new one. `created` tells which.
    [[nodiscard]] Result<SubscriptionSummary> find_or_create(const SubscriptionDraft& draft,
                                                             bool& created) const;
    [[nodiscard]] Result<void> delete_subscription(std::string_view id) const;
    [[nodiscard]] Result<IngestReply> ingest(std::string_view subscription_id,
                                             std::string_view body) const;
    // All of them, page by page.
    [[nodiscard]] Result<std::vector<MailboxSummary>> list_mailboxes() const;
    // The first one of that name, whatever its URL and key are by now; else a new one. `created` tells which.
    [[nodiscard]] Result<MailboxSummary> find_or_create(const MailboxDraft& draft,
                                                        bool& created) const;
    // The tracking number. Another key than the mailbox's is refused with ErrorCode::invalid.
    [[nodiscard]] Result<std::string> hand_in(std::string_view mailbox_id, std::string_view api_key,
                                              std::string_view body) const;
    // Oldest first.
    [[nodiscard]] Result<std::vector<AttemptSummary>> attempts_of(
        std::string_view delivery_id) const;
    // POSTs to the native API; the new object's id.
    [[nodiscard]] Result<std::string> create_native(std::string_view path,
                                                    std::string_view body) const;
    // GET /health answers 200.
    [[nodiscard]] Result<void> check_health() const;
    [[nodiscard]] Result<std::string> metrics() const;

    [[nodiscard]] const HttpCaller& http() const { return http_; }

private:
    explicit ApiClient(HttpCaller http) : http_(std::move(http)) {}
    // The answer, if its status is 2xx; otherwise an error that quotes it.
    [[nodiscard]] Result<HttpMessage> expect_success(std::string_view method, std::string_view path,
                                                     std::string_view body = {}) const;
    // The objects of a list, page by page; `read` makes one of each object.
    template <class Summary>
    [[nodiscard]] Result<std::vector<Summary>> list(
        std::string_view path, Result<Summary> (*read)(const boost::json::value&)) const;

    HttpCaller http_;
};

// The value of a metric in the Prometheus text format, summed over its label sets; empty when it is not there.
[[nodiscard]] std::optional<double> metric_value(std::string_view page, std::string_view name);
// Of the one sample with exactly these labels, e.g. `state="pending"`.
[[nodiscard]] std::optional<double> metric_value(std::string_view page, std::string_view name,
                                                 std::string_view labels);

}  // namespace posthaste
