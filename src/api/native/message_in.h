#pragma once

// The body of POST /app/{app_id}/msg. One simdjson pass checks it and finds the members; the payload stays the bytes it came
// as. What that pass does not take as it is (a wrong member, one given twice, huge numbers, bodies too large for a tree) is
// read again by BodyReader, whose word is final. One per reactor; not thread-safe.

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "api/schema_check.h"
#include "base/time.h"
#include "ports/http.h"

namespace simdjson::dom {
class element;
}

namespace posthaste::native {

inline constexpr std::size_t kMessageChannelsMax = 5;
inline constexpr std::size_t kMessageTagsMax = 16;
inline constexpr std::size_t kTagLengthMax = 256;  // characters
inline constexpr std::int64_t kRetentionDaysMin = 5;
inline constexpr std::int64_t kRetentionDaysMax = 90;
inline constexpr Duration kRetentionDefault = std::chrono::days(kRetentionDaysMax);

// Views point into the body or into the reader, and are valid until its next read.
struct MessageIn {
    std::string_view event_type;
    std::string_view payload;  // the object's text, as received
    // The payload as filters look at it; null: simdjson cannot read it, or it is large (PayloadTree).
    const simdjson::dom::element* tree = nullptr;
    std::optional<std::string_view> event_id;
    std::array<std::string_view, kMessageChannelsMax> channels_kept;
    std::size_t channel_count = 0;
    std::vector<std::string_view> tags;
    Duration retention = kRetentionDefault;
    std::optional<std::string_view> raw_payload;  // delivered instead of the payload
    std::optional<std::string_view> application;  // the object's text
    std::optional<Timestamp> deliver_at;

    [[nodiscard]] std::span<const std::string_view> channels() const {
        return {channels_kept.data(), channel_count};
    }
    // False: there are as many as may be. One that is there already counts once.
    [[nodiscard]] bool add_channel(std::string_view channel);
};

class MessageReader {
public:
    MessageReader();
    ~MessageReader();
    MessageReader(const MessageReader&) = delete;
    MessageReader& operator=(const MessageReader&) = delete;

    // The message, or the 422 that says what is wrong with it. REQUIRES: 64 readable bytes follow `body`.
    [[nodiscard]] std::expected<MessageIn, HttpResponse> read(std::string_view body);

    // The two ways, apart for tests. None: not for the fast way.
    [[nodiscard]] std::optional<MessageIn> read_fast(std::string_view body);
    [[nodiscard]] std::expected<MessageIn, HttpResponse> read_slowly(std::string_view body);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The tree of one payload, for when MessageIn has none.
class PayloadTree {
public:
    explicit PayloadTree(std::string_view payload);
    ~PayloadTree();
    PayloadTree(const PayloadTree&) = delete;
    PayloadTree& operator=(const PayloadTree&) = delete;

    // Null: simdjson cannot read it.
    [[nodiscard]] const simdjson::dom::element* get() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// What a reactor keeps for reading messages.
struct MessageTools {
    MessageReader reader;
    SchemaCache schemas;
};

}  // namespace posthaste::native
