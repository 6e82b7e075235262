#include "engine/operational_events.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "domain/attempt_id.h"
#include "tests/jobs/world.h"

namespace posthaste::test {
namespace {

constexpr OrganizationId kOwner = organization(1);

class OperationalEventsTest : public testing::Test {
protected:
    OperationalEventsTest() {
        settings_.is_enabled = true;
        listener_ = world_.application(management_organization(), to_base62("org", kOwner));
        receiver_ = world_.endpoint(listener_);
        application_ = world_.application(kOwner, "shop");
        endpoint_.id = EndpointId(0x7001, 0x8000000000000005);
        endpoint_.organization = kOwner;
        endpoint_.application = application_;
        endpoint_.uid = "door";
        event_.id = EventId(0x7002, 0x8000000000000006);
        event_.organization = kOwner;
        event_.application = application_;
        attempt_.number = 4;
        attempt_.status_code = 503;
        attempt_.started_at = from_micros(1'767'323'045'123'456);
        make();
    }

    void make() {
        events_ = std::make_unique<OperationalEvents>(
            world_.executor(), settings_, world_.directory(), world_.telemetry,
            [this](std::shared_ptr<Event> event) { return accept(std::move(event)); });
    }

    Task<Result<Accepted>> accept(std::shared_ptr<Event> event) {
        co_await asio::post(world_.executor(), asio::use_awaitable_t<Executor>());
        if (error_) co_return std::unexpected(*error_);
        accepted_.push_back(event);
        co_return Accepted{event->id, false};
    }

    void settle() {
        world_.run_until([] { return false; });
    }

    // The one event that was sent since the last call.
    EventPtr sent() {
        settle();
        EXPECT_EQ(accepted_.size(), 1u);
        const EventPtr event = accepted_.empty() ? nullptr : accepted_.front();
        accepted_.clear();
        return event;
    }

    std::string about_endpoint() {
        return R"("appId":")" + to_base62("app", application_) +
               R"(","appUid":"shop","endpointId":")" + to_base62("ep", endpoint_.id) + '"';
    }

    JobWorld world_;
    OperationalSettings settings_;
    ApplicationId listener_;
    EndpointId receiver_;
    ApplicationId application_;
    Endpoint endpoint_;
    Event event_;
    AttemptRecord attempt_;
    std::vector<EventPtr> accepted_;
    std::optional<Error> error_;
    std::unique_ptr<OperationalEvents> events_;
};

TEST_F(OperationalEventsTest, TheManagementOrganizationHasTheIdItsNameSpells) {
    EXPECT_EQ(to_base62("org", management_organization()), "org_00000000000SvixManagement00");
}

TEST_F(OperationalEventsTest, AnEventGoesToTheApplicationNamedLikeTheOrganization) {
    events_->on_endpoint(EndpointChange::created, endpoint_);
    const EventPtr event = sent();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->organization, management_organization());
    EXPECT_EQ(event->application, listener_);
    EXPECT_EQ(event->type, "endpoint.created");
    EXPECT_EQ(event->targets, std::vector{receiver_});
}

TEST_F(OperationalEventsTest, ANamedOrganizationIsKnownByItsName) {
    Organization organization;
    organization.id = kOwner;
    organization.name = "org_acme";
    EXPECT_TRUE(world_.run(world_.directory().ensure(organization)));
    const ApplicationId named = world_.application(management_organization(), "org_acme");
    events_->on_endpoint(EndpointChange::created, endpoint_);
    EXPECT_EQ(sent()->application, named);
}

TEST_F(OperationalEventsTest, WhatHappensToEndpoints) {
    struct Row {
        EndpointChange change;
        std::string type;
        std::string rest;
    };
    const std::vector<Row> rows = {
        {EndpointChange::created, "endpoint.created", ""},
        {EndpointChange::updated, "endpoint.updated", ""},
        {EndpointChange::deleted, "endpoint.deleted", ""},
        {EndpointChange::enabled, "endpoint.enabled", ""},
        {EndpointChange::disabled, "endpoint.disabled", R"(,"failSince":null,"trigger":"manual")"},
    };
    for (const Row& row : rows) {
        events_->on_endpoint(row.change, endpoint_);
        const EventPtr event = sent();
        EXPECT_EQ(event->type, row.type);
        EXPECT_EQ(event->payload, R"({"type":")" + row.type + R"(","data":{)" + about_endpoint() +
                                      R"(,"endpointUid":"door")" + row.rest + "}}");
    }
}

TEST_F(OperationalEventsTest, WhatIsNotSetIsNull) {
    endpoint_.uid.reset();
    const ApplicationId nameless = world_.application(kOwner);
    endpoint_.application = nameless;
    events_->on_endpoint(EndpointChange::updated, endpoint_);
    EXPECT_EQ(sent()->payload, R"({"type":"endpoint.updated","data":{"appId":")" +
                                   to_base62("app", nameless) +
                                   R"(","appUid":null,"endpointId":")" +
                                   to_base62("ep", endpoint_.id) + R"(","endpointUid":null}})");
}

TEST_F(OperationalEventsTest, AnEndpointThatWasDisabledForItsFailures) {
    events_->on_disabled(endpoint_, attempt_.started_at);
    EXPECT_EQ(sent()->payload,
              R"({"type":"endpoint.disabled","data":{)" + about_endpoint() +
                  R"(,"endpointUid":"door","failSince":"2026-01-02T03:04:05.123456Z",)" +
                  R"("trigger":"automatic"}})");
}

TEST_F(OperationalEventsTest, WhatHappensToDeliveries) {
    const std::vector<std::pair<AttemptNews, std::string>> rows = {
        {AttemptNews::failing, "message.attempt.failing"},
        {AttemptNews::exhausted, "message.attempt.exhausted"},
        {AttemptNews::recovered, "message.attempt.recovered"},
    };
    const AttemptId attempt = attempt_id(attempt_.started_at, event_.id, endpoint_.id, 4);
    for (const auto& uid : {std::optional<std::string>(), std::optional<std::string>("order-7")}) {
        event_.uid = uid;
        for (const auto& [news, type] : rows) {
            const EventPtr event = events_->on_attempt(news, event_, endpoint_, attempt_);
            ASSERT_TRUE(event);
            EXPECT_EQ(event->application, listener_);
            EXPECT_EQ(event->targets, std::vector{receiver_});
            EXPECT_EQ(event->type, type);
            EXPECT_EQ(event->uid, type + "." + to_base62("atmpt", attempt));
            EXPECT_EQ(event->payload,
                      R"({"type":")" + type + R"(","data":{"appId":")" +
                          to_base62("app", application_) + R"(","appUid":"shop","msgId":")" +
                          to_base62("msg", event_.id) + R"(","msgEventId":)" +
                          (uid ? '"' + *uid + '"' : "null") + R"(,"endpointId":")" +
                          to_base62("ep", endpoint_.id) + R"(","lastAttempt":{"id":")" +
                          to_base62("atmpt", attempt) + R"(","responseStatusCode":503,)" +
                          R"("timestamp":"2026-01-02T03:04:05.123456Z"}}})");
        }
    }
}

TEST_F(OperationalEventsTest, AJobThatEnded) {
    Job job;
    job.id = JobId(0x7003, 0x8000000000000007);
    job.organization = kOwner;
    job.kind = JobKind::endpoint_replay;
    job.status = JobStatus::finished;
    job.result = R"({"messagesSent":2})";
    events_->on_job_finished(job);
    const EventPtr event = sent();
    EXPECT_EQ(event->type, "background_task.finished");
    EXPECT_EQ(event->payload, R"({"type":"background_task.finished","data":{)"
                              R"("data":{"messagesSent":2},"status":"finished",)"
                              R"("task":"endpoint.replay","taskId":")" +
                                  to_base62("qtask", job.id) + R"("}})");
}

TEST_F(OperationalEventsTest, FiltersOfTheReceiversAreKept) {
    const EndpointId picky = world_.endpoint(listener_, [](Endpoint& endpoint) {
        endpoint.event_types = {"endpoint.deleted"};
        endpoint.filter = R"({"data.appUid":"shop"})";
    });
    events_->on_endpoint(EndpointChange::created, endpoint_);
    EXPECT_EQ(sent()->targets, std::vector{receiver_});
    events_->on_endpoint(EndpointChange::deleted, endpoint_);
    EXPECT_EQ(sent()->targets, (std::vector{receiver_, picky}));
}

TEST_F(OperationalEventsTest, NobodyListens) {
    endpoint_.organization = organization(2);
    events_->on_endpoint(EndpointChange::created, endpoint_);
    // Their own troubles are not told: that would never end.
    endpoint_.organization = management_organization();
    world_.application(management_organization(), std::string(kManagementOrganization));
    events_->on_endpoint(EndpointChange::created, endpoint_);
    settle();
    EXPECT_EQ(accepted_.size(), 0u);
    endpoint_.organization = kOwner;
    world_.remove(listener_);
    events_->on_endpoint(EndpointChange::created, endpoint_);
    EXPECT_FALSE(events_->on_attempt(AttemptNews::failing, event_, endpoint_, attempt_));
    settle();
    EXPECT_EQ(accepted_.size(), 0u);
    EXPECT_EQ(world_.telemetry.notices, std::vector<std::string>());
}

TEST_F(OperationalEventsTest, SwitchedOffNothingIsSent) {
    settings_.is_enabled = false;
    make();
    events_->on_endpoint(EndpointChange::created, endpoint_);
    settle();
    EXPECT_EQ(accepted_.size(), 0u);
}

TEST_F(OperationalEventsTest, AFullQueueDropsAndSaysSoOnce) {
    settings_.queue_max = 3;
    make();
    for (int round = 1; round <= 2; ++round) {
        accepted_.clear();
        for (int i = 0; i < 10; ++i) events_->on_endpoint(EndpointChange::created, endpoint_);
        settle();
        EXPECT_EQ(accepted_.size(), 3u);
        EXPECT_EQ(world_.telemetry.notices.size(), static_cast<std::size_t>(round));
    }
}

TEST_F(OperationalEventsTest, AStoreThatFailsLosesTheEventAndGoesOn) {
    error_ = Error{ErrorCode::unavailable, "the disk is full"};
    events_->on_endpoint(EndpointChange::created, endpoint_);
    settle();
    EXPECT_EQ(world_.telemetry.notices,
              std::vector<std::string>{"operational events: endpoint.created could not be stored "
                                       "and is dropped: the disk is full"});
    error_.reset();
    events_->on_endpoint(EndpointChange::deleted, endpoint_);
    EXPECT_EQ(sent()->type, "endpoint.deleted");
}

TEST_F(OperationalEventsTest, StoppingDropsWhatWaits) {
    for (int i = 0; i < 5; ++i) events_->on_endpoint(EndpointChange::created, endpoint_);
    events_->stop();
    events_->on_endpoint(EndpointChange::created, endpoint_);
    bool is_over = false;
    asio::co_spawn(world_.executor(), events_->join(),
                   [&is_over](std::exception_ptr) { is_over = true; });
    EXPECT_TRUE(world_.run_until([&is_over] { return is_over; }));
    EXPECT_EQ(accepted_.size(), 0u);
}

}  // namespace
}  // namespace posthaste::test
