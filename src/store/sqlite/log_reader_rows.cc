#include <algorithm>

#include "domain/wipe.h"
#include "store/sqlite/log_file.h"
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
    if (!row.is_null(14)) attempt.response_headers = row.bytes(14);
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
    if (!row.is_null(12)) event->deliver_at = from_micros(row.integer(12));
    return event;
}

// ---- sealed values ---------------------------------------------------------------------------------------------------

Result<std::string> LogReader::open_sealed(LogPartition& partition, File& file,
                                           std::string_view sealed, const SealedPlace& place) {
    if (!file.cipher) {
        ASSIGN_OR_RETURN(SqliteStatement* const row, file.statement(log_sql::kReadDataKey));
        const SqliteCursor cursor(*row);
        const int code = row->step();
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return std::unexpected(failed(partition, code, "read the data key"));
        const std::string_view stored = code == SQLITE_ROW ? row->bytes(0) : std::string_view{};
        ASSIGN_OR_RETURN(auto key, open_data_key(stored, partition, sealer_));
        file.cipher = std::make_unique<SealingCipher>(key);
        wipe(key);
    }
    std::string text;
    if (file.cipher->open(text, place.view(), sealed)) return text;
    return fail(ErrorCode::corrupt, "A value in " + partition.path +
                                        " does not open: it was changed, or put where it does "
                                        "not belong.");
}

// Of a row of log_sql::kReadEvent.
Result<void> LogReader::read_content(LogPartition& partition, File& file, SqliteStatement& row,
                                     Event& event) {
    const bool is_sealed = row.integer(15) != 0;
    const auto read = [&](int column, const SealedPlace& place) -> Result<std::string> {
        if (!is_sealed) return std::string(row.bytes(column));
        return open_sealed(partition, file, row.bytes(column), place);
    };
    ASSIGN_OR_RETURN(event.payload, read(13, SealedPlace::of_payload(event.id)));
    if (row.is_null(14)) return {};
    ASSIGN_OR_RETURN(event.body, read(14, SealedPlace::of_body(event.id)));
    return {};
}

// Of a row that read_attempt_row() has read.
Result<void> LogReader::read_response(LogPartition& partition, File& file, SqliteStatement& row,
                                      std::uint64_t event, std::uint64_t endpoint,
                                      AttemptRecord& attempt) {
    if (row.is_null(13)) return {};
    const bool has_headers = !row.is_null(14);
    const auto place = has_headers
                           ? SealedPlace::of_response_headers(event, endpoint, attempt.number)
                           : SealedPlace::of_response(event, endpoint, attempt.number);
    ASSIGN_OR_RETURN(attempt.response, open_sealed(partition, file, row.bytes(13), place));
    if (!has_headers) return {};
    const std::size_t end = std::min(attempt.response.find(kEndOfHeaders), attempt.response.size());
    attempt.response_headers = attempt.response.substr(0, end);
    attempt.response.erase(0, end + 1);
    return {};
}

}  // namespace posthaste
