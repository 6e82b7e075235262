// Events by name: keys in memory while the file takes events, a filter and a sorted table from when it is indexed.

#include "store/sqlite/log_file_connection.h"

namespace posthaste {

Result<void> LogFile::load_names() {
    if (are_names_known_) return {};
    if (auto done = connect(SqliteAccess::write); !done) return done;
    const int code = stage_ == LogStage::indexed ? read_filter(FilterUse::none) : read_keys();
    if (code != SQLITE_OK) {
        forget_names();
        return check(code, "read the names of events");
    }
    are_names_known_ = true;
    return {};
}

int LogFile::read_keys() {
    auto rows = connection_->database.prepare(log_sql::kAllKeys);
    if (!rows) return SQLITE_ERROR;
    int code = SQLITE_DONE;
    while ((code = rows->step()) == SQLITE_ROW)
        for_each_event_key(rows->bytes(0), [this](EventKey key) { keys_.add(key); });
    key_counts_ = keys_.counts();
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int LogFile::read_filter(FilterUse use) {
    auto row = connection_->database.prepare(log_sql::kReadFilter);
    if (!row) return SQLITE_ERROR;
    const int code = row->step();
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
    key_counts_ = {row->unsigned_integer(0), row->unsigned_integer(1)};
    filter_bytes_ = static_cast<std::size_t>(row->integer(2));
    if (use == FilterUse::keep) filter_ = KeyFilter::from_bytes(row->bytes(3));
    return SQLITE_OK;
}

void LogFile::forget_names() {
    are_names_known_ = false;
    keys_.clear();
    key_counts_ = {};
    filter_bytes_ = 0;
    filter_.reset();
}

Result<std::optional<EventId>> LogFile::find_name(const EventName& name, FilterUse use) {
    if (auto done = load_names(); !done) return std::unexpected(std::move(done).error());
    std::optional<EventId> found;
    if (key_counts_.of(name.kind()) == 0) return found;
    candidates_.clear();
    if (stage_ != LogStage::indexed) {
        keys_.find(name.key, candidates_);
        if (candidates_.empty()) return found;
    }
    if (use == FilterUse::none) filter_.reset();
    if (filter_ && !filter_->may_contain(name.key)) return found;
    // From here on rows are read.
    if (auto done = connect(SqliteAccess::write); !done)
        return std::unexpected(std::move(done).error());
    int code = stage_ == LogStage::indexed ? read_candidates(name.key, use) : SQLITE_OK;
    for (std::size_t i = 0; i < candidates_.size() && code == SQLITE_OK && !found; ++i)
        code = has_name(candidates_[i], name, found);
    if (code != SQLITE_OK)
        return std::unexpected(connection_->database.error(code, "look an event up"));
    return found;
}

int LogFile::read_candidates(std::uint64_t key, FilterUse use) {
    if (use == FilterUse::keep && !filter_) {
        if (const int code = read_filter(use); code != SQLITE_OK) return code;
        if (filter_ && !filter_->may_contain(key)) return SQLITE_OK;
    }
    SqliteStatement& rows = connection_->find_key;
    rows.bind(1, key);
    const SqliteCursor cursor(rows);
    int code = SQLITE_DONE;
    while ((code = rows.step()) == SQLITE_ROW) candidates_.push_back(rows.unsigned_integer(0));
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int LogFile::has_name(std::uint64_t hi, const EventName& name, std::optional<EventId>& id) {
    SqliteStatement& row = connection_->event_name;
    row.bind(1, hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
    const bool is_it = name.kind() == NameKind::uid
                           ? !row.is_null(3) && row.bytes(3) == name.uid &&
                                 read_id(row.bytes(2)) == name.application
                           : !row.is_null(4) && read_id(row.bytes(4)) == name.request &&
                                 from_micros(row.integer(1)) > name.since;
    if (is_it) id = EventId{hi, row.unsigned_integer(0)};
    return SQLITE_OK;
}

Result<bool> LogFile::holds_event(EventId event) {
    if (auto done = connect(SqliteAccess::write); !done)
        return std::unexpected(std::move(done).error());
    SqliteStatement& row = connection_->event_standing;
    row.bind(1, event.hi);
    const SqliteCursor cursor(row);
    const int code = row.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return std::unexpected(connection_->database.error(code, "read an event"));
    return code == SQLITE_ROW && row.unsigned_integer(0) == event.lo;
}

}  // namespace posthaste
