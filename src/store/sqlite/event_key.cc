#include "store/sqlite/event_key.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace posthaste {

namespace {

static_assert(std::endian::native == std::endian::little,
              "Keys and filters are stored as they are in memory.");

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;
constexpr std::size_t kSlotsMin = 64;
constexpr std::size_t kBitsPerKey = 10;
constexpr unsigned kProbes = 6;

// splitmix64's finaliser.
constexpr std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
}

constexpr std::uint64_t joined(std::uint64_t hash, std::uint64_t part) {
    return mixed(hash ^ (part + kGolden + (hash << 6)));
}

constexpr std::uint64_t marked(std::uint64_t hash, NameKind kind) {
    return (hash & ~std::uint64_t{1}) | static_cast<std::uint64_t>(kind);
}

}  // namespace

std::uint64_t read_little_endian(std::string_view bytes, std::size_t offset) {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::uint64_t uid_key(ApplicationId application, std::string_view uid) {
    std::uint64_t hash = joined(mixed(application.hi + kGolden), application.lo);
    hash = joined(hash, uid.size());
    for (std::size_t at = 0; at < uid.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, uid.data() + at, std::min<std::size_t>(8, uid.size() - at));
        hash = joined(hash, word);
    }
    return marked(hash, NameKind::uid);
}

std::uint64_t request_key(Id request) {
    return marked(joined(mixed(request.hi + kGolden), request.lo), NameKind::request);
}

EventName EventName::of_uid(ApplicationId application, std::string_view uid) {
    EventName name;
    name.key = uid_key(application, uid);
    name.application = application;
    name.uid = uid;
    return name;
}

EventName EventName::of_request(Id request, Timestamp since) {
    EventName name;
    name.key = request_key(request);
    name.request = request;
    name.since = since;
    return name;
}

void append_event_key(std::string& bytes, EventKey key) {
    char buffer[16];
    std::memcpy(buffer, &key.key, 8);
    std::memcpy(buffer + 8, &key.event, 8);
    bytes.append(buffer, sizeof buffer);
}

// ---- the table -------------------------------------------------------------------------------------------------------

void KeyTable::add(EventKey key) {
    if ((counts_.all() + 1) * 4 > slots_.size() * 3) grow();
    place(key);
    counts_.add(key.key);
}

void KeyTable::grow() {
    std::vector<EventKey> before = std::move(slots_);
    slots_.assign(std::max(kSlotsMin, before.size() * 2), EventKey{});
    for (const EventKey& key : before) {
        if (key.event != 0) place(key);
    }
}

void KeyTable::place(EventKey key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = (key.key >> 1) & mask;
    while (slots_[at].event != 0) at = (at + 1) & mask;
    slots_[at] = key;
}

void KeyTable::find(std::uint64_t key, std::vector<std::uint64_t>& events) const {
    if (slots_.empty()) return;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (key >> 1) & mask; slots_[at].event != 0; at = (at + 1) & mask) {
        if (slots_[at].key == key) events.push_back(slots_[at].event);
    }
}

// ---- the filter ------------------------------------------------------------------------------------------------------

KeyFilter::KeyFilter(std::size_t keys)
    : words_((keys * kBitsPerKey / (kWords * 64) + 1) * kWords, 0) {}

KeyFilter KeyFilter::from_bytes(std::string_view bytes) {
    KeyFilter filter;
    filter.words_.resize(bytes.size() / (8 * kWords) * kWords);
    std::memcpy(filter.words_.data(), bytes.data(), filter.words_.size() * 8);
    return filter;
}

std::string_view KeyFilter::bytes() const {
    return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8};
}

std::size_t KeyFilter::block_of(std::uint64_t mixed_key) const {
    return static_cast<std::size_t>((mixed_key >> 32) * (words_.size() / kWords) >> 32) * kWords;
}

// Key bits choose the block by their upper half; nine bits each, of a second mix, choose the bits in it.
void KeyFilter::add(std::uint64_t key) {
    const std::uint64_t first = mixed(key);
    const std::size_t block = block_of(first);
    std::uint64_t bits = mixed(first + kGolden);
    for (unsigned i = 0; i < kProbes; ++i, bits >>= 9)
        words_[block + (bits & 511) / 64] |= std::uint64_t{1} << (bits & 63);
}

bool KeyFilter::may_contain(std::uint64_t key) const {
    if (words_.empty()) return true;
    const std::uint64_t first = mixed(key);
    const std::size_t block = block_of(first);
    std::uint64_t bits = mixed(first + kGolden);
    for (unsigned i = 0; i < kProbes; ++i, bits >>= 9) {
        if ((words_[block + (bits & 511) / 64] >> (bits & 63) & 1) == 0) return false;
    }
    return true;
}

}  // namespace posthaste
