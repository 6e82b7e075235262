#pragma once

// Values as PostgreSQL's binary protocol spells them: parameters of a statement, columns of arrays, fields of a result.
//
// Texts: PostgreSQL takes neither bytes that are not UTF-8 nor the character NUL, and one of them would make a whole group
// commit fail. So whatever people wrote goes through to_pg_text(), which escapes what is refused and leaves all else alone:
//
//   "caf\xe9"  ->  "caf\x01e9"       (\x01 and two hexadecimal digits; \x01 itself is escaped, too)

#include <libpq-fe.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

[[nodiscard]] std::string to_pg_text(std::string_view text);
[[nodiscard]] std::string from_pg_text(std::string_view text);

enum class PgType : Oid {
    boolean = 16,
    bytes = 17,
    int8 = 20,
    text = 25,
    uuid = 2950,
};

// One column of many rows, which a statement unnests.
class PgArray {
public:
    explicit PgArray(PgType element) : element_(element) {}

    void add(std::int64_t number);
    void add(std::uint64_t number) { add(static_cast<std::int64_t>(number)); }
    void add(bool value);
    void add(Id id);
    void add_text(std::string_view text);
    void add_bytes(std::string_view bytes);
    void add_null();
    // nothing: NULL
    void add(const std::optional<std::int64_t>& number) { number ? add(*number) : add_null(); }
    void add(const std::optional<Timestamp>& at) { at ? add(to_micros(*at)) : add_null(); }

    [[nodiscard]] std::size_t size() const { return count_; }
    [[nodiscard]] PgType element() const { return element_; }
    [[nodiscard]] std::string take();

private:
    void begin(std::size_t size);

    static constexpr std::size_t kHeaderBytes = 20;

    PgType element_;
    std::size_t count_ = 0;
    bool has_null_ = false;
    std::string body_ = std::string(kHeaderBytes, '\0');
};

// The parameters of one statement, in order: $1, $2, …
class PgParams {
public:
    PgParams& add(std::int64_t number);
    PgParams& add(std::uint64_t number) { return add(static_cast<std::int64_t>(number)); }
    PgParams& add(bool value);
    PgParams& add(Id id);
    PgParams& add(const std::optional<Timestamp>& at);
    PgParams& add_text(std::string_view text);
    PgParams& add_bytes(std::string_view bytes);
    PgParams& add_null(PgType type);
    PgParams& add(PgArray array);

    // As libpq wants them; valid until the next change.
    struct Raw {
        std::vector<Oid> types;
        std::vector<const char*> values;
        std::vector<int> lengths;
        std::vector<int> formats;
    };
    [[nodiscard]] Raw raw() const;

private:
    struct Value {
        Oid type;
        bool is_null;
        std::string bytes;
    };
    std::vector<Value> values_;
};

// Many rows, filled in row by row, as parameters of a statement that unnests one array for each column.
class PgColumns {
public:
    PgColumns(std::initializer_list<PgType> types) {
        for (const PgType type : types) columns_.emplace_back(type);
    }

    // The next column of the row; behind the last one a new row begins.
    template <class Value>
    PgColumns& add(const Value& value) {
        next().add(value);
        return *this;
    }
    PgColumns& add_text(std::string_view text) {
        next().add_text(text);
        return *this;
    }
    PgColumns& add_text_or_null(const std::optional<std::string>& text) {
        return text ? add_text(*text) : add_null();
    }
    PgColumns& add_bytes(std::string_view bytes) {
        next().add_bytes(bytes);
        return *this;
    }
    PgColumns& add_null() {
        next().add_null();
        return *this;
    }

    [[nodiscard]] bool is_empty() const { return columns_.front().size() == 0; }
    [[nodiscard]] PgParams take();

private:
    PgArray& next() { return columns_[at_++ % columns_.size()]; }

    std::vector<PgArray> columns_;
    std::size_t at_ = 0;
};

// Rows in binary form. Columns are named by their position.
class PgResult {
public:
    explicit PgResult(PGresult* result) : result_(result) {}

    [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
    [[nodiscard]] bool is_null(int row, int column) const {
        return PQgetisnull(result_.get(), row, column) != 0;
    }
    [[nodiscard]] std::int64_t integer(int row, int column) const;  // of any width; NULL: 0
    [[nodiscard]] std::uint64_t number(int row, int column) const {
        return static_cast<std::uint64_t>(integer(row, column));
    }
    [[nodiscard]] bool boolean(int row, int column) const { return integer(row, column) != 0; }
    [[nodiscard]] std::string text(int row, int column) const {
        return from_pg_text(bytes(row, column));
    }
    [[nodiscard]] std::string_view bytes(int row, int column) const;
    [[nodiscard]] Id id(int row, int column) const;
    [[nodiscard]] Timestamp time(int row, int column) const {
        return from_micros(integer(row, column));
    }
    [[nodiscard]] std::optional<Timestamp> optional_time(int row, int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int row, int column) const;
    // An array of whole numbers; NULL: empty.
    [[nodiscard]] std::vector<std::int64_t> integers(int row, int column) const;
    // Rows that the statement inserted, changed or deleted.
    [[nodiscard]] std::uint64_t affected() const;

    [[nodiscard]] PGresult* raw() const { return result_.get(); }

private:
    struct Clear {
        void operator()(PGresult* result) const { PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace posthaste
