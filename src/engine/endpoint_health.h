#pragma once

// How native endpoints fare: remembers in their configuration since when deliveries run out of attempts, makes those inactive
// at which nothing has succeeded for too long, and tells of it. It hears of every durable outcome, but writes only where the
// picture changes, and never twice at once for one endpoint. One per reactor.

#include <memory>
#include <optional>
#include <set>

#include "domain/directory.h"
#include "domain/lane.h"
#include "engine/directory_service.h"
#include "engine/engine.h"
#include "engine/task_group.h"
#include "ports/endpoint_news.h"

namespace posthaste {

class EndpointHealth {
public:
    EndpointHealth(Executor executor, Engine::Ports ports, EngineRules rules,
                   DirectoryService& directory);

    // Null: nobody.
    void report_to(EndpointNews* listener) { listener_ = listener; }
    // An attempt was decided on; nothing is durable yet. Returns the event that is to be stored with the update, if any.
    [[nodiscard]] std::shared_ptr<Event> on_decided(const Event& event,
                                                    const DeliveryUpdate& update,
                                                    const Endpoint& endpoint);
    // It is now. `endpoint` is its newest configuration; null: it is gone.
    void on_durable(const DeliveryUpdate& update, const PreparedEndpointPtr& endpoint);
    // Returns when no configuration write is under way.
    Task<void> join() { return tasks_.join(); }

private:
    enum class Change : std::uint8_t { begins_to_fail, recovers, is_given_up };

    [[nodiscard]] static std::optional<AttemptNews> news_of(const DeliveryUpdate& update);
    void note_exhausted(const Endpoint& endpoint);
    void start_change(EndpointId endpoint, Change change, std::optional<Timestamp> seen);
    Task<void> write(EndpointId endpoint, Change change, std::optional<Timestamp> seen);

    Engine::Ports ports_;
    EngineRules rules_;
    DirectoryService& directory_;
    EndpointNews* listener_ = nullptr;
    std::set<EndpointId> writing_;
    std::set<EndpointId> succeeded_;  // of these, meanwhile
    TaskGroup tasks_;
};

}  // namespace posthaste
