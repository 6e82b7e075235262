#include "tests/jobs/world.h"

#include <boost/asio/use_awaitable.hpp>
#include "base/assert.h"

namespace posthaste::test {

// ---- time

class TestTime::TestAlarm final : public Alarm {
public:
    TestAlarm(TestTime& time, std::function<void()> on_fire)
        : time_(time), on_fire_(std::move(on_fire)) {}
    ~TestAlarm() override { cancel(); }

    void arm(Timestamp at) override {
        cancel();
        entry_ = time_.armed_.emplace(at, this);
        is_armed_ = true;
    }
    void cancel() override {
        if (is_armed_) time_.armed_.erase(entry_);
        is_armed_ = false;
    }
    void fire() {
        cancel();
        on_fire_();
    }

private:
    TestTime& time_;
    std::function<void()> on_fire_;
    std::multimap<Timestamp, TestAlarm*>::iterator entry_;
    bool is_armed_ = false;
};

std::unique_ptr<Alarm> TestTime::make(std::function<void()> on_fire) {
    return std::make_unique<TestAlarm>(*this, std::move(on_fire));
}

bool TestTime::fire_next() {
    if (armed_.empty()) return false;
    const auto [at, alarm] = *armed_.begin();
    now_ = std::max(now_, at);
    alarm->fire();
    return true;
}

// ---- the world

class JobWorld::Policy final : public StorePolicy {
public:
    Policy(Executor executor, const StoreMood& mood) : prompt_(std::move(executor)), mood_(mood) {}
    void schedule(StoreStep at, std::move_only_function<void()> run) override {
        prompt_.schedule(at, std::move(run));
    }
    CommitFate next_commit() override { return mood_.fate; }
    bool next_read_works() override { return mood_.reads_work; }

private:
    PromptPolicy prompt_;
    const StoreMood& mood_;
};

struct JobWorld::Process {
    Process(JobWorld& world, asio::io_context& io)
        : store(io.get_executor(), world.time, world.entropy_,
                {[&io](std::move_only_function<void()> run) { asio::post(io, std::move(run)); }},
                world.disk_, std::make_unique<Policy>(io.get_executor(), world.mood)),
          holder(Directory::holding({})),
          directory(holder, store) {}

    MemoryStore store;
    DirectoryHolder holder;
    DirectoryService directory;
    std::unique_ptr<JobRunner> runner;
    std::unique_ptr<JobService> service;
};

JobWorld::JobWorld() : disk_(std::make_shared<MemoryDisk>()) { open(); }

JobWorld::~JobWorld() { close(); }

void JobWorld::open() {
    io_ = std::make_unique<asio::io_context>(1);
    process_ = std::make_unique<Process>(*this, *io_);
    Process& process = *process_;
    EXPECT_TRUE(run(process.store.recover()));
    Result<Directory::Contents> contents = run(load_contents(&process.store));
    ASSERT(contents);
    for (Organization& one : contents->organizations) process.holder.publish(std::move(one));
    for (Application& one : contents->applications) process.holder.publish(std::move(one));
    for (Endpoint& one : contents->endpoints) process.holder.publish(std::move(one));
    JobRunner::Ports ports{
        process.store,
        time,
        time,
        telemetry,
        process.holder,
        [this](EventId event, EndpointId to) { return resend(event, to); },
        [this](EventId event) { return expunge(event); },
        [this](const Job& job) { finished.push_back(job.id); },
    };
    process.runner = std::make_unique<JobRunner>(io_->get_executor(), std::move(ports), limits);
    process.service = std::make_unique<JobService>(
        process.store, time, [&process](const Job& job) { process.runner->take(job); });
    process.runner->resume();
}

// What hangs in the executor goes first: it points into everything else.
void JobWorld::close() {
    Process* process = process_.release();
    process->runner.reset();
    io_.reset();
    const std::unique_ptr<Process> gone(process);
}

void JobWorld::crash() {
    close();
    open();
}

void JobWorld::stop() {
    runner().stop();
    bool is_over = false;
    asio::co_spawn(*io_, runner().join(), [&is_over](std::exception_ptr) { is_over = true; });
    EXPECT_TRUE(run_until([&is_over] { return is_over; }));
}

void JobWorld::restart() {
    stop();
    crash();
}

bool JobWorld::step() {
    io_->restart();
    return io_->poll_one() > 0 || time.fire_next();
}

bool JobWorld::run_until(const std::function<bool()>& done) {
    while (!done())
        if (!step()) return false;
    return true;
}

Store& JobWorld::store() { return process_->store; }
DirectoryService& JobWorld::directory() { return process_->directory; }
JobService& JobWorld::service() { return *process_->service; }
JobRunner& JobWorld::runner() { return *process_->runner; }

Task<Result<void>> JobWorld::resend(EventId event, EndpointId endpoint) {
    co_await asio::post(*io_, asio::use_awaitable_t<Executor>());
    const Result<void> fate = resend_fate ? resend_fate(event) : Result<void>();
    if (fate) resent.push_back({event, endpoint});
    co_return fate;
}

Task<Result<bool>> JobWorld::expunge(EventId event) {
    ASSIGN_OR_CO_RETURN(const EventHistory history, co_await store().read_event(event));
    const Result<void> gone = co_await store().expunge_payload(event);
    if (!gone) co_return std::unexpected(gone.error());
    co_return !history.event->is_expunged;
}

std::vector<EventId> JobWorld::resent_events() const {
    std::vector<EventId> events;
    for (const Resent& one : resent) events.push_back(one.event);
    return events;
}

// ---- what there is

ApplicationId JobWorld::application(OrganizationId owner, std::optional<std::string> uid) {
    Application application;
    application.organization = owner;
    application.uid = std::move(uid);
    application.name = "an application";
    const Result<Application> made = run(directory().create(std::move(application)));
    ASSERT(made);
    return made->id;
}

EndpointId JobWorld::endpoint(ApplicationId application,
                              const std::function<void(Endpoint&)>& adjust) {
    Endpoint endpoint;
    endpoint.application = application;
    endpoint.organization = directory().current()->find(application)->config.organization;
    endpoint.url = "http://receiver.example/";
    adjust(endpoint);
    const Result<Endpoint> made = run(directory().create(std::move(endpoint)));
    ASSERT(made);
    return made->id;
}

void JobWorld::change(EndpointId id, const std::function<void(Endpoint&)>& adjust) {
    const auto apply = [&adjust](Endpoint& endpoint) -> Result<void> {
        adjust(endpoint);
        return {};
    };
    EXPECT_TRUE(run(directory().change(id, apply)));
}

void JobWorld::remove(EndpointId id) { EXPECT_TRUE(run(directory().remove(id))); }
void JobWorld::remove(ApplicationId id) { EXPECT_TRUE(run(directory().remove(id))); }

void JobWorld::commit(CommitBatch batch, CommitBatch& committed) {
    bool is_done = false;
    store().commit(0, std::move(batch), [&](Result<void> result, CommitBatch back) {
        EXPECT_TRUE(result);
        committed = std::move(back);
        is_done = true;
    });
    EXPECT_TRUE(run_until([&is_done] { return is_done; }));
}

EventId JobWorld::event(ApplicationId application, std::vector<EndpointId> targets,
                        DeliveryState state, int status,
                        const std::function<void(Event&)>& adjust) {
    time.advance(1ms);
    auto event = std::make_shared<Event>();
    event->application = application;
    event->organization = directory().current()->find(application)->config.organization;
    event->payload = R"({"a":1})";
    event->targets = targets;
    adjust(*event);
    CommitBatch batch;
    batch.events.push_back(std::move(event));
    CommitBatch committed;
    commit(std::move(batch), committed);
    const EventId id = committed.events.front()->id;
    if (state == DeliveryState::pending) return id;
    CommitBatch outcome;
    for (const EndpointId target : targets) {
        DeliveryUpdate& update = outcome.updates.emplace_back();
        update.event = id;
        update.endpoint = target;
        update.next = state;
        update.due = time.now() + 1h;
        update.attempts_made = 1;
        AttemptRecord attempt;
        attempt.number = 1;
        attempt.started_at = time.now();
        attempt.status_code = status;
        attempt.outcome = state == DeliveryState::delivered ? AttemptOutcome::delivered
                                                            : AttemptOutcome::rejected;
        update.attempt = attempt;
    }
    if (!targets.empty()) commit(std::move(outcome), committed);
    return id;
}

void JobWorld::update(const DeliveryUpdate& update) {
    CommitBatch batch;
    batch.updates.push_back(update);
    CommitBatch committed;
    commit(std::move(batch), committed);
}

// ---- jobs

Job JobWorld::start(Job job) {
    const Result<Job> started = run(service().start(std::move(job)));
    ASSERT(started);
    return *started;
}

Job JobWorld::read(const Job& job) {
    const Result<Job> found = run(service().read(job.organization, job.id));
    ASSERT(found);
    return *found;
}

Job JobWorld::wait_for(const Job& job) {
    const std::size_t before = finished.size();
    if (read(job).status != JobStatus::running) return read(job);
    EXPECT_TRUE(run_until([&] {
        for (std::size_t i = before; i < finished.size(); ++i)
            if (finished[i] == job.id) return true;
        return false;
    }));
    return read(job);
}

Job JobWorld::finish(Job job) { return wait_for(start(std::move(job))); }

}  // namespace posthaste::test
