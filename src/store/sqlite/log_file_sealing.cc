// Payloads, bodies and responses with their headers at rest, when they are to be sealed. Each log file has a key of its own,
// drawn when the first value is sealed and kept in the file, sealed itself: changing the encryption key then takes one row a
// file, whatever the number of events. A file whose data key is sealed with a key that is not in the ring is refused.

#include "domain/wipe.h"
#include "store/sqlite/log_file_connection.h"

namespace posthaste {

Result<SealingKey::Bytes> open_data_key(std::string_view sealed, const LogPartition& partition,
                                        const Sealer& sealer) {
    const auto id = key_of(sealed);
    if (id && !sealer.keys()->has(*id))
        return std::unexpected(missing_key(*id, "The log file " + partition.path));
    ASSIGN_OR_RETURN(std::string raw,
                     sealer.open(sealed, SealedPlace::of_data_key(partition.first_hi)));
    const WipedOnExit wiped(raw);
    SealingKey::Bytes key{};
    if (raw.size() != key.size())
        return fail(ErrorCode::corrupt, "The data key of " + partition.path + " is damaged.");
    std::copy(raw.begin(), raw.end(), key.begin());
    return key;
}

// As it is stored; empty: none.
Result<std::string> LogFile::read_data_key() {
    ASSIGN_OR_RETURN(auto row, connection_->database.prepare(log_sql::kReadDataKey));
    const int code = row.step();
    if (code == SQLITE_DONE) return std::string();
    if (code != SQLITE_ROW)
        return std::unexpected(connection_->database.error(code, "read the data key"));
    return std::string(row.bytes(0));
}

Result<void> LogFile::write_data_key(const SealingKey::Bytes& key) {
    const std::string sealed = sealer_.seal({reinterpret_cast<const char*>(key.data()), key.size()},
                                            SealedPlace::of_data_key(partition_->first_hi));
    ASSIGN_OR_RETURN(auto row, connection_->database.prepare(log_sql::kReplaceDataKey));
    row.bind_blob(1, sealed);
    if (auto done = check(row.run(), "store the data key"); !done) return done;
    data_key_id_ = key_of(sealed);
    return {};
}

Result<void> LogFile::check_data_key() {
    ASSIGN_OR_RETURN(const std::string sealed, read_data_key());
    data_key_id_.reset();
    if (sealed.empty()) return {};
    ASSIGN_OR_RETURN(auto key, open_data_key(sealed, *partition_, sealer_));
    wipe(key);
    data_key_id_ = key_of(sealed);
    return {};
}

Result<void> LogFile::ready_cipher() {
    ASSIGN_OR_RETURN(const std::string sealed, read_data_key());
    SealingKey::Bytes key{};
    if (sealed.empty()) {
        key = sealer_.draw_key();
        if (auto done = write_data_key(key); !done) return done;
    } else {
        ASSIGN_OR_RETURN(key, open_data_key(sealed, *partition_, sealer_));
    }
    cipher_ = std::make_unique<SealingCipher>(key);
    wipe(key);
    return {};
}

// With secure_delete SQLite writes zeros over what the row no longer needs.
Result<void> LogFile::reseal_data_key() {
    ASSIGN_OR_RETURN(const std::string sealed, read_data_key());
    if (sealed.empty() || key_of(sealed) == sealer_.keys()->primary()) return {};
    ASSIGN_OR_RETURN(auto key, open_data_key(sealed, *partition_, sealer_));
    SqliteDatabase& database = connection_->database;
    auto done = database.execute("PRAGMA secure_delete=ON");
    if (done) done = write_data_key(key);
    wipe(key);
    if (auto reset = database.execute("PRAGMA secure_delete=OFF"); done && !reset) return reset;
    return done;
}

std::string_view LogFile::sealed_payload(const Event& event) {
    return seal(sealed_payload_, SealedPlace::of_payload(event.id), event.payload);
}

std::string_view LogFile::sealed_body(const Event& event) {
    return seal(sealed_body_, SealedPlace::of_body(event.id), *event.body);
}

// With its headers, if there are any, in front of a NUL, because sealing one more value costs about two microseconds,
// however short it is.
std::string_view LogFile::sealed_response(const DeliveryUpdate& update) {
    const AttemptRecord& attempt = *update.attempt;
    const std::uint64_t event = update.event.hi;
    const std::uint64_t endpoint = update.endpoint.hi;
    if (!attempt.response_headers) {
        const auto place = SealedPlace::of_response(event, endpoint, attempt.number);
        return seal(sealed_response_, place, attempt.response);
    }
    scratch_.assign(*attempt.response_headers).append(1, kEndOfHeaders).append(attempt.response);
    const auto place = SealedPlace::of_response_headers(event, endpoint, attempt.number);
    return seal(sealed_response_, place, scratch_);
}

// Into a buffer that lives until the statement has run.
std::string_view LogFile::seal(std::string& buffer, const SealedPlace& place,
                               std::string_view text) {
    buffer.clear();
    cipher_->seal(buffer, sealer_.draw_nonce(), place.view(), text);
    return buffer;
}

}  // namespace posthaste
