#pragma once

// Events about changes, which are as durable as the changes. Configuration and log are files of their own, which no commit
// spans, so a change is stored together with a letter that holds the event, and the event is accepted from the letter:
//
//   change + letter (one commit) ─▶ accept the event ─▶ remove the letter
//
// What a crash or a failing store leaves is a letter; it is read again, and its event accepted, until it is gone. An event's
// uid keeps it from being accepted twice. One per reactor, on its executor; any of them may accept any letter.

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "domain/model.h"
#include "engine/directory_service.h"
#include "engine/engine.h"
#include "engine/rest.h"
#include "engine/task_group.h"
#include "ports/clock.h"
#include "ports/record.h"
#include "ports/store.h"
#include "ports/task.h"
#include "ports/telemetry.h"

namespace posthaste {

struct OutboxLimits {
    std::size_t page = 64;      // letters read at once
    Duration retry_first = 1s;  // after a failure; doubles
    Duration retry_max = 60s;
};

class Outbox {
public:
    struct Ports {
        Store& store;
        Clock& clock;
        AlarmFactory& alarms;
        Telemetry& telemetry;
        DirectoryService& directory;
        // Engine::accept.
        std::function<Task<Result<Accepted>>(std::shared_ptr<Event>)> accept;
    };

    Outbox(Executor executor, Ports ports, OutboxLimits limits = {});
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    using Events = std::vector<std::shared_ptr<Event>>;
    // Stores the change and its events, which need uids and nothing beside type and payload. They go to the endpoints of
    // their application that want them once they are accepted: before this returns, or, if the engine cannot take them now,
    // later. Returns the change as Store::change_config does, and its errors.
    Task<Result<ConfigChange>> commit(ConfigChange change, Events events);

    // Accepts what the last run left. Once, at the start, on one reactor.
    void resume();
    // Ends what waits; letters stay for the next run. Then join().
    void stop();
    Task<void> join() { return tasks_.join(); }

private:
    // Has the event been accepted, now or before?
    Task<bool> accept(std::shared_ptr<Event> event);
    void start_removing();
    Task<void> remove_accepted();
    Task<void> remove(std::vector<Record> letters);
    // Letters were left behind: reads them soon.
    void look_again();
    Task<void> sweep(Duration first_rest);
    // Returns how many letters were accepted; an error when some must be tried again.
    Task<Result<std::size_t>> sweep_once();
    Task<Result<std::size_t>> sweep_page(std::vector<Record> letters);

    // Constant after construction:
    Ports ports_;
    const OutboxLimits limits_;

    // Loop state:
    std::vector<Record> accepted_;  // letters to be removed
    bool is_removing_ = false;
    bool is_sweeping_ = false;
    bool is_sweep_wanted_ = false;
    bool is_stopping_ = false;
    Rest rest_;
    TaskGroup tasks_;
};

}  // namespace posthaste
