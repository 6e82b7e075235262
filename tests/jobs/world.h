#pragma once

// What jobs and operational events need, without an engine: a store in memory, a clock that moves when told, and
// resends that are only written down. Everything runs within the calls below.

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "engine/directory_service.h"
#include "engine/job.h"
#include "engine/job_runner.h"
#include "engine/job_service.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/telemetry.h"
#include "store/memory/memory_store.h"

namespace posthaste::test {

class TestTime final : public Clock, public AlarmFactory {
public:
    [[nodiscard]] Timestamp now() const override { return now_; }
    std::unique_ptr<Alarm> make(std::function<void()> on_fire) override;
    void advance(Duration by) { now_ += by; }
    // Moves to the earliest alarm and lets it go off. False: none is armed.
    bool fire_next();

private:
    class TestAlarm;
    Timestamp now_ = from_micros(1'767'323'045'123'456);  // 2026-01-02T03:04:05.123456Z
    std::multimap<Timestamp, TestAlarm*> armed_;
};

class TestEntropy final : public Entropy {
public:
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_{20261123};
};

class TestTelemetry final : public Telemetry {
public:
    void on_attempt(const Event&, const Endpoint&, const AttemptRecord&, DeliveryState) override {}
    void on_notice(Severity, std::string_view area, std::string_view sentence) override {
        notices.push_back(std::string(area) + ": " + std::string(sentence));
    }
    std::vector<std::string> notices;
};

// How the store fails from now on.
struct StoreMood {
    CommitFate fate = CommitFate::applied;
    bool reads_work = true;
};

struct Resent {
    EventId event;
    EndpointId endpoint;
    friend auto operator<=>(const Resent&, const Resent&) = default;
};

class JobWorld {
public:
    JobWorld();
    ~JobWorld();
    JobWorld(const JobWorld&) = delete;
    JobWorld& operator=(const JobWorld&) = delete;

    // The process dies where it is; a new one opens the same data and resumes.
    void crash();
    // The same with a proper end.
    void restart();
    void stop();

    // Runs `task` and whatever it needs, alarms included.
    template <class T>
    T run(Task<T> task);
    // Lets things happen until `done`. False: nothing is left that could.
    bool run_until(const std::function<bool()>& done);

    // ---- what there is
    ApplicationId application(OrganizationId organization, std::optional<std::string> uid = {});
    EndpointId endpoint(
        ApplicationId application, const std::function<void(Endpoint&)>& adjust = [](Endpoint&) {});
    void change(EndpointId id, const std::function<void(Endpoint&)>& adjust);
    void remove(EndpointId id);
    void remove(ApplicationId id);
    // Its deliveries are in `state` after one attempt that was answered `status`.
    EventId event(
        ApplicationId application, std::vector<EndpointId> targets, DeliveryState state,
        int status = 500, const std::function<void(Event&)>& adjust = [](Event&) {});

    void update(const DeliveryUpdate& update);

    // ---- jobs
    Job start(Job job);
    Job read(const Job& job);
    // Starts the job and runs until it has ended.
    Job finish(Job job);
    Job wait_for(const Job& job);

    TestTime time;
    StoreMood mood;
    TestTelemetry telemetry;
    JobLimits limits;
    std::vector<Resent> resent;
    std::vector<JobId> finished;
    // What becomes of the next resends; empty: all are taken.
    std::function<Result<void>(EventId)> resend_fate;

    [[nodiscard]] std::vector<EventId> resent_events() const;
    [[nodiscard]] Store& store();
    [[nodiscard]] DirectoryService& directory();
    [[nodiscard]] JobService& service();
    [[nodiscard]] JobRunner& runner();
    [[nodiscard]] Executor executor() { return io_->get_executor(); }

private:
    class Policy;
    struct Process;

    void open();
    void close();
    bool step();
    void commit(CommitBatch batch, CommitBatch& committed);
    Task<Result<void>> resend(EventId event, EndpointId endpoint);
    Task<Result<bool>> expunge(EventId event);

    TestEntropy entropy_;
    std::shared_ptr<MemoryDisk> disk_;
    std::unique_ptr<asio::io_context> io_;
    std::unique_ptr<Process> process_;
};

template <class T>
T JobWorld::run(Task<T> task) {
    std::optional<T> outcome;
    auto keep = [&outcome](std::exception_ptr error, T value) {
        ASSERT(!error);
        outcome.emplace(std::move(value));
    };
    asio::co_spawn(*io_, std::move(task), std::move(keep));
    EXPECT_TRUE(run_until([&outcome] { return outcome.has_value(); }));
    return std::move(*outcome);
}

// Organizations are told apart by a number.
[[nodiscard]] constexpr OrganizationId organization(std::uint64_t number) {
    return {0x7000, 0x8000'0000'0000'0000 + number};
}

}  // namespace posthaste::test
