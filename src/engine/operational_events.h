#pragma once

// Tells an organization's owner what became of its endpoints and deliveries, by ordinary events: an event of the management
// organization, in the application whose uid is the name of the affected organization. Where there is no such application,
// nobody is told. Events about attempts are stored with the attempts. The others are best effort: they wait in a bounded queue,
// and a full queue or a store that fails drops them with a notice. Nothing here blocks or fails its caller. One per reactor, on
// its executor.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"
#include "domain/directory.h"
#include "domain/model.h"
#include "engine/directory_service.h"
#include "engine/engine.h"
#include "engine/job.h"
#include "engine/task_group.h"
#include "ports/endpoint_news.h"
#include "ports/store.h"
#include "ports/task.h"
#include "ports/telemetry.h"

namespace posthaste {

// Its tokens manage the applications and endpoints that receive operational events.
inline constexpr std::string_view kManagementOrganization = "org_00000000000SvixManagement00";

[[nodiscard]] OrganizationId management_organization();

enum class EndpointChange : std::uint8_t {
    created,
    updated,  // also: its secret was rotated
    deleted,
    enabled,
    disabled,  // by its owner
};

struct OperationalSettings {
    bool is_enabled = false;
    std::size_t queue_max = 1024;  // events that wait; more are dropped
};

class OperationalEvents final : public EndpointNews {
public:
    // Engine::accept, or a test's stand-in.
    using Accept = std::function<Task<Result<Accepted>>(std::shared_ptr<Event>)>;

    OperationalEvents(Executor executor, OperationalSettings settings, DirectoryService& directory,
                      Telemetry& telemetry, Accept accept);

    // For the API, after the change was published. `endpoint` as it is now; deleted: as it was.
    void on_endpoint(EndpointChange change, const Endpoint& endpoint);
    // For the engine.
    [[nodiscard]] std::shared_ptr<Event> on_attempt(AttemptNews news, const Event& event,
                                                    const Endpoint& endpoint,
                                                    const AttemptRecord& attempt) override;
    // It was disabled because its deliveries failed since then.
    void on_disabled(const Endpoint& endpoint, Timestamp failing_since) override;
    // For the JobRunner.
    void on_job_finished(const Job& job);

    // Drops what waits and takes no more.
    void stop();
    Task<void> join() { return tasks_.join(); }

private:
    struct Waiting {
        OrganizationId organization;  // the affected one
        std::string_view type;
        std::string payload;
    };

    [[nodiscard]] bool is_listened_to(OrganizationId organization);
    [[nodiscard]] PreparedApplicationPtr listener(OrganizationId organization);
    void enqueue(OrganizationId organization, std::string_view type, std::string data);
    Task<void> send_waiting();
    Task<void> send(Waiting waiting);
    // Null: nobody listens any more.
    [[nodiscard]] std::shared_ptr<Event> make_event(Waiting waiting);

    // Constant after construction:
    Executor executor_;
    const OperationalSettings settings_;
    DirectoryService& directory_;
    Telemetry& telemetry_;
    Accept accept_;

    // Loop state:
    std::deque<Waiting> waiting_;
    std::uint64_t dropped_ = 0;  // since the queue was last empty
    bool is_sending_ = false;
    bool is_stopping_ = false;
    TaskGroup tasks_;
};

}  // namespace posthaste
