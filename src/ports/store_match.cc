#include "ports/store_match.h"

#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace posthaste {

namespace {

template <class Value>
bool equals(const std::optional<Value>& wanted, const Value& value) {
    return !wanted || *wanted == value;
}

bool names(const std::vector<std::string>& list, const std::string& name) {
    return std::ranges::find(list, name) != list.end();
}

bool contains(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
    return part.empty() || !std::ranges::search(text, part, same).empty();
}

template <class Query>
bool has_words(const Query& query, const Event& event) {
    return (query.event_types.empty() || names(query.event_types, event.type)) &&
           (!query.channel || names(event.channels, *query.channel)) &&
           (!query.tag || names(event.tags, *query.tag));
}

}  // namespace

bool matches(const RecordQuery& query, const Record& record) {
    return record.kind == query.kind && equals(query.organization, record.organization) &&
           equals(query.parent, record.parent) && equals(query.name, record.name) &&
           equals(query.label, record.label) && contains(record.name, query.name_contains) &&
           equals(query.id, record.id) && is_between(record.id, query.above, query.below);
}

RecordQuery without_bounds(RecordQuery query) {
    query.above = query.below = Id{};
    query.skip = 0;
    query.limit = SIZE_MAX;
    return query;
}

void complete_audit(ConfigChange& change) {
    Id first;
    if (!change.endpoints.empty())
        first = change.endpoints.front().id;
    else if (!change.records.empty())
        first = change.records.front().id;
    for (AuditEntry& entry : change.audit) {
        if (!entry.object.ends_with("_*")) continue;
        const std::string_view prefix =
            std::string_view(entry.object).substr(0, entry.object.size() - 2);
        entry.object = to_base62(prefix, first);
    }
}

bool matches(const AuditQuery& query, const AuditEntry& entry) {
    const bool is_of_action =
        !query.action || entry.action == *query.action ||
        (entry.action.starts_with(*query.action) && entry.action[query.action->size()] == '.');
    return is_of_action && equals(query.organization, entry.organization) &&
           equals(query.actor, entry.actor) && equals(query.object, entry.object) &&
           (query.above == 0 || entry.sequence > query.above) &&
           (query.below == 0 || entry.sequence < query.below) &&
           (!query.since || entry.at >= *query.since) && (!query.until || entry.at < *query.until);
}

bool matches(const EventQuery& query, const Event& event) {
    return event.application == query.application &&
           is_between(event.id, query.above, query.below) && has_words(query, event);
}

bool matches(const EventQuery& query, DeliveryState state) {
    return query.states.empty() || std::ranges::find(query.states, state) != query.states.end();
}

bool asks_for(const EventQuery& query, EndpointId endpoint) {
    return std::ranges::binary_search(query.endpoints, endpoint);
}

bool matches(const DeliveryQuery& query, const Event& event) {
    if (event.organization != query.organization) return false;
    if (query.application && event.application != *query.application) return false;
    return query.event_types.empty() || names(query.event_types, event.type);
}

bool is_within(const DeliveryQuery& query, const DeliveryPlace& place) {
    return (!query.above || place > *query.above) && (!query.below || place < *query.below);
}

bool matches(const DeliveryQuery& query, const Event& event, EndpointId endpoint) {
    if (query.endpoint && endpoint != *query.endpoint) return false;
    return !query.fits || query.fits(event, endpoint);
}

bool matches(const DeliveryQuery& query, DeliveryState state) {
    return query.states.empty() || std::ranges::find(query.states, state) != query.states.end();
}

DeliveryPlace end_of(EventId event, const DeliveryQuery& query) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
    return {event, query.oldest_first ? EndpointId{kMax, kMax} : EndpointId{}};
}

bool matches(const AttemptQuery& query, AttemptId id, const AttemptRecord& attempt) {
    const bool delivered = attempt.outcome == AttemptOutcome::delivered;
    const int status_class = attempt.status_code / 100 * 100;
    return is_between(id, query.above, query.below) && equals(query.delivered, delivered) &&
           equals(query.status_class, status_class);
}

bool matches(const AttemptQuery& query, const Event& event) { return has_words(query, event); }

EventPtr without_payload(const Event& event) {
    auto shown = std::make_shared<Event>();
    shown->id = event.id;
    shown->accepted_at = event.accepted_at;
    shown->organization = event.organization;
    shown->application = event.application;
    shown->type = event.type;
    shown->targets = event.targets;
    shown->uid = event.uid;
    shown->channels = event.channels;
    shown->tags = event.tags;
    shown->request_key = event.request_key;
    shown->payload_expires_at = event.payload_expires_at;
    shown->deliver_at = event.deliver_at;
    shown->is_expunged = event.is_expunged;
    return shown;
}

EventPtr expunged(const Event& event) {
    auto emptied = std::make_shared<Event>(*without_payload(event));
    emptied->is_expunged = true;
    return emptied;
}

std::optional<ParkedState> resent(const ParkedState& row, Timestamp due) {
    if (row.manual.trigger == AttemptTrigger::manual) return {};
    ParkedState changed = row;
    changed.due = due;
    changed.manual.trigger = AttemptTrigger::manual;
    changed.manual.resume_due = row.due;
    return changed;
}

ParkedState resent(std::uint32_t attempts_made, std::uint32_t manual_made, Timestamp due) {
    ParkedState row{due, attempts_made, {}};
    row.manual.manual_made = manual_made;
    row.manual.trigger = AttemptTrigger::manual;
    return row;
}

ParkedState restarted(std::uint32_t attempts_made, Timestamp due) {
    ParkedState row{due, attempts_made, {}};
    row.manual.manual_made = attempts_made;
    return row;
}

}  // namespace posthaste
