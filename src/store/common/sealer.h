#pragma once

// Seals what the files must not show, and opens it again: the ring of keys (domain/sealing.h) with the randomness that
// sealing needs. The ring may be replaced while the store runs. Sealing and replacing belong to the writer thread.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "domain/sealing.h"
#include "ports/entropy.h"
#include "ports/record.h"

namespace posthaste {

// Where a sealed value belongs: its kind and its row. Part of every value's authentication, so it never changes.
class SealedPlace {
public:
    [[nodiscard]] static SealedPlace of_endpoint(Id id) { return SealedPlace('e').add(id); }
    [[nodiscard]] static SealedPlace of_record(RecordKind kind, Id id) {
        return SealedPlace('r').add(static_cast<std::uint64_t>(kind)).add(id);
    }
    // Of the log file whose first id this is.
    [[nodiscard]] static SealedPlace of_data_key(std::uint64_t first_hi) {
        return SealedPlace('k').add(first_hi);
    }
    [[nodiscard]] static SealedPlace of_payload(Id event) { return SealedPlace('p').add(event); }
    [[nodiscard]] static SealedPlace of_body(Id event) { return SealedPlace('b').add(event); }
    // By the upper halves of the ids, which are all that a row of an attempt knows.
    [[nodiscard]] static SealedPlace of_response(std::uint64_t event, std::uint64_t endpoint,
                                                 std::uint32_t number) {
        return SealedPlace('a').add(event).add(endpoint).add(number);
    }
    [[nodiscard]] static SealedPlace of_response_headers(std::uint64_t event,
                                                         std::uint64_t endpoint,
                                                         std::uint32_t number) {
        return SealedPlace('h').add(event).add(endpoint).add(number);
    }

    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    explicit SealedPlace(char kind) { bytes_[size_++] = kind; }
    SealedPlace& add(Id id) { return add(id.hi).add(id.lo); }
    SealedPlace& add(std::uint64_t number) {
        for (int shift = 56; shift >= 0; shift -= 8)
            bytes_[size_++] = static_cast<char>(number >> shift);
        return *this;
    }

    std::array<char, 1 + 3 * 8> bytes_{};
    std::size_t size_ = 0;
};

class Sealer {
public:
    Sealer(std::shared_ptr<const KeyRing> keys, Entropy& entropy);

    // ---- any thread ----
    [[nodiscard]] std::shared_ptr<const KeyRing> keys() const;
    // unavailable: the key is missing; corrupt: the value was changed or moved.
    [[nodiscard]] Result<std::string> open(std::string_view sealed, const SealedPlace& place) const;

    // ---- writer thread ----
    [[nodiscard]] std::string seal(std::string_view text, const SealedPlace& place);
    [[nodiscard]] SealingNonce draw_nonce();
    [[nodiscard]] SealingKey::Bytes draw_key();
    void replace(std::shared_ptr<const KeyRing> keys);

private:
    Entropy& entropy_;
    mutable std::mutex mutex_;
    std::shared_ptr<const KeyRing> keys_;
};

}  // namespace posthaste
