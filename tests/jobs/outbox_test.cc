// The outbox: events about changes survive crashes and failures between the commit of the change and their own.

#include "engine/outbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/jobs/world.h"

namespace posthaste::test {
namespace {

// An engine's accept that knows what it took.
struct Acceptor {
    Task<Result<Accepted>> accept(std::shared_ptr<Event> event) {
        if (refuse_with) {
            ++refused;
            co_return fail(*refuse_with, "as the test wants");
        }
        ++asked;
        if (!accepted.insert(*event->uid).second) co_return fail(ErrorCode::exists, "It is there.");
        last = event;
        co_return Accepted();
    }

    std::optional<ErrorCode> refuse_with;
    std::set<std::string> accepted;  // uids: survives crashes, as the log does
    std::size_t asked = 0;
    std::size_t refused = 0;
    std::shared_ptr<Event> last;
};

class OutboxTest : public testing::Test {
protected:
    OutboxTest() { open(); }
    ~OutboxTest() override { close(); }

    void open() {
        const auto accept = [this](std::shared_ptr<Event> event) {
            return acceptor_.accept(std::move(event));
        };
        outbox_ =
            std::make_unique<Outbox>(world_.executor(),
                                     Outbox::Ports{world_.store(), world_.time, world_.time,
                                                   world_.telemetry, world_.directory(), accept},
                                     OutboxLimits{.page = 2});
    }
    void close() {
        outbox_->stop();
        bool done = false;
        asio::co_spawn(world_.executor(), outbox_->join(),
                       [&done](std::exception_ptr) { done = true; });
        ASSERT_TRUE(world_.run_until([&done] { return done; }));
    }
    void crash() {
        outbox_.reset();
        world_.crash();
        open();
    }

    Result<ConfigChange> commit(const std::string& uid) {
        auto event = std::make_shared<Event>();
        event->organization = kOrganization;
        event->application = application_;
        event->uid = uid;
        event->type = "thing.changed";
        event->payload = "{\"thing\": \"\\u00f6\"}";
        ConfigChange change;
        Record thing;
        thing.kind = RecordKind::setting;
        thing.organization = kOrganization;
        thing.name = uid;
        thing.body = "{}";
        change.records.push_back(thing);
        Outbox::Events events;
        events.push_back(event);
        return world_.run(outbox_->commit(std::move(change), std::move(events)));
    }
    std::uint64_t count(RecordKind kind) {
        RecordQuery query;
        query.kind = kind;
        return world_.run(world_.store().count_records(query)).value();
    }
    std::uint64_t letters() { return count(RecordKind::letter); }
    void settle() {
        world_.run_until([this] { return letters() == 0; });
    }
    void wait(Duration at_least) {
        const Timestamp until = world_.time.now() + at_least;
        world_.run_until([&] { return world_.time.now() >= until; });
    }

    static constexpr OrganizationId kOrganization{7, 7};
    JobWorld world_;
    ApplicationId application_ = world_.application(kOrganization);
    Acceptor acceptor_;
    std::unique_ptr<Outbox> outbox_;
};

TEST_F(OutboxTest, accepts_the_event_and_removes_its_letter) {
    const EndpointId wants = world_.endpoint(application_);
    world_.endpoint(application_, [](Endpoint& endpoint) { endpoint.event_types = {{"other"}}; });
    const auto stored = commit("one");
    ASSERT_TRUE(stored);
    ASSERT_EQ(stored->records.size(), 1u) << "the letter is not the caller's";
    EXPECT_EQ(stored->records[0].revision, 1u);
    ASSERT_TRUE(acceptor_.last);
    EXPECT_EQ(acceptor_.last->targets, std::vector<EndpointId>{wants});
    settle();
    EXPECT_EQ(letters(), 0u);
}

TEST_F(OutboxTest, nothing_is_accepted_when_the_change_is_refused) {
    ASSERT_TRUE(commit("one"));
    const auto again = commit("one");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::exists);
    world_.mood.fate = CommitFate::refused;
    EXPECT_FALSE(commit("two"));
    EXPECT_EQ(acceptor_.accepted, std::set<std::string>{"one"});
}

TEST_F(OutboxTest, what_a_crash_left_is_accepted_by_the_next_run) {
    acceptor_.refuse_with = ErrorCode::unavailable;
    for (const char* uid : {"one", "two", "three", "four", "five"}) ASSERT_TRUE(commit(uid));
    EXPECT_TRUE(acceptor_.accepted.empty());
    crash();
    EXPECT_EQ(letters(), 5u);
    acceptor_.refuse_with.reset();
    outbox_->resume();
    settle();
    EXPECT_EQ(letters(), 0u);
    EXPECT_EQ(acceptor_.accepted, (std::set<std::string>{"one", "two", "three", "four", "five"}));
    EXPECT_EQ(acceptor_.last->payload, "{\"thing\": \"\\u00f6\"}");
    EXPECT_EQ(acceptor_.last->organization, kOrganization);
    EXPECT_EQ(acceptor_.last->application, application_);
    EXPECT_EQ(world_.telemetry.notices.back(),
              "outbox: 5 events that were stored with a change were caught up");
}

// The event was accepted, and the crash came before the letter's removal.
TEST_F(OutboxTest, an_event_is_never_accepted_twice) {
    acceptor_.accepted.insert("one");
    acceptor_.refuse_with = ErrorCode::commit_unknown;
    ASSERT_TRUE(commit("one"));
    crash();
    acceptor_.refuse_with.reset();
    outbox_->resume();
    settle();
    EXPECT_EQ(letters(), 0u);
    EXPECT_EQ(acceptor_.asked, 1u);
    EXPECT_FALSE(acceptor_.last) << "the log had it already";
}

TEST_F(OutboxTest, an_engine_that_takes_nothing_is_asked_again_ever_more_slowly) {
    acceptor_.refuse_with = ErrorCode::overloaded;
    ASSERT_TRUE(commit("one"));
    wait(120s);
    EXPECT_EQ(acceptor_.refused, 8u) << "at 0, 1, 2, 4, 8, 16, 32 and 64 seconds";
    acceptor_.refuse_with.reset();
    settle();
    EXPECT_EQ(acceptor_.accepted.size(), 1u);
}

TEST_F(OutboxTest, a_store_that_cannot_remove_or_read_is_asked_again) {
    ASSERT_TRUE(commit("one"));
    settle();
    acceptor_.refuse_with = ErrorCode::overloaded;
    ASSERT_TRUE(commit("two"));
    acceptor_.refuse_with.reset();
    world_.mood.reads_work = false;
    wait(10s);
    EXPECT_EQ(acceptor_.accepted.size(), 1u);
    world_.mood.reads_work = true;
    world_.mood.fate = CommitFate::refused;
    wait(30s);
    EXPECT_EQ(letters(), 1u);
    world_.mood.fate = CommitFate::applied;
    settle();
    EXPECT_EQ(letters(), 0u);
    EXPECT_EQ(acceptor_.accepted, (std::set<std::string>{"one", "two"}));
}

TEST_F(OutboxTest, a_letter_that_cannot_be_read_is_told_and_holds_up_nobody) {
    ConfigChange change;
    Record broken;
    broken.kind = RecordKind::letter;
    broken.organization = kOrganization;
    broken.parent = application_;
    broken.name = "broken";
    broken.body = "{\"type\": 7}";
    change.records.push_back(broken);
    ASSERT_TRUE(world_.run(world_.store().change_config(change)));
    acceptor_.refuse_with = ErrorCode::overloaded;
    ASSERT_TRUE(commit("one"));
    acceptor_.refuse_with.reset();
    world_.run_until([this] { return letters() == 1; });
    EXPECT_EQ(acceptor_.accepted, std::set<std::string>{"one"});
    EXPECT_EQ(world_.telemetry.notices.front(),
              "outbox: the event \"broken\" cannot be read and is left where it is");
}

}  // namespace
}  // namespace posthaste::test
