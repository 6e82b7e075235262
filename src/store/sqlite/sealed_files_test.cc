// What the files show of secrets and, on request, of payloads: nothing; and what changed in them is noticed.

#include <gtest/gtest.h>

#include "store/sqlite/testing/sealed_store.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

const EndpointId kEndpoint{5, 6};

class SealedFiles : public testing::Test {
protected:
    SealedFiles() {
        options_.directory = directory_.path();
        options_.keys = test_keys();
    }
    void open() {
        driver_.emplace(options_);
        const auto opened = driver_->open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    // Why the store does not open, or cannot load its endpoints.
    Error refusal() {
        driver_.emplace(options_);
        auto opened = driver_->open();
        if (!opened) return std::move(opened).error();
        auto endpoints = driver_->run(driver_->store().load_endpoints());
        return endpoints ? Error{} : std::move(endpoints).error();
    }
    ConfigChange put(ConfigChange change) {
        auto done = driver_->run(driver_->store().change_config(std::move(change)));
        EXPECT_TRUE(done) << done.error().message;
        return std::move(*done);
    }
    ConfigChange put_secrets(int count) {
        ConfigChange change;
        for (int i = 0; i < count; ++i) {
            change.endpoints.push_back(secretive_endpoint(i));
            for (const RecordKind kind : {RecordKind::answer, RecordKind::user})
                change.records.push_back(secretive_record(kind, i));
        }
        return put(std::move(change));
    }
    EventId accept(const std::string& text) {
        CommitBatch batch;
        batch.events.push_back(test_event({kEndpoint}, text + "-payload"));
        batch.events.back()->body = text + "-body";
        CommitBatch back;
        EXPECT_TRUE(driver_->commit(std::move(batch), &back));
        return back.events.at(0)->id;
    }
    void fail_attempt(EventId event, const std::string& response) {
        CommitBatch batch;
        DeliveryUpdate update;
        update.event = event;
        update.endpoint = kEndpoint;
        update.due = driver_->clock.now();
        update.attempt = test_attempt(1, driver_->clock.now());
        update.attempt->response = response;
        update.attempt->response_headers = "Server: " + response + "-headers\n";
        batch.updates.push_back(std::move(update));
        EXPECT_TRUE(driver_->commit(std::move(batch)));
    }
    Result<EventHistory> read(EventId event) {
        return driver_->run(driver_->store().read_event(event));
    }
    [[nodiscard]] std::string config_path() const { return directory_.path() + "/posthaste.db"; }
    [[nodiscard]] std::string log_path() const {
        for (const auto& item : fs::directory_iterator(directory_.path() + "/log")) {
            if (item.path().extension() == ".db") return item.path().string();
        }
        return {};
    }
    [[nodiscard]] std::vector<std::string> files_with_secrets() const {
        return files_with(directory_.path(), {std::string(kSecretMark)});
    }

    TemporaryDirectory directory_;
    SqliteOptions options_;
    std::optional<StoreDriver> driver_;
};

TEST_F(SealedFiles, show_no_secret) {
    open();
    const ConfigChange stored = put_secrets(20);
    EXPECT_EQ(files_with_secrets(), std::vector<std::string>{}) << "while the store runs";
    for (int i = 0; i < 2; ++i) {
        const auto endpoints = driver_->run(driver_->store().load_endpoints());
        ASSERT_TRUE(endpoints) << endpoints.error().message;
        EXPECT_EQ(*endpoints, stored.endpoints);
        RecordQuery answers;
        answers.kind = RecordKind::answer;
        const auto records = driver_->run(driver_->store().read_records(answers));
        ASSERT_TRUE(records) << records.error().message;
        ASSERT_EQ(records->size(), 20u);
        EXPECT_EQ(records->at(7).body, "{\"answer\":\"sesame-body-7.\"}");
        driver_->close();
        EXPECT_EQ(files_with_secrets(), std::vector<std::string>{}) << "after it has closed";
        open();
    }
    EXPECT_FALSE(files_with(directory_.path(), {"described 7."}).empty())
        << "what is no secret is found: the search works";
}

TEST_F(SealedFiles, show_payloads_unless_asked_not_to) {
    open();
    const EventId event = accept("sesame");
    fail_attempt(event, "sesame-response");
    driver_->close();
    EXPECT_EQ(files_with_secrets().size(), 1u);
}

TEST_F(SealedFiles, show_no_payload_when_asked) {
    options_.encrypt_payloads = true;
    open();
    const EventId event = accept("sesame");
    fail_attempt(event, "sesame-response");
    const EventId empty = accept("");
    EXPECT_EQ(files_with_secrets(), std::vector<std::string>{});
    for (const bool encrypts : {true, false, true}) {
        const auto history = read(event);
        ASSERT_TRUE(history) << history.error().message;
        EXPECT_EQ(history->event->payload, "sesame-payload");
        EXPECT_EQ(history->event->body, "sesame-body");
        const AttemptRecord& attempt = history->deliveries.at(0).attempts.at(0);
        EXPECT_EQ(attempt.response, "sesame-response");
        EXPECT_EQ(attempt.response_headers, "Server: sesame-response-headers\n");
        EXPECT_EQ(read(empty)->event->body, "-body");
        driver_->close();
        EXPECT_EQ(files_with_secrets(), std::vector<std::string>{});
        options_.encrypt_payloads = encrypts;
        open();
    }
}

TEST_F(SealedFiles, hold_both_kinds_of_payloads) {
    std::vector<EventId> events;
    for (int i = 0; i < 4; ++i) {
        options_.encrypt_payloads = i % 2 == 1;
        open();
        events.push_back(accept(std::to_string(i)));
        fail_attempt(events.back(), "answer " + std::to_string(i));
        driver_->close();
    }
    open();
    for (int i = 0; i < 4; ++i) {
        const auto history = read(events[static_cast<std::size_t>(i)]);
        ASSERT_TRUE(history) << history.error().message;
        EXPECT_EQ(history->event->payload, std::to_string(i) + "-payload");
        const AttemptRecord& attempt = history->deliveries.at(0).attempts.at(0);
        EXPECT_EQ(attempt.response, "answer " + std::to_string(i));
        EXPECT_EQ(attempt.response_headers, "Server: answer " + std::to_string(i) + "-headers\n");
    }
    EXPECT_TRUE(files_with(directory_.path(), {"1-payload", "3-body", "answer 1"}).empty());
    EXPECT_FALSE(files_with(directory_.path(), {"2-payload"}).empty());
}

TEST_F(SealedFiles, a_rewritten_log_file_keeps_its_key) {
    options_.encrypt_payloads = true;
    options_.rewrite_bytes_min = 0;
    open();
    CommitBatch batch;
    for (int i = 0; i < 300; ++i)
        batch.events.push_back(test_event({kEndpoint}, std::string(1000, 'p')));
    CommitBatch back;
    ASSERT_TRUE(driver_->commit(std::move(batch), &back));
    CommitBatch updates;
    for (const auto& event : back.events) {
        DeliveryUpdate update;
        update.event = event->id;
        update.endpoint = kEndpoint;
        update.next = event == back.events[7] ? DeliveryState::parked : DeliveryState::delivered;
        update.due = driver_->clock.now() + 24h * 365;
        update.attempt = test_attempt(1, driver_->clock.now());
        updates.updates.push_back(std::move(update));
    }
    ASSERT_TRUE(driver_->commit(std::move(updates)));
    driver_->clock.advance(24h * 4);
    accept("later");
    EXPECT_EQ(driver_->run(driver_->store().expire(RetentionPolicy{}, driver_->clock.now())), 1u);
    const auto kept = read(back.events[7]->id);
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(kept->event->payload, std::string(1000, 'p'));
    EXPECT_EQ(kept->deliveries.at(0).attempts.at(0).response, "busy");
}

TEST_F(SealedFiles, an_expunged_payload_and_response_are_gone) {
    options_.encrypt_payloads = true;
    open();
    const EventId event = accept("sesame");
    fail_attempt(event, "sesame-response");
    ASSERT_TRUE(driver_->run(driver_->store().expunge_payload(event)));
    ASSERT_TRUE(driver_->run(driver_->store().expunge_response(event, kEndpoint, 1)));
    const auto history = read(event);
    ASSERT_TRUE(history) << history.error().message;
    EXPECT_TRUE(history->event->is_expunged);
    EXPECT_EQ(history->event->payload, "");
    EXPECT_FALSE(history->event->body);
    EXPECT_EQ(history->deliveries.at(0).attempts.at(0).response, "EXPUNGED");
    EXPECT_FALSE(history->deliveries.at(0).attempts.at(0).response_headers);
}

// ---- refusals

TEST_F(SealedFiles, secrets_of_two_endpoints_cannot_be_exchanged) {
    open();
    put_secrets(2);
    driver_->close();
    change_file(config_path(),
                "UPDATE endpoint SET sealed = (SELECT other.sealed FROM endpoint AS other"
                " WHERE other.hi <> endpoint.hi)");
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::corrupt);
    EXPECT_NE(error.message.find("does not belong"), std::string::npos) << error.message;
}

TEST_F(SealedFiles, an_endpoint_cannot_be_given_a_readable_secret) {
    open();
    put_secrets(1);
    driver_->close();
    change_file(config_path(), "UPDATE endpoint SET sealed = CAST('3:url,8:http://a,' AS BLOB)");
    EXPECT_EQ(refusal().code, ErrorCode::corrupt);
}

TEST_F(SealedFiles, a_body_cannot_become_another_records) {
    open();
    put_secrets(2);
    driver_->close();
    // Neither of the same kind nor of another.
    for (const char* const other : {"kind = 5 AND name = 'named 1'", "kind = 7"}) {
        change_file(config_path(), std::string("UPDATE record SET sealed = (SELECT other.sealed"
                                               " FROM record AS other WHERE other.") +
                                       other + ") WHERE kind = 5 AND name = 'named 0'");
        open();
        RecordQuery answers;
        answers.kind = RecordKind::answer;
        const auto records = driver_->run(driver_->store().read_records(answers));
        ASSERT_FALSE(records) << other;
        EXPECT_EQ(records.error().code, ErrorCode::corrupt);
        driver_->close();
    }
}

TEST_F(SealedFiles, a_changed_payload_is_not_delivered) {
    options_.encrypt_payloads = true;
    open();
    const EventId event = accept("text");
    const EventId other = accept("text");
    driver_->close();
    change_file(log_path(), "UPDATE event SET payload = (SELECT payload FROM event WHERE hi = " +
                                std::to_string(other.hi) +
                                ") WHERE hi = " + std::to_string(event.hi));
    open();
    const auto changed = read(event);
    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code, ErrorCode::corrupt);
    EXPECT_TRUE(read(other));
}

TEST_F(SealedFiles, an_answer_cannot_be_taken_for_another) {
    options_.encrypt_payloads = true;
    open();
    const EventId event = accept("text");
    const EventId other = accept("text");
    fail_attempt(event, "answer");
    fail_attempt(other, "answer");
    driver_->close();
    // Headers for a part of the body; another attempt's answer.
    for (const char* const change :
         {"response_headers = NULL",
          "response_headers = x'', sealed_response = (SELECT sealed_response FROM attempt AS other"
          " WHERE other.event <> attempt.event)"}) {
        change_file(log_path(), std::string("UPDATE attempt SET ").append(change));
        open();
        const auto changed = read(event);
        ASSERT_FALSE(changed) << change;
        EXPECT_EQ(changed.error().code, ErrorCode::corrupt);
        driver_->close();
    }
}

TEST_F(SealedFiles, without_the_key_the_store_does_not_open) {
    open();
    put_secrets(3);
    driver_->close();
    options_.keys = test_keys({2});
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find(to_hex(test_keys({1})->primary())), std::string::npos)
        << error.message;
    EXPECT_NE(error.message.find("encryption_key"), std::string::npos) << error.message;
    options_.keys = test_keys({2, 1});
    EXPECT_EQ(refusal().message, "");
}

TEST_F(SealedFiles, without_a_log_files_key_the_store_does_not_open) {
    options_.encrypt_payloads = true;
    open();
    accept("text");
    driver_->close();
    options_.keys = test_keys({2});
    options_.encrypt_payloads = false;
    const Error error = refusal();
    EXPECT_EQ(error.code, ErrorCode::unavailable);
    EXPECT_NE(error.message.find("/log/"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(to_hex(test_keys({1})->primary())), std::string::npos)
        << error.message;
}

TEST_F(SealedFiles, a_key_that_sealed_nothing_is_not_missed) {
    open();
    driver_->close();
    options_.keys = test_keys({2});
    EXPECT_EQ(refusal().message, "");
}

}  // namespace
}  // namespace posthaste
