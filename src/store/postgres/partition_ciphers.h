#pragma once

// The keys of sealed payloads, bodies and responses. Each partition has one of its own, drawn when it is made and kept in its
// row, sealed itself: changing the encryption key then takes one row a partition. Used by one thread.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/sealing_cipher.h"
#include "store/common/sealer.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {

class PartitionCiphers {
public:
    explicit PartitionCiphers(const Sealer& sealer) : sealer_(sealer) {}

    // Of the partition that holds the event. corrupt when it has no key.
    [[nodiscard]] Result<SealingCipher*> find(PgConnection& connection, std::uint64_t event);
    // Opens what was sealed with the key of the event's partition.
    [[nodiscard]] Result<std::string> open(PgConnection& connection, std::uint64_t event,
                                           std::string_view sealed, const SealedPlace& place);

private:
    struct Entry {
        std::uint64_t end_hi;
        std::unique_ptr<SealingCipher> cipher;
    };
    static constexpr std::size_t kEntriesMax = 32;

    const Sealer& sealer_;
    std::map<std::uint64_t, Entry> entries_;  // by first_hi
};

// The bytes of a data key as its partition's row keeps them.
[[nodiscard]] Result<SealingKey::Bytes> open_partition_key(const Sealer& sealer,
                                                           std::uint64_t first_hi,
                                                           std::string_view sealed);
[[nodiscard]] std::string seal_partition_key(Sealer& sealer, std::uint64_t first_hi,
                                             const SealingKey::Bytes& key);

}  // namespace posthaste
