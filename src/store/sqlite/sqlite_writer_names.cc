// Events by name: whether a new one may have its name, and where the one with a name is. And expunging.

#include <utility>

#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

Result<std::optional<Refusal>> SqliteWriter::find_taken(const Event& event, Timestamp now) {
    const auto look = [&](const EventName& name, Refusal::Reason reason,
                          std::optional<Refusal>& refusal) -> Result<void> {
        ASSIGN_OR_RETURN(const auto existing, find_name(name, now));
        if (existing) refusal = Refusal{0, reason, *existing};
        return {};
    };
    std::optional<Refusal> refusal;
    // A repeated request names the same uid again: that it is repeated says more.
    if (event.request_key) {
        const auto name = EventName::of_request(*event.request_key, now - kRepeatWindow);
        if (auto done = look(name, Refusal::Reason::repeated, refusal); !done)
            return std::unexpected(std::move(done).error());
    }
    if (event.uid && !refusal) {
        const auto name = EventName::of_uid(event.application, *event.uid);
        if (auto done = look(name, Refusal::Reason::uid_taken, refusal); !done)
            return std::unexpected(std::move(done).error());
    }
    return refusal;
}

// Newest file first: what is asked for is most often young. A file found damaged is set aside, and has no names.
Result<std::optional<EventId>> SqliteWriter::find_name(const EventName& name, Timestamp now) {
    std::size_t filters = 0;
    for (auto at = files_.rbegin(); at != files_.rend(); ++at) {
        Entry& entry = *at->second;
        LogPartition& partition = *entry.file.partition();
        if (partition.is_set_aside) continue;
        // Files behind one that is too old for a request are older still. An id names the millisecond of its event.
        const std::uint64_t newest_hi = partition.newest_hi;
        const bool is_closed = &entry != newest_ && newest_hi != 0;
        if (is_closed && name.kind() == NameKind::request && time_of(newest_hi) + 1ms <= name.since)
            break;
        if (entry.file.needs_repair() && begun(entry, now) == nullptr)
            return std::unexpected(*entry.failure);
        Result<std::optional<EventId>> found;
        if (auto done = entry.file.load_names(); !done) {
            found = std::unexpected(std::move(done).error());
        } else {
            filters += entry.file.filter_bytes();
            const bool has_room = filters <= options_.key_filters_bytes_max;
            found = entry.file.find_name(name, has_room ? FilterUse::keep : FilterUse::none);
        }
        if (!found && found.error().code == ErrorCode::corrupt) {
            partitions_.set_aside(partition, found.error());
            continue;
        }
        if (!found || *found) return found;
    }
    return std::optional<EventId>{};
}

Result<EventId> SqliteWriter::find_event(ApplicationId application, std::string_view uid) {
    for (const auto& [first_hi, entry] : files_) {
        if (!entry->file.needs_repair() || entry->file.partition()->is_set_aside) continue;
        auto done = change_rows(*entry, [](LogFile&) { return Result<void>(); });
        if (!done) return std::unexpected(std::move(done).error());
        publish(*entry);
    }
    ASSIGN_OR_RETURN(const auto found,
                     find_name(EventName::of_uid(application, uid), clock_.now()));
    if (!found) return fail(ErrorCode::not_found, "No event with this uid is kept.");
    return *found;
}

// ---- expunging -------------------------------------------------------------------------------------------------------

Result<SqliteWriter::Entry*> SqliteWriter::entry_of(EventId event) {
    Entry* const entry = find(event.hi);
    if (entry == nullptr) return fail(ErrorCode::not_found, "No such event is kept.");
    ASSIGN_OR_RETURN(const bool is_there, entry->file.holds_event(event));
    if (!is_there) return fail(ErrorCode::not_found, "No such event is kept.");
    return entry;
}

Result<void> SqliteWriter::expunge_payload(EventId event) {
    ASSIGN_OR_RETURN(Entry* const entry, entry_of(event));
    auto done = change_rows(*entry, [&](LogFile& file) { return file.expunge_payload(event.hi); });
    if (done) requests_.checkpoint(entry->file.partition());
    return done;
}

Result<void> SqliteWriter::expunge_payloads(const LogPartition& partition,
                                            std::span<const std::uint64_t> events) {
    Entry* const entry = find(partition);
    if (entry == nullptr) return {};
    auto done = change_rows(*entry, [&](LogFile& file) -> Result<void> {
        for (const std::uint64_t event : events) {
            if (auto one = file.expunge_payload(event); !one) return one;
        }
        return {};
    });
    if (done) requests_.checkpoint(entry->file.partition());
    return done;
}

Result<void> SqliteWriter::expunge_response(EventId event, EndpointId endpoint,
                                            std::uint32_t number) {
    ASSIGN_OR_RETURN(Entry* const entry, entry_of(event));
    bool is_there = false;
    auto done = change_rows(*entry, [&](LogFile& file) -> Result<void> {
        ASSIGN_OR_RETURN(is_there, file.expunge_response(event, endpoint, number));
        return {};
    });
    if (!done) return done;
    if (!is_there) return fail(ErrorCode::not_found, "There is no such attempt.");
    requests_.checkpoint(entry->file.partition());
    return {};
}

}  // namespace posthaste
