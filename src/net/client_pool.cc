#include "net/client_pool.h"

#include <algorithm>
#include <functional>

#include "base/assert.h"

namespace posthaste {

namespace {

// A connection that went back less than this ago is handed out unseen.
constexpr std::chrono::milliseconds kMoment{20};
constexpr std::chrono::milliseconds kLongRest{500};

}  // namespace

std::size_t ClientPool::KeyHash::operator()(const Key& key) const noexcept {
    return std::hash<std::string_view>{}(key.host) ^ (std::size_t{key.port} << 1) ^
           std::size_t{key.tls};
}

ClientConnectionPtr ClientPool::take(const Target& target, TimePoint now) {
    const auto found = origins_.find(Key{target.host, target.port, target.tls});
    if (found == origins_.end()) return nullptr;
    auto& idle = found->second->idle;
    while (!idle.empty()) {
        ClientConnectionPtr connection = std::move(idle.back());
        idle.pop_back();
        const bool rested = now - connection->pool_hook.idle_since >= kMoment;
        unlink(*connection);
        if (!rested || !connection->has_ended()) return connection;
        connection->close();
    }
    return nullptr;
}

void ClientPool::put(const Target& target, ClientConnectionPtr connection, TimePoint now) {
    ASSERT(!connection->is_writing() && connection->unread().empty());
    auto found = origins_.find(Key{target.host, target.port, target.tls});
    if (found == origins_.end()) {
        forget_empty_origins();
        auto origin = std::make_unique<Origin>();
        origin->host = target.host;
        const Key key{origin->host, target.port, target.tls};
        found = origins_.emplace(key, std::move(origin)).first;
    }
    Origin& origin = *found->second;
    connection->shrink(ClientConnection::Rest::brief);
    connection->set_user(nullptr);
    link(*connection, origin, now);
    origin.idle.push_back(std::move(connection));
    if (origin.idle.size() > limits_.connections_idle_per_origin_max) drop(*origin.idle.front());
    if (size_ > limits_.connections_idle_max) drop(*oldest_);
}

void ClientPool::expire(TimePoint now) {
    for (ClientConnection* connection = oldest_; connection != nullptr;) {
        ClientConnection* newer = connection->pool_hook.newer;
        const auto rested = now - connection->pool_hook.idle_since;
        if (rested < kLongRest) return;
        if (rested >= limits_.idle_timeout || connection->has_ended())
            drop(*connection);
        else
            connection->shrink(ClientConnection::Rest::long_);
        connection = newer;
    }
}

void ClientPool::clear() {
    while (oldest_ != nullptr) drop(*oldest_);
    origins_.clear();
}

void ClientPool::link(ClientConnection& connection, Origin& origin, TimePoint now) {
    auto& hook = connection.pool_hook;
    hook = {now, newest_, nullptr, &origin};
    (newest_ == nullptr ? oldest_ : newest_->pool_hook.newer) = &connection;
    newest_ = &connection;
    ++size_;
}

void ClientPool::unlink(ClientConnection& connection) {
    auto& hook = connection.pool_hook;
    (hook.older == nullptr ? oldest_ : hook.older->pool_hook.newer) = hook.newer;
    (hook.newer == nullptr ? newest_ : hook.newer->pool_hook.older) = hook.older;
    hook = {};
    --size_;
}

void ClientPool::drop(ClientConnection& connection) {
    auto& idle = static_cast<Origin*>(connection.pool_hook.origin)->idle;
    const auto found = std::find_if(idle.begin(), idle.end(), [&](const ClientConnectionPtr& held) {
        return held.get() == &connection;
    });
    ASSERT(found != idle.end());
    const ClientConnectionPtr keep = std::move(*found);
    idle.erase(found);
    unlink(connection);
    connection.close();
}

// Origins stay in the map while their connections are out, so that a lone connection going back and forth costs no
// allocation. Once they outnumber what can be idle at all, the empty ones go.
void ClientPool::forget_empty_origins() {
    if (origins_.size() < 2 * limits_.connections_idle_max + 16) return;
    std::erase_if(origins_, [](const auto& entry) { return entry.second->idle.empty(); });
}

}  // namespace posthaste
