#pragma once

// Reads a native route's query. Every call reads one parameter and notes what is wrong with it; ask ok() once, before
// anything else happens: the query is checked before the token. A value of the wrong kind is a 400, one that breaks a rule a
// 422; the first wrong one decides.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/native/answers.h"
#include "base/id.h"
#include "base/time.h"
#include "domain/directory.h"

namespace posthaste::native {

inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kPageMax = 250;

enum class Order : std::uint8_t { ascending, descending };

// Where a list is to be read. A page keeps its natural order when it is read backwards.
struct Paging {
    std::size_t limit = kPageDefault;
    Order order = Order::ascending;  // of the page
    bool is_backwards = false;       // "-X": what lies before X
    Id cursor;                       // nil: from the start
    std::string name;                // the cursor of lists by name

    // Exclusive bounds for reading one more than the page holds.
    [[nodiscard]] PageBounds bounds() const;
    [[nodiscard]] bool reads_descending() const {
        return (order == Order::descending) != is_backwards;
    }
    // Cuts what was read to the page and puts it in its natural order. True: nothing follows in the direction of reading.
    template <class Items>
    [[nodiscard]] bool cut(Items& items) const {
        const bool done = items.size() <= limit;
        if (!done) items.resize(limit);
        if (is_backwards) {
            for (std::size_t i = 0, j = items.size(); i + 1 < j; ++i)
                std::swap(items[i], items[--j]);
        }
        return done;
    }
};

class Query {
public:
    explicit Query(std::string_view text) : text_(text) {}

    [[nodiscard]] bool ok() const { return !wrong_; }
    [[nodiscard]] HttpResponse reply() { return *std::move(wrong_); }  // REQUIRES: !ok()

    // limit, iterator ("<prefix>_…", "-" before it to go backwards) and order.
    [[nodiscard]] Paging ordered_page(std::string_view prefix, Order fallback);
    // The same where the order is fixed; a parameter "order" is ignored.
    [[nodiscard]] Paging page(std::string_view prefix, Order order);
    // By name, ascending; the iterator is a name.
    [[nodiscard]] Paging page_by_name();

    [[nodiscard]] bool flag(std::string_view name, bool fallback);
    [[nodiscard]] std::size_t limit();
    [[nodiscard]] std::optional<std::string> text(std::string_view name);
    // name=a&name=b: all of them, in order.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name);
    // 1…256 characters of [a-zA-Z0-9-_.], else 422: channels, ids and uids.
    [[nodiscard]] std::optional<std::string> identifier(std::string_view name);
    [[nodiscard]] std::optional<Timestamp> time(std::string_view name);
    [[nodiscard]] std::optional<int> one_of(std::string_view name,
                                            std::initializer_list<int> allowed);
    // event_types=a&event_types=b, event_types[]=a, event_types[0]=a and event_types=a,b, all merged.
    [[nodiscard]] std::vector<std::string> event_types();
    // Notes that the parameter breaks a rule which the caller checks: a 422.
    void refuse(const char* name, std::string_view message) { violated({"query", name}, message); }

private:
    void wrong(std::string detail);                                                        // 400
    void violated(std::initializer_list<const char*> location, std::string_view message);  // 422

    std::string_view text_;
    std::optional<HttpResponse> wrong_;
};

// RFC 3339 as clients write it: "T" or a space, any offset, "Z" or " UTC", up to 9 digits of fraction (cut to microseconds).
[[nodiscard]] std::optional<Timestamp> parse_time(std::string_view text);

// 1…256 characters of [a-zA-Z0-9-_.]
[[nodiscard]] bool is_identifier(std::string_view text);

// Smaller than every id issued at or after that millisecond, larger than all before: `after` is id > this, `before` id < this.
[[nodiscard]] Id first_id_at(Timestamp at);

}  // namespace posthaste::native
