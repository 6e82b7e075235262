#pragma once

// How an event is found by a name that must not be given twice: by its uid within its application, or by its request_key.
// Names are hashed to 64-bit keys. A key only says where to look: the event's own row decides.
//
//   KeyTable    key -> events of the file that takes events, in memory, exact
//   KeyFilter   a Bloom filter over the keys of a closed file: nearly always says "not here" when that is so
//
// Keys are stored: their computation never changes. Not thread-safe.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "domain/model.h"

namespace posthaste {

enum class NameKind : std::uint8_t { request = 0, uid = 1 };

// The lowest bit of a key is the NameKind.
[[nodiscard]] std::uint64_t uid_key(ApplicationId application, std::string_view uid);
[[nodiscard]] std::uint64_t request_key(Id request);
[[nodiscard]] constexpr NameKind kind_of_key(std::uint64_t key) {
    return static_cast<NameKind>(key & 1);
}

// What is looked for. Views must outlive it.
struct EventName {
    std::uint64_t key = 0;
    ApplicationId application;  // uid
    std::string_view uid;
    Id request;       // request
    Timestamp since;  // request: events accepted before do not count

    [[nodiscard]] static EventName of_uid(ApplicationId application, std::string_view uid);
    [[nodiscard]] static EventName of_request(Id request, Timestamp since);
    [[nodiscard]] NameKind kind() const { return kind_of_key(key); }
};

struct EventKey {
    std::uint64_t key = 0;
    std::uint64_t event = 0;  // never 0

    friend auto operator<=>(const EventKey&, const EventKey&) = default;
};

// A row of event_key: the keys of one commit, 16 bytes each, little-endian.
void append_event_key(std::string& bytes, EventKey key);
// Calls `see(EventKey)` for each.
template <class See>
void for_each_event_key(std::string_view bytes, See see);

struct KeyCounts {
    std::uint64_t requests = 0;
    std::uint64_t uids = 0;

    void add(std::uint64_t key) { ++(kind_of_key(key) == NameKind::uid ? uids : requests); }
    [[nodiscard]] std::uint64_t of(NameKind kind) const {
        return kind == NameKind::uid ? uids : requests;
    }
    [[nodiscard]] std::uint64_t all() const { return requests + uids; }
};

// Open addressing; a key may have several events. At most three quarters full.
class KeyTable {
public:
    void add(EventKey key);
    // Appends the events with this key.
    void find(std::uint64_t key, std::vector<std::uint64_t>& events) const;
    [[nodiscard]] const KeyCounts& counts() const { return counts_; }
    [[nodiscard]] bool is_empty() const { return slots_.empty(); }
    void clear() { *this = {}; }

private:
    void grow();
    void place(EventKey key);

    std::vector<EventKey> slots_;  // a power of two; event 0: free
    KeyCounts counts_;
};

// Ten bits a key, all of a key's bits in one cache line: about one "perhaps" in a hundred that means "no".
class KeyFilter {
public:
    KeyFilter() = default;
    // For that many keys.
    explicit KeyFilter(std::size_t keys);
    // As bytes() gave them.
    [[nodiscard]] static KeyFilter from_bytes(std::string_view bytes);

    void add(std::uint64_t key);
    [[nodiscard]] bool may_contain(std::uint64_t key) const;
    [[nodiscard]] std::string_view bytes() const;

private:
    static constexpr std::size_t kWords = 8;  // of a block: one cache line
    [[nodiscard]] std::size_t block_of(std::uint64_t mixed) const;

    std::vector<std::uint64_t> words_;
};

// ---- implementation ------------------------------------------------------------------------------------------------

[[nodiscard]] std::uint64_t read_little_endian(std::string_view bytes, std::size_t offset);

template <class See>
void for_each_event_key(std::string_view bytes, See see) {
    for (std::size_t at = 0; at + 16 <= bytes.size(); at += 16)
        see(EventKey{read_little_endian(bytes, at), read_little_endian(bytes, at + 8)});
}

}  // namespace posthaste
