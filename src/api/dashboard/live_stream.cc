#include "api/dashboard/live_stream.h"

#include <utility>

#include "api/delivery_status.h"
#include "api/native/answers.h"

namespace posthaste::dashboard {

namespace {

using native::ObjectWriter;

std::string message_json(const LiveItem& item) {
    std::string json;
    ObjectWriter object(json);
    object.text("msgId", to_base62("msg", item.event));
    object.text("appId", to_base62("app", item.application));
    object.text("eventType", item.event_type);
    object.time("createdAt", item.at);
    object.close();
    return json;
}

std::string attempt_json(const LiveItem& item) {
    std::string json;
    ObjectWriter object(json);
    object.text("msgId", to_base62("msg", item.event));
    object.text("appId", to_base62("app", item.application));
    object.text("endpointId", to_base62("ep", item.endpoint));
    object.text("eventType", item.event_type);
    object.number("number", item.number);
    object.text("outcome", to_string(item.outcome));
    if (item.status_code != 0)
        object.number("statusCode", item.status_code);
    else
        object.null("statusCode");
    object.number("durationMs", item.duration / 1ms);
    object.text("status", status_of(item.state));
    object.time("timestamp", item.at);
    object.close();
    return json;
}

}  // namespace

bool LiveFilter::takes(const LiveItem& item) const {
    if (item.organization != organization) return false;
    if (application && item.application != *application) return false;
    return !endpoint || (item.kind == LiveItem::Kind::attempt && item.endpoint == *endpoint);
}

LiveStream::LiveStream(Options options) : options_(std::move(options)) {
    std::string json;
    ObjectWriter object(json);
    object.text("version", options_.version);
    object.close();
    append("hello", json);
}

LiveStream::~LiveStream() { leave(); }

bool LiveStream::join(std::shared_ptr<LiveFeed> feed) {
    if (!feed->add(this)) return false;
    feed_ = std::move(feed);
    return true;
}

void LiveStream::leave() {
    if (const std::shared_ptr<LiveFeed> feed = feed_.lock()) feed->remove(this);
    feed_.reset();
}

bool LiveStream::take(std::string& out) {
    out = std::exchange(buffer_, std::string());
    return !is_over_;
}

void LiveStream::append(std::string_view name, std::string_view json) {
    buffer_.append("event: ").append(name).append("\ndata: ").append(json).append("\n\n");
}

void LiveStream::on_items(std::span<const LiveItem> items, std::uint64_t lost) {
    missed_ += lost;
    bool is_news = false;
    for (const LiveItem& item : items) {
        if (!options_.filter.takes(item)) continue;
        if (items_ == kItemsPerTick || buffer_.size() >= kBufferMax) {
            ++missed_;
            continue;
        }
        ++items_;
        is_news = true;
        if (item.kind == LiveItem::Kind::message)
            append("message", message_json(item));
        else
            append("attempt", attempt_json(item));
    }
    if (is_news && wake_) wake_();
}

void LiveStream::tell_missed() {
    if (missed_ == 0) return;
    append("missed", "{\"count\":" + std::to_string(missed_) + "}");
    missed_ = 0;
}

void LiveStream::tell_totals(const Tally& tally) {
    if (!options_.totals) return;
    std::string totals = options_.totals(tally);
    if (totals == last_totals_) return;
    append("totals", totals);
    last_totals_ = std::move(totals);
}

void LiveStream::on_tick(Timestamp now, const Tally& tally) {
    items_ = 0;
    if (!options_.is_admitted()) {
        is_over_ = true;
        leave();
        if (wake_) wake_();
        return;
    }
    // A reader that takes nothing needs no sign of life.
    if (buffer_.size() >= kBufferMax) return;
    tell_missed();
    tell_totals(tally);
    if (!last_sent_at_ || !buffer_.empty())
        last_sent_at_ = now;
    else if (now - *last_sent_at_ >= kHeartbeat) {
        buffer_ += ":\n\n";
        last_sent_at_ = now;
    }
    if (!buffer_.empty() && wake_) wake_();
}

}  // namespace posthaste::dashboard
