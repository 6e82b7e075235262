#pragma once

// Payloads against the JSON Schema (Draft 7) of their event type. A schema is compiled once; checking follows the compiled
// form, takes time linear in payload and schema for ordinary schemas, and is cut off by a budget of steps for others: a
// schema is a customer's text and must not be able to hang the server. Patterns run on RE2, which never backtracks.
// $ref works inside of the document ("#", "#/definitions/x", "#name" with an $id); any other is refused.
// Nothing here throws. A Schema is immutable and may be shared; a SchemaCache belongs to one reactor.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "domain/model.h"

namespace posthaste {

struct SchemaFault {
    std::string path;     // JSON pointer (RFC 6901) to the offending part
    std::string message;  // a sentence
};

// The `schemas` of an event type: a JSON object from version ("1", "2", …) to JSON Schema. The first thing wrong with it, or
// none: the text is not such an object, a version is not a number, a schema breaks the Draft-7 metaschema or a limit.
[[nodiscard]] std::optional<SchemaFault> check_schemas(std::string_view text);

class Schema {
public:
    [[nodiscard]] static std::expected<std::shared_ptr<const Schema>, SchemaFault> compile(
        std::string_view text);
    ~Schema();

    // What is wrong with the payload, at most `faults_max` findings in the payload's order of the schema; empty: it fits. A
    // text that is not JSON is one finding at "".
    [[nodiscard]] std::vector<SchemaFault> check(std::string_view payload,
                                                 std::size_t faults_max = 8) const;

    struct Program;
    explicit Schema(std::unique_ptr<const Program> program);

private:
    std::unique_ptr<const Program> program_;
};

// Compiled schemas of recently used event types, by id, revision and version. The least recently used one leaves first.
class SchemaCache {
public:
    explicit SchemaCache(std::size_t entries_max = 1024) : entries_max_(entries_max) {}

    // The schema of that version, or of the highest one when none is named. Null: the event type has no schemas, not this
    // version, or one that does not compile (which check_schemas keeps out).
    [[nodiscard]] std::shared_ptr<const Schema> find(const EventType& type,
                                                     std::optional<std::uint32_t> version = {});
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct Key {
        EventTypeId id;
        std::uint64_t revision = 0;
        std::uint32_t version = 0;  // 0: the highest
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    using Entry = std::pair<Key, std::shared_ptr<const Schema>>;

    std::size_t entries_max_;
    std::list<Entry> entries_;  // the most recently used one first
    std::map<Key, std::list<Entry>::iterator> by_key_;
};

}  // namespace posthaste
