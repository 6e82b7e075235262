#include "store/postgres/partition_ciphers.h"

#include <algorithm>
#include <utility>

#include "domain/wipe.h"

namespace posthaste {

namespace {

// log_partition: primary key.
constexpr char kReadKey[] =
    "SELECT first_hi, end_hi, data_key FROM log_partition WHERE first_hi <= $1 AND end_hi > $1"
    " ORDER BY first_hi DESC LIMIT 1";

std::string name_of(std::uint64_t first_hi) {
    return "The log's partition " + std::to_string(first_hi);
}

}  // namespace

Result<SealingKey::Bytes> open_partition_key(const Sealer& sealer, std::uint64_t first_hi,
                                             std::string_view sealed) {
    const auto id = key_of(sealed);
    if (id && !sealer.keys()->has(*id)) return std::unexpected(missing_key(*id, name_of(first_hi)));
    ASSIGN_OR_RETURN(std::string raw, sealer.open(sealed, SealedPlace::of_data_key(first_hi)));
    const WipedOnExit wiped(raw);
    SealingKey::Bytes key{};
    if (raw.size() != key.size())
        return fail(ErrorCode::corrupt, name_of(first_hi) + " has a damaged key.");
    std::copy(raw.begin(), raw.end(), key.begin());
    return key;
}

std::string seal_partition_key(Sealer& sealer, std::uint64_t first_hi,
                               const SealingKey::Bytes& key) {
    return sealer.seal({reinterpret_cast<const char*>(key.data()), key.size()},
                       SealedPlace::of_data_key(first_hi));
}

Result<SealingCipher*> PartitionCiphers::find(PgConnection& connection, std::uint64_t event) {
    auto known = entries_.upper_bound(event);
    if (known != entries_.begin() && (--known)->second.end_hi > event)
        return known->second.cipher.get();
    PgParams params;
    params.add(event);
    ASSIGN_OR_RETURN(const auto rows, connection.query(kReadKey, params));
    if (rows.rows() == 0 || rows.is_null(0, 2))
        return fail(ErrorCode::corrupt, "The key of a sealed value is not in the database.");
    const std::uint64_t first_hi = rows.number(0, 0);
    ASSIGN_OR_RETURN(auto key, open_partition_key(sealer_, first_hi, rows.bytes(0, 2)));
    Entry entry{rows.number(0, 1), std::make_unique<SealingCipher>(key)};
    wipe(key);
    if (entries_.size() >= kEntriesMax) entries_.erase(entries_.begin());
    return entries_.insert_or_assign(first_hi, std::move(entry)).first->second.cipher.get();
}

Result<std::string> PartitionCiphers::open(PgConnection& connection, std::uint64_t event,
                                           std::string_view sealed, const SealedPlace& place) {
    ASSIGN_OR_RETURN(SealingCipher* const cipher, find(connection, event));
    std::string text;
    if (!cipher->open(text, place.view(), sealed))
        return fail(ErrorCode::corrupt, "A sealed value was changed, or moved.");
    return text;
}

}  // namespace posthaste
