#include "store/postgres/pg_values.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"

namespace posthaste {

namespace {

constexpr char kEscape = '\x01';

void append_big_endian(std::string& bytes, std::uint64_t value, int width) {
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift);
}

void put_big_endian(std::string& bytes, std::size_t at, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes[at++] = static_cast<char>(value >> shift);
}

// Two's complement of any width.
std::int64_t read_big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    switch (bytes.size()) {
        case 2: return static_cast<std::int16_t>(value);
        case 4: return static_cast<std::int32_t>(value);
        default: return static_cast<std::int64_t>(value);
    }
}

std::string id_text(Id id) {
    std::string bytes;
    append_big_endian(bytes, id.hi, 8);
    append_big_endian(bytes, id.lo, 8);
    return bytes;
}

Oid array_of(PgType element) {
    switch (element) {
        case PgType::boolean: return 1000;
        case PgType::bytes: return 1001;
        case PgType::int8: return 1016;
        case PgType::text: return 1009;
        case PgType::uuid: return 2951;
    }
    return 0;
}

void append_escaped(std::string& out, char byte) {
    out += kEscape;
    out += to_hex(std::string_view(&byte, 1));
}

// The length of the UTF-8 character at the front; 0: there is none.
std::size_t character_at(std::string_view text) {
    for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
        if (is_valid_utf8(text.substr(0, size))) return size;
    }
    return 0;
}

}  // namespace

std::string to_pg_text(std::string_view text) {
    const bool is_plain = text.find('\0') == std::string_view::npos &&
                          text.find(kEscape) == std::string_view::npos && is_valid_utf8(text);
    if (is_plain) return std::string(text);
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_at(text);
        if (size == 0 || text[0] == '\0' || text[0] == kEscape) {
            append_escaped(out, text[0]);
            text.remove_prefix(1);
        } else {
            out += text.substr(0, size);
            text.remove_prefix(size);
        }
    }
    return out;
}

std::string from_pg_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t plain = std::min(text.find(kEscape), text.size());
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        const auto byte = from_hex(text.substr(1, 2));
        if (byte) out += *byte;
        text.remove_prefix(std::min<std::size_t>(3, text.size()));
    }
    return out;
}

// ---- arrays ----------------------------------------------------------------------------------------------------------

void PgArray::begin(std::size_t size) {
    ++count_;
    append_big_endian(body_, size, 4);
}

void PgArray::add(std::int64_t number) {
    ASSERT(element_ == PgType::int8);
    begin(8);
    append_big_endian(body_, static_cast<std::uint64_t>(number), 8);
}

void PgArray::add(bool value) {
    ASSERT(element_ == PgType::boolean);
    begin(1);
    body_ += value ? '\1' : '\0';
}

void PgArray::add(Id id) {
    ASSERT(element_ == PgType::uuid);
    begin(16);
    body_ += id_text(id);
}

void PgArray::add_text(std::string_view text) {
    ASSERT(element_ == PgType::text);
    const std::string escaped = to_pg_text(text);
    begin(escaped.size());
    body_ += escaped;
}

void PgArray::add_bytes(std::string_view bytes) {
    ASSERT(element_ == PgType::bytes);
    begin(bytes.size());
    body_ += bytes;
}

void PgArray::add_null() {
    has_null_ = true;
    begin(0xFFFFFFFF);
}

// dimensions, has NULL, element type, length, lower bound; then length and bytes of each element.
std::string PgArray::take() {
    put_big_endian(body_, 0, count_ == 0 ? 0 : 1);
    put_big_endian(body_, 4, has_null_ ? 1 : 0);
    put_big_endian(body_, 8, std::to_underlying(element_));
    put_big_endian(body_, 12, static_cast<std::uint32_t>(count_));
    put_big_endian(body_, 16, 1);
    if (count_ == 0) body_.resize(12);
    return std::move(body_);
}

// ---- parameters ------------------------------------------------------------------------------------------------------

PgParams& PgParams::add(std::int64_t number) {
    std::string bytes;
    append_big_endian(bytes, static_cast<std::uint64_t>(number), 8);
    values_.push_back({std::to_underlying(PgType::int8), false, std::move(bytes)});
    return *this;
}

PgParams& PgParams::add(bool value) {
    values_.push_back({std::to_underlying(PgType::boolean), false, std::string(1, value ? 1 : 0)});
    return *this;
}

PgParams& PgParams::add(Id id) {
    values_.push_back({std::to_underlying(PgType::uuid), false, id_text(id)});
    return *this;
}

PgParams& PgParams::add(const std::optional<Timestamp>& at) {
    return at ? add(to_micros(*at)) : add_null(PgType::int8);
}

PgParams& PgParams::add_text(std::string_view text) {
    values_.push_back({std::to_underlying(PgType::text), false, to_pg_text(text)});
    return *this;
}

PgParams& PgParams::add_bytes(std::string_view bytes) {
    values_.push_back({std::to_underlying(PgType::bytes), false, std::string(bytes)});
    return *this;
}

PgParams& PgParams::add_null(PgType type) {
    values_.push_back({std::to_underlying(type), true, {}});
    return *this;
}

PgParams& PgParams::add(PgArray array) {
    values_.push_back({array_of(array.element()), false, array.take()});
    return *this;
}

PgParams::Raw PgParams::raw() const {
    Raw raw;
    for (const Value& value : values_) {
        raw.types.push_back(value.type);
        raw.values.push_back(value.is_null ? nullptr : value.bytes.data());
        raw.lengths.push_back(static_cast<int>(value.bytes.size()));
        raw.formats.push_back(1);
    }
    return raw;
}

PgParams PgColumns::take() {
    PgParams params;
    for (PgArray& column : columns_) params.add(std::move(column));
    return params;
}

// ---- results ---------------------------------------------------------------------------------------------------------

std::string_view PgResult::bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t PgResult::integer(int row, int column) const {
    return read_big_endian(bytes(row, column));
}

Id PgResult::id(int row, int column) const {
    const std::string_view value = bytes(row, column);
    if (value.size() != 16) return {};
    return {static_cast<std::uint64_t>(read_big_endian(value.substr(0, 8))),
            static_cast<std::uint64_t>(read_big_endian(value.substr(8)))};
}

std::optional<Timestamp> PgResult::optional_time(int row, int column) const {
    if (is_null(row, column)) return {};
    return time(row, column);
}

std::optional<std::string> PgResult::optional_text(int row, int column) const {
    if (is_null(row, column)) return {};
    return text(row, column);
}

std::vector<std::int64_t> PgResult::integers(int row, int column) const {
    constexpr std::size_t kHeader = 20;
    std::vector<std::int64_t> numbers;
    std::string_view value = bytes(row, column);
    if (value.size() < kHeader) return numbers;
    value.remove_prefix(kHeader);
    while (value.size() >= 4) {
        const auto size = static_cast<std::size_t>(read_big_endian(value.substr(0, 4)));
        numbers.push_back(read_big_endian(value.substr(4, size)));
        value.remove_prefix(4 + size);
    }
    return numbers;
}

std::uint64_t PgResult::affected() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::uint64_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

}  // namespace posthaste
