// What became of what was handed in for mailboxes: the list, the detail, and retries by hand. Names start with the id of the
// requirement (docs/requirements.md).

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>

#include "tests/api/mailboxes_world.h"

namespace posthaste::test {
namespace {

using MailboxWebhooks = MailboxesTest;

TEST_F(MailboxWebhooks, S2_04_S2_12_the_list_says_what_became_of_each) {
    EXPECT_EQ(world.get("/api/webhooks").body, "[]");
    const Mailbox mailbox = create();
    world.hold = true;
    const std::string number = track(mailbox);
    const auto row = [&](const std::string& rest) {
        return R"([{"tracking_number":")" + number + R"(","mailbox_id":")" + mailbox.id +
               R"(","mailbox_name":"Order Service","target_url":")" + kMailboxTarget +
               R"(","event_type":"order.completed",)" + rest + R"("created_at":")" + kWorldStart +
               "\"}]";
    };
    const Answer waiting = world.get("/api/webhooks");
    EXPECT_EQ(waiting.status, 200);
    EXPECT_EQ(waiting.content_type, "application/json");
    EXPECT_EQ(waiting.body, row(R"("status":"pending","attempts":0,"attempt_count":0,)"
                                R"("last_attempt_at":null,"next_attempt_at":null,)"));
    world.hold = false;
    world.release();
    world.settle();
    EXPECT_EQ(world.get("/api/webhooks/").body,
              row(R"("status":"delivered","attempts":1,"attempt_count":1,"last_attempt_at":")" +
                  std::string(kWorldStart) + R"(","next_attempt_at":null,)"));
}

TEST_F(MailboxWebhooks, S2_04_narrowed_and_paged) {
    const Mailbox first = create();
    const Mailbox second = create(R"(,"max_attempts":1)", "Second");
    Numbers all;
    for (int i = 0; i < 3; ++i) all.push_back(track(first));
    world.answers = {answer(500)};
    all.push_back(track(second, "{}"));
    world.otherwise = answer(500);
    all.push_back(track(first));
    EXPECT_EQ(numbers(), all) << "in the order they came in";

    EXPECT_EQ(numbers("?status=delivered"), Numbers(all.begin(), all.begin() + 3));
    EXPECT_EQ(numbers("?status=failed"), Numbers{all[3]});
    EXPECT_EQ(numbers("?status=pending"), Numbers{all[4]});
    EXPECT_EQ(numbers("?status=queued"), Numbers{all[4]});
    EXPECT_EQ(numbers("?status=cancelled"), Numbers{});
    EXPECT_EQ(numbers("?mailbox_id=" + second.id), Numbers{all[3]});
    EXPECT_EQ(numbers("?mailbox_id=" + first.id + "&status=pending"), Numbers{all[4]});
    EXPECT_TRUE(rows("?mailbox_id=" + second.id)[0].at("event_type").is_null());

    const Answer newest = world.get("/api/webhooks?limit=2");
    EXPECT_EQ(numbers("?limit=2"), Numbers(all.end() - 2, all.end()));
    const std::string before = "/api/webhooks?before=" + all[3] + "&limit=2";
    EXPECT_NE(newest.headers.find("link: <" + before + ">; rel=\"prev\"\r\n"), std::string::npos)
        << newest.headers;
    EXPECT_EQ(numbers("?before=" + all[3] + "&limit=2"), Numbers(all.begin() + 1, all.begin() + 3));
    const Answer oldest = world.get("/api/webhooks?limit=2&before=" + all[1]);
    EXPECT_EQ(numbers("?limit=2&before=" + all[1]), Numbers{all[0]});
    EXPECT_EQ(oldest.headers.find("link:"), std::string::npos);

    for (const char* wrong :
         {"?status=done", "?limit=0", "?limit=1001", "?limit=x", "?before=x", "?mailbox_id=x"})
        EXPECT_EQ(world.get(std::string("/api/webhooks") + wrong).status, 422) << wrong;
    EXPECT_EQ(world.get(std::string("/api/webhooks?mailbox_id=") + kUnknownUuid).status, 404);
}

TEST_F(MailboxWebhooks, S2_13_S2_36_every_attempt_is_kept_with_its_time_and_answer) {
    const Mailbox mailbox = create(R"(,"retry_delays":[60])");
    world.answers = {answer(500, "broken"),
                     failure(AttemptOutcome::connect_failed, "connection refused"),
                     answer(201, "made")};
    const std::string number = track(mailbox);
    world.advance(10min);
    const Answer detail = world.get("/api/webhooks/" + number);
    EXPECT_EQ(detail.status, 200);
    const auto event = detail.json().at("event").as_object();
    EXPECT_EQ(event.at("tracking_number").as_string(), number);
    EXPECT_EQ(event.at("mailbox_id").as_string(), mailbox.id);
    EXPECT_EQ(event.at("status").as_string(), "delivered");
    EXPECT_EQ(event.at("created_at").as_string(), kWorldStart);
    EXPECT_EQ(event.at("attempt_count").as_int64(), 3);
    EXPECT_NE(detail.body.find(std::string(R"("payload":)") + kMailboxPayload + "}"),
              std::string::npos)
        << detail.body;

    const auto attempts = detail.json().at("attempts").as_array();
    ASSERT_EQ(attempts.size(), 3U);
    const struct {
        const char* status;
        const char* error;
        const char* status_code;
        const char* response;
    } expected[] = {{"failed", R"("The receiver answered 500")", "500", R"("broken")"},
                    {"failed", R"("connection refused")", "null", "null"},
                    {"success", "null", "201", R"("made")"}};
    std::set<std::int64_t> ids;
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& attempt = attempts[i].as_object();
        ids.insert(attempt.at("id").as_int64());
        EXPECT_EQ(attempt.at("tracking_number").as_string(), number);
        EXPECT_EQ(attempt.at("attempt_number").as_int64(), static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(attempt.at("status").as_string(), expected[i].status);
        EXPECT_EQ(attempt.at("error"), boost::json::parse(expected[i].error));
        EXPECT_EQ(attempt.at("status_code"), boost::json::parse(expected[i].status_code));
        EXPECT_EQ(attempt.at("response"), boost::json::parse(expected[i].response));
        EXPECT_EQ(attempt.at("attempted_at").as_string(), format_rfc3339(world.received[i].at));
    }
    EXPECT_EQ(ids.size(), 3U);
    EXPECT_GE(*ids.begin(), 0);
    EXPECT_LT(*ids.rbegin(), std::int64_t{1} << 53);
    EXPECT_EQ(event.at("last_attempt_at"), attempts[2].at("attempted_at"));
    EXPECT_EQ(world.get("/api/webhooks/" + number + "/").body, detail.body);
}

TEST_F(MailboxWebhooks, what_nobody_knows_is_null) {
    create();
    for (const char* number : {kUnknownUuid, "nonsense"}) {
        const Answer detail = world.get(std::string("/api/webhooks/") + number);
        EXPECT_EQ(detail.status, 200);
        EXPECT_EQ(detail.body, R"({"event":null,"attempts":[]})");
    }
}

TEST_F(MailboxWebhooks, S2_05_S2_14_what_failed_can_be_retried) {
    const Mailbox mailbox = create();
    world.otherwise = answer(500);
    const std::string number = track(mailbox);
    run_out_of_attempts();
    EXPECT_EQ(listed(number), "failed 3");
    world.received.clear();
    world.answers = {answer(500), answer(500), answer(200)};
    const Answer retried = world.post("/api/webhooks/" + number + "/retry", "");
    EXPECT_EQ(retried.status, 200);
    EXPECT_EQ(retried.content_type, "application/json");
    EXPECT_EQ(retried.body, R"({"message":"Webhook retry initiated","tracking_number":")" + number +
                                R"(","new_status":"queued"})");
    EXPECT_EQ(listed(number), "pending 4") << "at once";
    world.advance(10min);
    expect_gaps(world, {2000, 4000});
    EXPECT_EQ(world.received[0].body, kMailboxPayload);
    EXPECT_EQ(listed(number), "delivered 6");
    const auto attempts = world.get("/api/webhooks/" + number).json().at("attempts").as_array();
    ASSERT_EQ(attempts.size(), 6U);
    EXPECT_EQ(attempts[5].at("attempt_number").as_int64(), 6);
}

TEST_F(MailboxWebhooks, S2_05_only_what_failed_can_be_retried) {
    const Mailbox mailbox = create();
    const std::string delivered = track(mailbox);
    world.otherwise = answer(500);
    const std::string pending = track(mailbox);
    for (const std::string& number : {delivered, pending}) {
        const Answer refused = world.post("/api/webhooks/" + number + "/retry/", "");
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(refused.body, R"({"detail":"Only failed events can be retried"})");
    }
    for (const char* number : {kUnknownUuid, "nonsense"}) {
        const Answer unknown = world.post(std::string("/api/webhooks/") + number + "/retry", "");
        EXPECT_EQ(unknown.status, 404);
        EXPECT_EQ(unknown.body, R"({"detail":"Webhook not found"})");
    }
}

TEST_F(MailboxWebhooks, what_a_deleted_mailbox_got_stays_readable) {
    const Mailbox mailbox = create();
    const std::string delivered = track(mailbox);
    world.otherwise = answer(500);
    const std::string failed = track(mailbox);
    run_out_of_attempts();
    world.otherwise = answer(500);
    const std::string pending = track(mailbox);
    world.remove("/api/mailboxes/" + mailbox.id);
    world.advance(10min);
    EXPECT_EQ(listed(delivered), "delivered 1");
    EXPECT_EQ(listed(failed), "failed 3");
    EXPECT_EQ(listed(pending), "cancelled 1");
    EXPECT_EQ(numbers("?mailbox_id=" + mailbox.id).size(), 3U);
    const Answer gone = world.post("/api/webhooks/" + failed + "/retry", "");
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, R"({"detail":"Mailbox not found"})");
    EXPECT_EQ(world.post("/api/webhooks/" + pending + "/retry", "").status, 400);
}

TEST_F(MailboxWebhooks, a_store_that_cannot_read_is_no_empty_list) {
    const Mailbox mailbox = create();
    const std::string number = track(mailbox);
    world.reads_work = false;
    for (const Answer& answer : {world.get("/api/webhooks"), world.get("/api/webhooks/" + number),
                                 world.post("/api/webhooks/" + number + "/retry", "")})
        EXPECT_EQ(answer.status, 503) << answer.body;
}

TEST_F(MailboxWebhooks, answers_are_for_browsers_of_other_origins_too) {
    const Mailbox mailbox = create();
    for (const Answer& answer : {world.get("/api/mailboxes"), world.get("/api/webhooks"),
                                 hand_in(mailbox), hand_in({mailbox.id, "x"})}) {
        EXPECT_NE(answer.headers.find("access-control-allow-origin: *\r\n"), std::string::npos);
        EXPECT_NE(answer.headers.find("access-control-allow-credentials: true\r\n"),
                  std::string::npos);
    }
    const Answer preflight = world.send(Method::options, "/webhooks/" + mailbox.id, "",
                                        {{"Origin", "http://localhost:5173"},
                                         {"Access-Control-Request-Method", "POST"},
                                         {"Access-Control-Request-Headers", "x-api-key"}});
    EXPECT_EQ(preflight.status, 200);
    EXPECT_EQ(preflight.body, "OK");
    EXPECT_NE(preflight.headers.find("access-control-allow-headers: x-api-key"), std::string::npos);
    EXPECT_NE(preflight.headers.find("access-control-max-age: 600"), std::string::npos);
}

}  // namespace
}  // namespace posthaste::test
