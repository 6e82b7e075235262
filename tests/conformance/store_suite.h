#pragma once

// The store conformance suite: every sentence of ports/store.h as tests, run against every store. A store joins with one
// file, <store>_test.cc:
//
//   class MyFactory final : public conformance::StoreFactory { … };
//   INSTANTIATE_TEST_SUITE_P(My, StoreSuite, testing::Values(StoreParam{"my", [] { return std::make_unique<MyFactory>(); }}),
//                            store_param_name);
//
// The fixture is synchronous on the outside: it drives an io_context until the store has answered, so a test reads as a list
// of steps. Several reactors are told apart by their ReactorPost; all of them run on the one io_context.

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"

namespace posthaste::conformance {

// One database, opened and reopened during one test. The destructor removes it.
class StoreFactory {
public:
    virtual ~StoreFactory() = default;
    // The first call makes an empty database; later calls open what the previous store left.
    virtual std::unique_ptr<Store> open(Executor executor, Clock& clock, Entropy& entropy,
                                        std::vector<ReactorPost> posts) = 0;
    // Ends the store as a crash of the process would: what it answered for is kept, the rest may be lost.
    virtual void crash(std::unique_ptr<Store> store) = 0;
    // Forgets one parked row behind the store's back; called while no store is open. False: there is no such row.
    virtual bool lose_parked(EventId event, EndpointId endpoint) = 0;
    // The open store's next group commit, which brings an event, is answered commit_unknown, although it became durable or
    // although it did not.
    enum class Doubt : std::uint8_t { durable, lost };
    virtual void doubt_next_commit(Doubt doubt) = 0;
    // The same for its next change of configuration.
    virtual void doubt_next_change(Doubt doubt) = 0;
};

struct StoreParam {
    std::string name;
    std::function<std::unique_ptr<StoreFactory>()> make;
    std::uint64_t random_histories =
        200;  // each in a database of its own, which takes long to make in some stores
};

inline std::string store_param_name(const testing::TestParamInfo<StoreParam>& info) {
    return info.param.name;
}

class ManualClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override { return from_micros(micros_.load()); }
    void set(Timestamp at) { micros_ = to_micros(at); }
    void advance(Duration by) { micros_ += by.count(); }

private:
    std::atomic<std::int64_t> micros_{1'767'323'045'123'456};  // 2026-01-02T03:04:05.123456Z
};

class RepeatableEntropy final : public Entropy {
public:
    explicit RepeatableEntropy(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_;
};

struct Committed {
    Result<void> result;
    CommitBatch batch;
};

// Everything a test can see of an event, as text: two stores or two moments are compared by comparing it.
[[nodiscard]] std::string describe(const EventHistory& history);
[[nodiscard]] std::string describe(const Event& event);
[[nodiscard]] std::string describe(const Tally& tally);
[[nodiscard]] std::string describe(const AttemptRecord& attempt);
[[nodiscard]] std::string describe(const ManualState& manual);

class StoreSuite : public testing::TestWithParam<StoreParam> {
public:
    static constexpr std::size_t kReactors = 3;

    StoreSuite();
    ~StoreSuite() override;

    // Opens and recovers.
    Recovery open();
    Recovery reopen_after_crash();
    Recovery reopen_after_close();
    void end_by_crash();
    void end_by_close();

    // Runs the io_context until `task` has finished.
    template <class T>
    T run(Task<T> task);
    void run_until(const std::function<bool()>& done);

    Committed commit(CommitBatch batch, std::size_t reactor = 0);
    // Commits one event and returns it with its id. Fails the test when the store refuses.
    EventPtr accept(std::vector<EndpointId> targets, std::string payload = "{}",
                    std::size_t reactor = 0);
    EventPtr accept_event(std::shared_ptr<Event> event, std::size_t reactor = 0);
    void update(DeliveryUpdate change);
    Endpoint put(Endpoint endpoint);
    Record put(Record record);
    Result<ConfigChange> change(std::vector<Record> records, std::vector<Endpoint> endpoints = {});
    std::vector<Record> read(RecordQuery query);
    Tally tally();
    EventHistory history(EventId id);
    DeliveryState state_of(EventId event, EndpointId endpoint);
    ParkedPage load(ParkedQuery query);
    ParkedPage load_due(EndpointId endpoint, Timestamp due_until);
    // All slices of one walk; the number of events checked is added up.
    ScanSlice scan_all(std::size_t limit = 1000);

    // Accepts an event for `endpoint` and parks it.
    EventPtr accept_parked(EndpointId endpoint, Timestamp due, std::uint32_t attempts_made = 0,
                           std::string payload = "{}");

    [[nodiscard]] Store& store() { return *store_; }
    [[nodiscard]] Timestamp now() const { return clock_.now(); }

    ManualClock clock_;
    RepeatableEntropy entropy_{7};
    boost::asio::io_context context_;
    std::unique_ptr<StoreFactory> factory_;
    std::unique_ptr<Store> store_;
    int posting_reactor_ = -1;  // whose post is running; -1 outside

private:
    boost::asio::executor_work_guard<Executor> work_;
};

[[nodiscard]] EndpointId endpoint_id(std::uint64_t number);
[[nodiscard]] std::shared_ptr<Event> make_event(std::vector<EndpointId> targets,
                                                std::string payload = "{}");
[[nodiscard]] AttemptRecord make_attempt(std::uint32_t number, Timestamp at,
                                         AttemptOutcome outcome = AttemptOutcome::rejected);

// Updates of a delivery that is in the tail or, with `from`, in the parked row with that due time.
[[nodiscard]] DeliveryUpdate settle(const EventPtr& event, EndpointId endpoint, DeliveryState state,
                                    std::optional<Timestamp> from = {},
                                    std::optional<AttemptRecord> attempt = {});
[[nodiscard]] DeliveryUpdate park(const EventPtr& event, EndpointId endpoint, Timestamp due,
                                  std::optional<Timestamp> from = {},
                                  std::optional<AttemptRecord> attempt = {});
// Asks for a manual attempt.
[[nodiscard]] DeliveryUpdate resend(const EventPtr& event, EndpointId endpoint, Timestamp due);
// Begins a dead delivery's schedule again.
[[nodiscard]] DeliveryUpdate restart(const EventPtr& event, EndpointId endpoint, Timestamp due);

template <class T>
T StoreSuite::run(Task<T> task) {
    std::optional<T> value;
    std::exception_ptr trouble;
    asio::co_spawn(context_, std::move(task), [&](std::exception_ptr thrown, T result) {
        trouble = thrown;
        value.emplace(std::move(result));
    });
    run_until([&] { return value.has_value(); });
    if (trouble) std::rethrow_exception(trouble);
    return std::move(*value);
}

}  // namespace posthaste::conformance

namespace posthaste {
using conformance::StoreSuite;
}
