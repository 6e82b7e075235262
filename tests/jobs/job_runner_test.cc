#include "engine/job_runner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/jobs/world.h"

namespace posthaste::test {
namespace {

using enum DeliveryState;

constexpr OrganizationId kOwner = organization(1);

class JobRunnerTest : public testing::Test {
protected:
    JobRunnerTest() {
        application_ = world_.application(kOwner);
        endpoint_ = world_.endpoint(application_);
        began_ = world_.time.now();
    }

    Job job(JobKind kind) {
        Job job;
        job.organization = kOwner;
        job.application = application_;
        job.endpoint = endpoint_;
        job.kind = kind;
        job.parameters.since = began_;
        return job;
    }

    EventId event(DeliveryState state, int status = 500) {
        return world_.event(application_, {endpoint_}, state, status);
    }

    std::vector<EventId> events(std::size_t count, DeliveryState state) {
        std::vector<EventId> made;
        for (std::size_t i = 0; i < count; ++i) made.push_back(event(state));
        return made;
    }

    JobWorld world_;
    ApplicationId application_;
    EndpointId endpoint_;
    Timestamp began_;
};

// ---- what each kind chooses

TEST_F(JobRunnerTest, RecoverResendsWhatFailedAndNeverSucceeded) {
    const EventId dead = event(DeliveryState::dead);
    event(delivered);
    const EventId retrying = event(parked);
    event(cancelled);
    event(pending);
    const EndpointId other = world_.endpoint(application_);
    world_.event(application_, {other}, DeliveryState::dead);

    const Job done = world_.finish(job(JobKind::endpoint_recover));
    EXPECT_EQ(done.status, JobStatus::finished);
    EXPECT_EQ(done.result, R"({"messagesSent":2})");
    EXPECT_EQ(world_.resent, (std::vector<Resent>{{dead, endpoint_}, {retrying, endpoint_}}));
}

TEST_F(JobRunnerTest, TheWindowHoldsItsBeginningAndNotItsEnd) {
    events(3, DeliveryState::dead);
    const Timestamp since = world_.time.now() + 1ms;
    const std::vector<EventId> within = events(4, DeliveryState::dead);
    const Timestamp until = world_.time.now() + 1ms;
    events(3, DeliveryState::dead);
    Job window = job(JobKind::endpoint_recover);
    window.parameters.since = since;
    window.parameters.until = until;
    world_.finish(window);
    EXPECT_EQ(world_.resent_events(), within);
}

TEST_F(JobRunnerTest, WithoutAnEndNothingThatCameLaterIsTouched) {
    world_.limits.slice = 2;
    world_.crash();
    const std::vector<EventId> before = events(6, DeliveryState::dead);
    const Job started = world_.start(job(JobKind::endpoint_recover));
    world_.time.advance(1s);
    events(3, DeliveryState::dead);
    world_.wait_for(started);
    EXPECT_EQ(world_.resent_events(), before);
}

TEST_F(JobRunnerTest, RecoverEndsAtItsCap) {
    world_.limits.recover_max = 25;
    world_.limits.slice = 10;
    world_.crash();
    const std::vector<EventId> failed = events(60, DeliveryState::dead);
    const Job done = world_.finish(job(JobKind::endpoint_recover));
    EXPECT_EQ(done.status, JobStatus::finished);
    EXPECT_EQ(done.result, R"({"messagesSent":25,"isCapped":true})");
    EXPECT_EQ(world_.resent_events(), std::vector(failed.begin(), failed.begin() + 25));
}

TEST_F(JobRunnerTest, ReplaySendsWhatTheEndpointWantsAndNeverGot) {
    const EndpointId choosy = world_.endpoint(application_, [](Endpoint& endpoint) {
        endpoint.event_types = {"a", "b"};
        endpoint.channels = {"north"};
    });
    const auto make = [this](const char* type, const char* channel,
                             std::vector<EndpointId> targets) {
        return world_.event(application_, std::move(targets), delivered, 200, [&](Event& event) {
            event.type = type;
            if (*channel) event.channels = {channel};
        });
    };
    const EventId missing = make("a", "north", {endpoint_});
    make("a", "north", {choosy});
    make("c", "north", {});
    make("a", "south", {});
    make("a", "", {});
    const EventId also_missing = make("b", "north", {});
    Job replay = job(JobKind::endpoint_replay);
    replay.endpoint = choosy;
    const Job done = world_.finish(replay);
    EXPECT_EQ(done.result, R"({"messagesSent":2})");
    EXPECT_EQ(world_.resent_events(), (std::vector{missing, also_missing}));
}

TEST_F(JobRunnerTest, ReplayLooksIntoPayloads) {
    const EndpointId choosy = world_.endpoint(
        application_, [](Endpoint& endpoint) { endpoint.filter = R"({"amount":{"$gt":100}})"; });
    const auto make = [this](const char* payload) {
        return world_.event(application_, {}, delivered, 200, [&](Event& event) {
            event.type = "a.b";
            event.payload = payload;
        });
    };
    make(R"({"amount":100})");
    const EventId wanted = make(R"({"amount":101})");
    make("not JSON");
    const EndpointId by_type = world_.endpoint(
        application_, [](Endpoint& endpoint) { endpoint.filter = R"({"$event.type":"a.b"})"; });
    Job replay = job(JobKind::endpoint_replay);
    replay.endpoint = choosy;
    world_.finish(replay);
    EXPECT_EQ(world_.resent_events(), std::vector{wanted});
    // A filter that looks at the type alone also holds for what is not JSON.
    replay.endpoint = by_type;
    EXPECT_EQ(world_.finish(replay).result, R"({"messagesSent":3})");
}

TEST_F(JobRunnerTest, ReplayKnowsDeliveriesThatAResendAdded) {
    const EventId sent = world_.event(application_, {}, delivered);
    const EventId missing = world_.event(application_, {}, delivered);
    DeliveryUpdate update;
    update.kind = UpdateKind::resend;
    update.event = sent;
    update.endpoint = endpoint_;
    update.due = world_.time.now();
    world_.update(update);
    world_.finish(job(JobKind::endpoint_replay));
    EXPECT_EQ(world_.resent_events(), std::vector{missing});
}

TEST_F(JobRunnerTest, BulkReplayResendsWhatMatches) {
    const auto make = [this](const char* type, const char* channel, DeliveryState state,
                             int status) {
        return world_.event(application_, {endpoint_}, state, status, [&](Event& event) {
            event.type = type;
            event.channels = {channel};
        });
    };
    const EventId a = make("a", "north", delivered, 200);
    const EventId b = make("b", "north", DeliveryState::dead, 500);
    const EventId c = make("a", "south", DeliveryState::dead, 404);
    const EventId d = make("c", "south", delivered, 202);
    struct Row {
        const char* name;
        std::function<void(JobParameters&)> adjust;
        std::vector<EventId> resent;
    };
    const std::vector<Row> rows = {
        {"everything", [](JobParameters&) {}, {a, b, c, d}},
        {"by type", [](JobParameters& p) { p.event_types = {"a", "b"}; }, {a, b, c}},
        {"by channel", [](JobParameters& p) { p.channel = "south"; }, {c, d}},
        {"by state", [](JobParameters& p) { p.states = {delivered}; }, {a, d}},
        {"by answer", [](JobParameters& p) { p.status_class = 400; }, {c}},
        {"by no answer", [](JobParameters& p) { p.status_class = 0; }, {}},
        {"by two",
         [](JobParameters& p) {
             p.event_types = {"a"};
             p.status_class = 200;
         },
         {a}},
    };
    for (const Row& row : rows) {
        world_.resent.clear();
        Job replay = job(JobKind::endpoint_bulk_replay);
        row.adjust(replay.parameters);
        const Job done = world_.finish(replay);
        EXPECT_EQ(done.result, R"({"messagesSent":)" + std::to_string(row.resent.size()) + "}")
            << row.name;
        EXPECT_EQ(world_.resent_events(), row.resent) << row.name;
    }
}

TEST_F(JobRunnerTest, PurgeLeavesNoPayloadOfTheApplication) {
    const std::vector<EventId> mine = events(7, delivered);
    const ApplicationId other = world_.application(kOwner);
    const EventId foreign = world_.event(other, {}, delivered);
    EXPECT_TRUE(world_.run(world_.store().expunge_payload(mine[3])));
    Job purge = job(JobKind::application_purge_content);
    purge.endpoint = EndpointId();
    purge.parameters.since = Timestamp();
    const Job done = world_.finish(purge);
    EXPECT_EQ(done.result, R"({"messagesPurged":6})");
    for (const EventId id : mine) {
        const Result<EventHistory> history = world_.run(world_.store().read_event(id));
        ASSERT_TRUE(history);
        EXPECT_TRUE(history->event->is_expunged);
        EXPECT_EQ(history->event->payload, "");
    }
    EXPECT_FALSE(world_.run(world_.store().read_event(foreign))->event->is_expunged);
}

TEST_F(JobRunnerTest, StatsCountDeliveriesPerApplication) {
    const ApplicationId second = world_.application(kOwner, "second");
    const ApplicationId third = world_.application(kOwner);
    const ApplicationId foreign = world_.application(organization(2));
    const EndpointId also = world_.endpoint(application_);
    const EndpointId of_second = world_.endpoint(second);
    world_.event(second, {of_second}, delivered);
    const Timestamp since = world_.time.now() + 1us;
    world_.event(application_, {endpoint_, also}, delivered);
    world_.event(application_, {endpoint_}, DeliveryState::dead);
    world_.event(second, {of_second}, parked);
    world_.event(foreign, {}, delivered);
    Job stats = job(JobKind::application_stats);
    stats.application = ApplicationId();
    stats.endpoint = EndpointId();
    stats.parameters.since = since;
    const auto row = [](ApplicationId id, const std::string& uid, int count) {
        return R"({"appId":")" + to_base62("app", id) + R"(","appUid":)" + uid +
               R"(,"messageDestinations":)" + std::to_string(count) + "}";
    };
    EXPECT_EQ(world_.finish(stats).result, R"({"appStats":[)" + row(application_, "null", 3) + "," +
                                               row(second, "\"second\"", 1) + "," +
                                               row(third, "null", 0) + "]}");
    stats.parameters.applications = {third, second};
    EXPECT_EQ(world_.finish(stats).result, R"({"appStats":[)" + row(second, "\"second\"", 1) + "," +
                                               row(third, "null", 0) + "]}");
}

TEST_F(JobRunnerTest, EventTypesAreThoseThatEndpointsName) {
    const ApplicationId second = world_.application(kOwner);
    for (const char* type : {"b", "a", "b"})
        world_.endpoint(second, [type](Endpoint& endpoint) { endpoint.event_types = {type}; });
    Job aggregate = job(JobKind::event_type_aggregate);
    aggregate.application = ApplicationId();
    aggregate.endpoint = EndpointId();
    EXPECT_EQ(
        world_.finish(aggregate).result,
        R"({"event_types":[{"appId":")" + to_base62("app", application_) +
            R"(","explicitlySubscribedEventTypes":[],"hasCatchAllEndpoint":true},{"appId":")" +
            to_base62("app", second) +
            R"(","explicitlySubscribedEventTypes":["a","b"],"hasCatchAllEndpoint":false}]})");
}

TEST_F(JobRunnerTest, RedriveResendsEveryDeadLetterOfTheOrganization) {
    const ApplicationId second = world_.application(kOwner);
    world_.application(kOwner);  // without endpoints
    const EndpointId of_second = world_.endpoint(second);
    const EndpointId disabled = world_.endpoint(second);
    const ApplicationId foreign = world_.application(organization(2));
    const EndpointId of_foreign = world_.endpoint(foreign);
    const EventId a = event(DeliveryState::dead);
    const EventId b = world_.event(second, {of_second, disabled}, DeliveryState::dead);
    event(parked);
    event(delivered);
    world_.event(foreign, {of_foreign}, DeliveryState::dead);
    const EventId c = event(DeliveryState::dead);
    world_.change(disabled, [](Endpoint& endpoint) { endpoint.is_active = false; });
    Job redrive = job(JobKind::dead_letter_redrive);
    redrive.application = ApplicationId();
    redrive.endpoint = EndpointId();
    redrive.parameters.since = Timestamp();
    EXPECT_EQ(world_.finish(redrive).result, R"({"messagesSent":3})");
    EXPECT_EQ(world_.resent, (std::vector<Resent>{{a, endpoint_}, {c, endpoint_}, {b, of_second}}));
}

// ---- ends before the end

TEST_F(JobRunnerTest, ATargetThatGoesAwayEndsTheJob) {
    struct Row {
        const char* error;
        std::function<void()> remove;
    };
    const std::vector<Row> rows = {
        {"The endpoint is disabled.",
         [this] {
             world_.change(endpoint_, [](Endpoint& endpoint) { endpoint.is_active = false; });
         }},
        {"The endpoint was deleted.", [this] { world_.remove(endpoint_); }},
        {"The application was deleted.", [this] { world_.remove(application_); }},
    };
    world_.limits.slice = 5;
    world_.crash();
    for (const Row& row : rows) {
        application_ = world_.application(kOwner);
        endpoint_ = world_.endpoint(application_);
        events(40, DeliveryState::dead);
        world_.resent.clear();
        const Job started = world_.start(job(JobKind::endpoint_recover));
        EXPECT_TRUE(world_.run_until([this] { return world_.resent.size() >= 10; }));
        row.remove();
        const Job done = world_.wait_for(started);
        EXPECT_EQ(done.status, JobStatus::failed);
        const std::string sent = std::to_string(world_.resent.size());
        EXPECT_EQ(done.result,
                  R"({"messagesSent":)" + sent + R"(,"error":")" + row.error + R"("})");
        EXPECT_LT(world_.resent.size(), 40u) << row.error;
    }
}

TEST_F(JobRunnerTest, EventsThatVanishMeanwhileAreSkipped) {
    const std::vector<EventId> failed = events(5, DeliveryState::dead);
    world_.resend_fate = [&failed](EventId id) -> Result<void> {
        if (id == failed[2]) return fail(ErrorCode::not_found, "gone");
        return {};
    };
    EXPECT_EQ(world_.finish(job(JobKind::endpoint_recover)).result, R"({"messagesSent":4})");
}

// ---- trouble

TEST_F(JobRunnerTest, AStoreThatFailsIsWaitedFor) {
    world_.limits.slice = 5;
    world_.crash();
    const std::vector<EventId> failed = events(30, DeliveryState::dead);
    const Job started = world_.start(job(JobKind::endpoint_recover));
    EXPECT_TRUE(world_.run_until([this] { return world_.resent.size() >= 10; }));
    world_.mood.reads_work = false;
    const Timestamp broken_at = world_.time.now();
    EXPECT_TRUE(world_.run_until([&] { return world_.time.now() > broken_at + 10min; }));
    EXPECT_EQ(std::ranges::count_if(
                  world_.telemetry.notices,
                  [](const std::string& notice) { return notice.starts_with("jobs: "); }),
              1);
    world_.mood = {};
    EXPECT_EQ(world_.wait_for(started).status, JobStatus::finished);
    EXPECT_EQ(world_.resent_events(), failed);
}

TEST_F(JobRunnerTest, AResendThatFailsIsTriedAgain) {
    const std::vector<EventId> failed = events(40, DeliveryState::dead);
    int refusals = 3;
    world_.resend_fate = [&](EventId id) -> Result<void> {
        if (id == failed[20] && refusals-- > 0) return fail(ErrorCode::unavailable, "busy");
        return {};
    };
    world_.finish(job(JobKind::endpoint_recover));
    std::vector<EventId> sent = world_.resent_events();
    std::ranges::sort(sent);
    // Those that were on their way with it are repeated; no more.
    EXPECT_LE(sent.size(), failed.size() + 3 * world_.limits.at_once);
    sent.erase(std::ranges::unique(sent).begin(), sent.end());
    EXPECT_EQ(sent, failed);
}

TEST_F(JobRunnerTest, AnEndWhoseCommitIsInDoubtIsStoredOnce) {
    for (const CommitFate fate :
         {CommitFate::refused, CommitFate::unknown_applied, CommitFate::unknown_lost}) {
        const Job started = world_.start(job(JobKind::endpoint_recover));
        world_.mood.fate = fate;
        const Timestamp doubted_at = world_.time.now();
        EXPECT_TRUE(world_.run_until([&] { return world_.time.now() > doubted_at + 1min; }));
        world_.mood = {};
        EXPECT_EQ(world_.wait_for(started).status, JobStatus::finished);
    }
    EXPECT_EQ(world_.finished.size(), 3u);
}

// ---- the end of the process

// How often each event was resent.
std::map<EventId, int> counted(const std::vector<EventId>& events) {
    std::map<EventId, int> counts;
    for (const EventId id : events) ++counts[id];
    return counts;
}

TEST_F(JobRunnerTest, ACrashRepeatsAtMostWhatWasNotStoredAndSkipsNothing) {
    world_.limits.slice = 10;
    world_.limits.at_once = 4;
    world_.limits.save_every_events = 20;
    world_.crash();
    const std::vector<EventId> failed = events(200, DeliveryState::dead);
    for (std::size_t crash_at = 3; crash_at < failed.size(); crash_at += 13) {
        world_.resent.clear();
        const Job started = world_.start(job(JobKind::endpoint_recover));
        EXPECT_TRUE(world_.run_until([&] { return world_.resent.size() >= crash_at; }));
        world_.crash();
        EXPECT_EQ(world_.wait_for(started).status, JobStatus::finished);
        const std::map<EventId, int> counts = counted(world_.resent_events());
        EXPECT_EQ(counts.size(), failed.size()) << crash_at;
        EXPECT_LE(world_.resent.size(), failed.size() + 30) << crash_at;
        EXPECT_TRUE(std::ranges::all_of(counts, [](const auto& one) { return one.second <= 2; }));
    }
}

TEST_F(JobRunnerTest, AStopRepeatsNothing) {
    world_.limits.slice = 10;
    world_.crash();
    const std::vector<EventId> failed = events(100, DeliveryState::dead);
    for (const std::size_t stop_at : {1U, 10U, 35U, 81U}) {
        world_.resent.clear();
        const Job started = world_.start(job(JobKind::endpoint_recover));
        EXPECT_TRUE(world_.run_until([&] { return world_.resent.size() >= stop_at; }));
        world_.stop();
        const Job halfway = world_.read(started);
        EXPECT_EQ(halfway.status, JobStatus::running);
        EXPECT_EQ(halfway.progress.done, world_.resent.size());
        EXPECT_LT(world_.resent.size(), failed.size());
        world_.crash();
        const Job done = world_.wait_for(started);
        EXPECT_EQ(done.result, R"({"messagesSent":100})");
        EXPECT_EQ(world_.resent_events(), failed) << stop_at;
    }
}

TEST_F(JobRunnerTest, AStopDoesNotWaitForAStoreThatFails) {
    world_.limits.slice = 10;
    world_.crash();
    const std::vector<EventId> failed = events(50, DeliveryState::dead);
    const Job started = world_.start(job(JobKind::endpoint_recover));
    EXPECT_TRUE(world_.run_until([&] { return world_.resent.size() >= 20; }));
    world_.mood.reads_work = false;
    world_.mood.fate = CommitFate::refused;
    const Timestamp stopped_at = world_.time.now();
    world_.stop();
    EXPECT_LT(world_.time.now() - stopped_at, 100ms);
    world_.mood = {};
    world_.crash();
    EXPECT_EQ(world_.wait_for(started).status, JobStatus::finished);
    EXPECT_EQ(counted(world_.resent_events()).size(), failed.size());
}

TEST_F(JobRunnerTest, CountsSurviveARestart) {
    world_.limits.slice = 1;
    world_.crash();
    events(100, delivered);
    Job stats = job(JobKind::application_stats);
    stats.application = ApplicationId();
    stats.endpoint = EndpointId();
    const Job started = world_.start(stats);
    world_.run_until([&] { return world_.time.now() > started.created_at + 3ms; });
    world_.restart();
    const Job done = world_.wait_for(started);
    EXPECT_NE(done.result.find(R"("messageDestinations":100})"), std::string::npos) << done.result;
    EXPECT_EQ(done.progress.examined, 100u);
}

// ---- turns

TEST_F(JobRunnerTest, OneJobOfAnOrganizationRunsAtATime) {
    world_.limits.slice = 5;
    world_.crash();
    const std::vector<EventId> failed = events(20, DeliveryState::dead);
    const EndpointId other = world_.endpoint(application_);
    const EventId for_other = world_.event(application_, {other}, DeliveryState::dead);
    const Job first = world_.start(job(JobKind::endpoint_recover));
    Job next = job(JobKind::endpoint_recover);
    next.endpoint = other;
    const Job second = world_.start(next);
    world_.wait_for(second);
    EXPECT_EQ(world_.finished, (std::vector{first.id, second.id}));
    EXPECT_EQ(world_.resent.back(), (Resent{for_other, other}));
    EXPECT_EQ(world_.resent.size(), failed.size() + 1);
}

TEST_F(JobRunnerTest, AFewOrganizationsTakeTurnsAtOnce) {
    world_.limits.slice = 1;
    world_.limits.running_max = 2;
    world_.crash();
    std::vector<Job> started;
    std::map<EndpointId, std::size_t> number_of;
    for (std::uint64_t i = 0; i < 4; ++i) {
        const ApplicationId application = world_.application(organization(10 + i));
        const EndpointId endpoint = world_.endpoint(application);
        number_of[endpoint] = i;
        for (int k = 0; k < 6; ++k) world_.event(application, {endpoint}, DeliveryState::dead);
        Job recover = job(JobKind::endpoint_recover);
        recover.organization = organization(10 + i);
        recover.application = application;
        recover.endpoint = endpoint;
        started.push_back(recover);
    }
    for (Job& recover : started) recover = world_.start(recover);
    for (const Job& recover : started)
        EXPECT_EQ(world_.wait_for(recover).status, JobStatus::finished);
    // The first two went on side by side, and the third began when one of them had ended.
    std::vector<std::size_t> order;
    for (const Resent& one : world_.resent) order.push_back(number_of.at(one.endpoint));
    ASSERT_EQ(order.size(), 24u);
    const auto first_of = [&order](std::size_t n) { return std::ranges::find(order, n); };
    const auto ended = [&order](std::size_t n) { return std::ranges::count(order, n) == 6; };
    EXPECT_TRUE(ended(0) && ended(1) && ended(2) && ended(3));
    EXPECT_LT(first_of(1) - order.begin(), 6);
    EXPECT_GE(first_of(2) - order.begin(), 6);
}

TEST_F(JobRunnerTest, AJobThatHasEndedIsNotTakenAgain) {
    events(3, DeliveryState::dead);
    const Job started = world_.start(job(JobKind::endpoint_recover));
    world_.wait_for(started);
    world_.runner().take(started);
    world_.run_until([] { return false; });
    EXPECT_EQ(world_.resent.size(), 3u);
    EXPECT_EQ(world_.finished.size(), 1u);
}

TEST_F(JobRunnerTest, FinishedJobsExpireAfterThirtyDays) {
    const Job done = world_.finish(job(JobKind::endpoint_recover));
    RetentionPolicy policy;
    EXPECT_TRUE(world_.run(world_.store().expire(policy, done.updated_at + 30 * 24h - 1us)));
    EXPECT_TRUE(world_.run(world_.service().read(kOwner, done.id)));
    EXPECT_TRUE(world_.run(world_.store().expire(policy, done.updated_at + 30 * 24h + 1us)));
    EXPECT_FALSE(world_.run(world_.service().read(kOwner, done.id)));
}

}  // namespace
}  // namespace posthaste::test
