#include "api/mailboxes/webhook_document.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "api/delivery_status.h"

namespace posthaste::mailboxes {
namespace {

namespace json = boost::json;

constexpr Timestamp kAccepted = from_micros(1'767'323'045'000'000);

struct Story {
    Event event;
    Endpoint mailbox;
    DeliveryHistory delivery;

    Story() {
        event.id = EventId(1, 2);
        event.accepted_at = kAccepted;
        event.type = "order.completed";
        event.payload = R"({ "n": 1.0 })";
        mailbox.id = EndpointId(3, 4);
        mailbox.name = "The \"first\"";
        mailbox.url = "http://h/";
        delivery.endpoint = mailbox.id;
    }
    void add(AttemptOutcome outcome, int status, std::string response) {
        AttemptRecord record;
        record.number = static_cast<std::uint32_t>(delivery.attempts.size()) + 1;
        record.outcome = outcome;
        record.status_code = status;
        record.response = std::move(response);
        record.started_at = kAccepted + std::chrono::seconds(record.number);
        record.timings.total = 12'900us;
        delivery.attempts.push_back(std::move(record));
    }
    [[nodiscard]] json::value detail() const {
        std::string text;
        append_detail(text, event, delivery, mailbox);
        return json::parse(text);
    }
};

TEST(WebhookDocument, queued_is_another_word_for_pending) {
    EXPECT_EQ(states_of("queued"), posthaste::states_of("pending"));
    EXPECT_EQ(states_of("failed"), posthaste::states_of("failed"));
    EXPECT_TRUE(states_of("dead").empty());
}

TEST(WebhookDocument, a_row_says_both_names_of_the_count) {
    const Story story;
    EventEntry entry;
    entry.event = std::make_shared<Event>(story.event);
    entry.state = DeliveryState::parked;
    entry.attempts = 2;
    entry.last_attempt_at = kAccepted + 2s;
    entry.next_due = kAccepted + 6s;
    std::string row;
    append_row(row, entry, story.mailbox);
    EXPECT_EQ(row, R"({"tracking_number":"00000000-0000-0001-0000-000000000002",)"
                   R"("mailbox_id":"00000000-0000-0003-0000-000000000004",)"
                   R"("mailbox_name":"The \"first\"","target_url":"http://h/",)"
                   R"("event_type":"order.completed","status":"pending","attempts":2,)"
                   R"("attempt_count":2,"last_attempt_at":"2026-01-02T03:04:07.000000Z",)"
                   R"("next_attempt_at":"2026-01-02T03:04:11.000000Z",)"
                   R"("created_at":"2026-01-02T03:04:05.000000Z"})");
}

TEST(WebhookDocument, the_detail_has_the_payload_s_own_text) {
    Story story;
    std::string text;
    append_detail(text, story.event, story.delivery, story.mailbox);
    EXPECT_NE(text.find(R"("payload":{ "n": 1.0 }})"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with(R"(,"attempts":[]})")) << text;
    story.event.is_expunged = true;
    story.event.payload.clear();
    EXPECT_TRUE(story.detail().at("event").at("payload").is_null());
}

TEST(WebhookDocument, an_attempt_says_what_went_wrong) {
    Story story;
    story.add(AttemptOutcome::rejected, 503, std::string(300, 'x'));
    story.add(AttemptOutcome::timed_out, 0, "no answer within 5 s");
    story.add(AttemptOutcome::broken, 200, "the answer ended early");
    story.add(AttemptOutcome::delivered, 200, "");
    const json::value detail = story.detail();
    const json::array& attempts = detail.at("attempts").as_array();
    ASSERT_EQ(attempts.size(), 4U);
    const struct {
        const char* status;
        json::value error;
        json::value code;
        json::value response;
    } expected[] = {
        {"failed", "The receiver answered 503", 503, json::string(255, 'x')},
        {"failed", "no answer within 5 s", nullptr, nullptr},
        {"failed", "the answer ended early", 200, nullptr},
        {"success", nullptr, 200, ""},
    };
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        EXPECT_EQ(attempts[i].at("status").as_string(), expected[i].status);
        EXPECT_EQ(attempts[i].at("error"), expected[i].error);
        EXPECT_EQ(attempts[i].at("status_code"), expected[i].code);
        EXPECT_EQ(attempts[i].at("response"), expected[i].response);
        EXPECT_EQ(attempts[i].at("duration_ms").as_int64(), 12);
    }
    EXPECT_EQ(detail.at("event").at("last_attempt_at").as_string(), "2026-01-02T03:04:09.000000Z");
    EXPECT_EQ(story.detail(), detail) << "ids are the same at every look";
}

}  // namespace
}  // namespace posthaste::mailboxes
