#include "store/sqlite/log_reader_file.h"

namespace posthaste {

AttemptRecord read_attempt_row(SqliteStatement& row) {
    AttemptRecord attempt;
    attempt.number = static_cast<std::uint32_t>(row.integer(0));
    attempt.started_at = from_micros(row.integer(1));
    attempt.outcome = static_cast<AttemptOutcome>(row.integer(2));
    attempt.status_code = static_cast<int>(row.integer(3));
    attempt.queue_lag = Duration{row.integer(5)};
    attempt.timings.dns = Duration{row.integer(6)};
    attempt.timings.connect = Duration{row.integer(7)};
    attempt.timings.tls = Duration{row.integer(8)};
    attempt.timings.first_byte = Duration{row.integer(9)};
    attempt.timings.total = Duration{row.integer(10)};
    attempt.response = row.bytes(11);
    attempt.trigger = static_cast<AttemptTrigger>(row.integer(12));
    return attempt;
}

std::shared_ptr<Event> read_event_row(SqliteStatement& row, std::uint64_t hi) {
    auto event = std::make_shared<Event>();
    event->id = EventId{hi, row.unsigned_integer(0)};
    event->accepted_at = from_micros(row.integer(1));
    event->organization = OrganizationId{read_id(row.bytes(2))};
    event->application = ApplicationId{read_id(row.bytes(3))};
    event->type = row.bytes(4);
    const std::string_view targets = row.bytes(5);
    event->targets.reserve(targets.size() / 16);
    for (std::size_t at = 0; at + 16 <= targets.size(); at += 16)
        event->targets.emplace_back(read_id(targets, at));
    if (!row.is_null(6)) event->uid = row.bytes(6);
    if (!row.is_null(8)) event->request_key = read_id(row.bytes(8));
    if (!row.is_null(9)) event->payload_expires_at = from_micros(row.integer(9));
    event->is_expunged = row.integer(10) != 0;
    return event;
}

}  // namespace posthaste
