#include "engine/outbox.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "engine/event_targets.h"

namespace posthaste {

namespace {

namespace json = boost::json;

// The event's uid is the letter's name; its application the parent.
Record to_letter(const Event& event) {
    ASSERT(event.uid && !event.uid->empty());
    json::object body;
    body["type"] = event.type;
    body["payload"] = event.payload;
    Record letter;
    letter.kind = RecordKind::letter;
    letter.organization = event.organization;
    letter.parent = event.application;
    letter.name = *event.uid;
    letter.body = json::serialize(body);
    return letter;
}

// Null when the body is not what to_letter() writes.
std::shared_ptr<Event> to_event(const Record& letter) {
    boost::system::error_code error;
    const json::value value = json::parse(letter.body, error);
    const json::object* body = error ? nullptr : value.if_object();
    const json::value* type = body ? body->if_contains("type") : nullptr;
    const json::value* payload = body ? body->if_contains("payload") : nullptr;
    if (!type || !type->is_string() || !payload || !payload->is_string()) return nullptr;
    auto event = std::make_shared<Event>();
    event->organization = letter.organization;
    event->application = ApplicationId(letter.parent);
    event->uid = letter.name;
    event->type = type->get_string();
    event->payload = payload->get_string();
    return event;
}

}  // namespace

Outbox::Outbox(Executor executor, Ports ports, OutboxLimits limits)
    : ports_(std::move(ports)),
      limits_(limits),
      rest_(ports_.alarms, ports_.clock),
      tasks_(std::move(executor)) {}

Task<Result<ConfigChange>> Outbox::commit(ConfigChange change, Events events) {
    const std::size_t own = change.records.size();
    for (const auto& event : events) change.records.push_back(to_letter(*event));
    Result<ConfigChange> stored = co_await ports_.store.change_config(std::move(change));
    if (!stored) {
        if (stored.error().code == ErrorCode::commit_unknown) look_again();
        co_return stored;
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        const bool is_accepted = co_await accept(std::move(events[i]));
        if (is_accepted)
            accepted_.push_back(std::move(stored->records[own + i]));
        else
            look_again();
    }
    stored->records.resize(own);
    start_removing();
    co_return stored;
}

Task<bool> Outbox::accept(std::shared_ptr<Event> event) {
    event->targets = targets_of(*ports_.directory.current(), *event);
    const Result<Accepted> accepted = co_await ports_.accept(std::move(event));
    co_return accepted || accepted.error().code == ErrorCode::exists;
}

// ---- removing letters

// While one removal is on its way, the next ones gather: a burst of changes costs few commits.
void Outbox::start_removing() {
    if (is_removing_ || accepted_.empty()) return;
    is_removing_ = true;
    tasks_.spawn(remove_accepted());
}

Task<void> Outbox::remove_accepted() {
    while (!accepted_.empty()) {
        std::vector<Record> letters = std::exchange(accepted_, {});
        co_await remove(std::move(letters));
    }
    is_removing_ = false;
}

Task<void> Outbox::remove(std::vector<Record> letters) {
    ConfigChange change;
    change.records = letters;
    for (Record& letter : change.records) letter.is_deleted = true;
    const Result<ConfigChange> removed = co_await ports_.store.change_config(std::move(change));
    if (removed) co_return;
    if (removed.error().code != ErrorCode::conflict) {
        look_again();
        co_return;
    }
    // Somebody else removed one of them.
    if (letters.size() == 1) co_return;
    for (Record& letter : letters) {
        std::vector<Record> one;
        one.push_back(std::move(letter));
        co_await remove(std::move(one));
    }
}

// ---- letters left behind

void Outbox::resume() {
    is_sweeping_ = true;
    tasks_.spawn(sweep(Duration()));
}

void Outbox::look_again() {
    is_sweep_wanted_ = true;
    if (is_sweeping_ || is_stopping_) return;
    is_sweeping_ = true;
    tasks_.spawn(sweep(limits_.retry_first));
}

void Outbox::stop() {
    is_stopping_ = true;
    rest_.cut_short();
}

Task<void> Outbox::sweep(Duration first_rest) {
    Duration patience = limits_.retry_first;
    if (first_rest > Duration()) co_await rest_.wait(first_rest);
    while (!is_stopping_) {
        is_sweep_wanted_ = false;
        const Result<std::size_t> swept = co_await sweep_once();
        start_removing();
        if (!swept)
            ports_.telemetry.on_notice(
                Severity::warning, "outbox",
                "events that were stored with a change still wait: " + swept.error().message);
        else if (*swept > 0)
            ports_.telemetry.on_notice(
                Severity::info, "outbox",
                std::to_string(*swept) + " events that were stored with a change were caught up");
        if ((swept && !is_sweep_wanted_) || is_stopping_) break;
        co_await rest_.wait(patience);
        patience = std::min(patience * 2, limits_.retry_max);
    }
    is_sweeping_ = false;
}

Task<Result<std::size_t>> Outbox::sweep_once() {
    std::size_t swept = 0;
    Id above;
    while (!is_stopping_) {
        RecordQuery query;
        query.kind = RecordKind::letter;
        query.above = above;
        query.limit = limits_.page;
        ASSIGN_OR_CO_RETURN(std::vector<Record> letters,
                            co_await ports_.store.read_records(std::move(query)));
        if (letters.empty()) break;
        above = letters.back().id;
        ASSIGN_OR_CO_RETURN(const std::size_t count, co_await sweep_page(std::move(letters)));
        swept += count;
    }
    co_return swept;
}

Task<Result<std::size_t>> Outbox::sweep_page(std::vector<Record> letters) {
    std::size_t swept = 0;
    for (Record& letter : letters) {
        std::shared_ptr<Event> event = to_event(letter);
        if (!event) {
            ports_.telemetry.on_notice(
                Severity::error, "outbox",
                "the event \"" + letter.name + "\" cannot be read and is left where it is");
            continue;
        }
        const bool is_accepted = co_await accept(std::move(event));
        if (!is_accepted) co_return fail(ErrorCode::unavailable, "the engine did not take one.");
        accepted_.push_back(std::move(letter));
        ++swept;
    }
    co_return swept;
}

}  // namespace posthaste
