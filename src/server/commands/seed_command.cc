#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "server/commands/api_client.h"
#include "server/commands/commands.h"
#include "server/commands/server_address_options.h"

namespace posthaste {
namespace {

struct SampleSubscription {
    const char* path;
    const char* secret;
    std::vector<std::string> event_types;  // empty = all
};

const std::array<SampleSubscription, 3>& sample_subscriptions() {
    static const std::array<SampleSubscription, 3> kSamples{{
        {"/shop/orders",
         "whsec_c2FtcGxlLXNlY3JldC1mb3Itb3JkZXJzLTMyYnl0ZXM=",
         {"order.created", "order.paid"}},
        {"/crm/users", "my_secret_key", {"user.created", "user.updated"}},
        {"/audit/everything", "", {}},
    }};
    return kSamples;
}

constexpr std::array<const char*, 4> kEventTypes{"user.created", "order.created", "order.paid",
                                                 "user.updated"};

std::string sample_event(std::uint64_t index) {
    const std::string type = kEventTypes[index % kEventTypes.size()];
    if (type.starts_with("order.")) {
        return fmt::format(
            R"({{"event":"{}","data":{{"order_id":{},"user_id":{},"amount":{}.90}}}})", type,
            1000 + index, 1 + index % 7, 10 + index * 7 % 90);
    }
    return fmt::format(
        R"({{"event":"{}","data":{{"id":{},"name":"Sample User {}","email":"user{}@example.com"}}}})",
        type, index, index, index);
}

std::string sample_book(std::uint64_t index) {
    return fmt::format(
        R"({{"event":"book.added","data":{{"book_id":{},"title":"Sample Book {}"}}}})", 1 + index,
        1 + index);
}

void print_sample(bool created, std::string_view id, std::string_view target_url) {
    fmt::print("{:8} {} -> {}\n", created ? "created" : "exists", id, target_url);
}

Result<void> create_subscriptions(const ApiClient& api, const std::string& receiver,
                                  std::uint64_t events) {
    std::vector<std::string> ids;
    for (const SampleSubscription& sample : sample_subscriptions()) {
        bool created = false;
        SubscriptionDraft draft{receiver + sample.path, sample.secret, sample.event_types};
        ASSIGN_OR_RETURN(const auto subscription, api.find_or_create(draft, created));
        print_sample(created, subscription.id, subscription.target_url);
        ids.push_back(subscription.id);
    }
    std::uint64_t accepted = 0;
    std::uint64_t filtered = 0;
    for (std::uint64_t i = 0; i < events; ++i) {
        for (const std::string& id : ids) {
            ASSIGN_OR_RETURN(const IngestReply reply, api.ingest(id, sample_event(i)));
            ++(reply.delivery_id.empty() ? filtered : accepted);
        }
    }
    fmt::print("{} events sent to each: {} deliveries accepted, {} filtered out\n", events,
               accepted, filtered);
    return {};
}

// The one of the original's seed script.
Result<void> create_mailbox(const ApiClient& api, const std::string& receiver,
                            std::uint64_t events) {
    const MailboxDraft draft{"books_ingestion", receiver + "/target", "books-secret-key"};
    bool created = false;
    ASSIGN_OR_RETURN(const auto mailbox, api.find_or_create(draft, created));
    print_sample(created, mailbox.id, mailbox.target_url);
    for (std::uint64_t i = 0; i < events; ++i) {
        const auto tracking_number = api.hand_in(mailbox.id, draft.api_key, sample_book(i));
        if (!tracking_number) return std::unexpected(tracking_number.error());
    }
    fmt::print("{} webhooks handed in with the key {}\n", events, draft.api_key);
    return {};
}

Result<void> create_samples(const SeedOptions& options) {
    ASSIGN_OR_RETURN(const ApiClient api, ApiClient::create(options.server));
    std::string receiver = options.receiver_url;
    while (receiver.ends_with('/')) receiver.pop_back();
    if (auto done = create_subscriptions(api, receiver, options.events); !done) return done;
    if (auto done = create_mailbox(api, receiver, options.events); !done) return done;
    fmt::print("see them arrive: posthaste listen\n");
    return {};
}

}  // namespace

int run_seed(const SeedOptions& options) {
    const auto created = create_samples(options);
    if (created) return 0;
    fmt::print(stderr, "posthaste seed: {}\n", created.error().message);
    return 1;
}

void add_seed_command(CLI::App& app, int& exit_code) {
    auto options = std::make_shared<SeedOptions>();
    CLI::App* command = app.add_subcommand(
        "seed", "Create sample subscriptions and a mailbox (once) and send them sample events");
    add_server_options(*command, options->server);
    command->add_option("--receiver", options->receiver_url, "Where the samples are delivered")
        ->capture_default_str();
    command->add_option("--events", options->events, "How many events to each")
        ->capture_default_str();
    command->callback([options, &exit_code] { exit_code = run_seed(*options); });
}

}  // namespace posthaste
