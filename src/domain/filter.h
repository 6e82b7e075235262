#pragma once

// What an endpoint wants of the events that reach its application, by their content. A filter is a JSON object; it is compiled
// once, into a flat list of nodes, and looked at for every event. docs/filters.md has the language with examples.
// A Filter is immutable and safe to use from any thread; matching allocates nothing and takes time linear in the payload for
// each condition. Compiling refuses what it does not understand and says where.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/wildcard.h"

namespace simdjson::dom {
class element;
}

namespace posthaste {

// What a filter looks at. All of it must outlive the call.
struct FilterInput {
    const simdjson::dom::element* payload = nullptr;  // null: no path leads anywhere
    std::string_view type;                            // $event.type
    std::span<const std::string> channels;            // $event.channels
};

// Why a filter does not compile.
struct FilterFault {
    std::size_t offset = 0;  // in its text, in bytes, from 0
    std::string path;        // JSON pointer (RFC 6901) to the offending part
    std::string message;     // a sentence: what is wrong and what would be right
};

// A compiled filter; the parts are of interest to filter_compiler.cc and filter.cc alone.
struct FilterProgram {
    enum class Op : std::uint8_t {
        all,  // of the nodes below it
        any,
        exists,
        equals,  // one of the operands
        greater,
        at_least,
        less,
        at_most,
        starts_with,
        ends_with,
        contains,
        like,
    };
    enum class Source : std::uint8_t { payload, type, channels };

    // Nodes stand before what is below them: those of node i are i + 1 up to, not including, `end`.
    struct Node {
        Op op = Op::all;
        bool is_negated = false;
        Source source = Source::payload;
        std::uint32_t end = 0;
        std::uint32_t path_begin = 0;  // in `segments`
        std::uint32_t path_end = 0;
        std::uint32_t operand_begin = 0;  // in `operands`; of `like`: in `wildcards`
        std::uint32_t operand_end = 0;
    };
    struct Segment {
        std::string name;
        std::size_t index = SIZE_MAX;  // the name as an array's index, when it is one
    };
    enum class Kind : std::uint8_t { null, boolean, number, string };
    struct Operand {
        Kind kind = Kind::null;
        bool is_true = false;
        long double number = 0;  // holds every 64-bit integer and every double exactly
        std::string text;
    };

    std::vector<Node> nodes;
    std::vector<Segment> segments;
    std::vector<Operand> operands;  // those of one node in order, for a binary search
    std::vector<Wildcard> wildcards;
};

class Filter {
public:
    [[nodiscard]] static std::expected<std::shared_ptr<const Filter>, FilterFault> compile(
        std::string_view text);
    [[nodiscard]] bool matches(const FilterInput& input) const;

    explicit Filter(FilterProgram program) : program_(std::move(program)) {}

private:
    FilterProgram program_;
};

}  // namespace posthaste
