#pragma once

// One reader of the live feed, as an event stream (text/event-stream): what it may see becomes text when it happens, in a buffer
// of bounded size; what does not fit, or exceeds the rate, is only counted. Lives on one reactor, as its feed.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/live_feed.h"
#include "ports/http.h"

namespace posthaste::dashboard {

// What a reader wants and may see.
struct LiveFilter {
    OrganizationId organization;
    std::optional<ApplicationId> application;
    std::optional<EndpointId> endpoint;  // then attempts only

    [[nodiscard]] bool takes(const LiveItem& item) const;
};

class LiveStream final : public HttpStream, public LiveWatcher {
public:
    static constexpr std::size_t kBufferMax = 64 * 1024;
    static constexpr std::size_t kItemsPerTick = 100;
    static constexpr Duration kHeartbeat = 15s;

    struct Options {
        LiveFilter filter;
        std::string version;
        // Asked with every tick: may the reader still watch?
        std::function<bool()> is_admitted;
        // What `totals` says; empty: this reader does not get them.
        std::function<std::string(const Tally&)> totals;
    };
    explicit LiveStream(Options options);
    ~LiveStream() override;

    // False: there are too many.
    [[nodiscard]] bool join(std::shared_ptr<LiveFeed> feed);

    // HttpStream
    [[nodiscard]] bool take(std::string& out) override;
    void notify(std::function<void()> wake) override { wake_ = std::move(wake); }

    // LiveWatcher
    void on_items(std::span<const LiveItem> items, std::uint64_t lost) override;
    void on_tick(Timestamp now, const Tally& tally) override;

private:
    void append(std::string_view name, std::string_view json);
    void tell_missed();
    void tell_totals(const Tally& tally);
    void leave();

    const Options options_;
    std::weak_ptr<LiveFeed> feed_;  // empty: not joined, or left
    std::function<void()> wake_;
    std::string buffer_;
    std::size_t items_ = 0;  // since the last tick
    std::uint64_t missed_ = 0;
    std::string last_totals_;
    std::optional<Timestamp> last_sent_at_;
    bool is_over_ = false;
};

}  // namespace posthaste::dashboard
