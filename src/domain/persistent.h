#pragma once

// Containers whose copies share what they have in common. Copying one costs a few dozen reference
// counts; a change to the copy copies only the small part it touches, and never shows in the
// original. For snapshots: copy, change the copy, publish it as const; from then on any thread may
// read it. A container that another thread has seen is never changed again.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/id.h"

namespace posthaste {

// The part `pointer` holds, made fit for changing: allocated if missing, copied if shared. A part
// with one owner was made for this very copy, so no other thread can have read it.
template <class Part>
Part& make_own(std::shared_ptr<Part>& pointer) {
    if (!pointer) {
        pointer = std::make_shared<Part>();
    } else if (pointer.use_count() > 1) {
        pointer = std::make_shared<Part>(*pointer);
    }
    return *pointer;
}

// A hash map from ids: 32 pages of 32 buckets. A change copies the list of pages, one page and one
// bucket, which holds one entry in 1,024.
template <class Key, class Value>
class PersistentMap {
public:
    // Null when absent; valid as long as this map is neither changed nor destroyed.
    [[nodiscard]] const Value* find(const Key& key) const {
        const std::size_t hash = IdHash{}(key);
        const auto& page = pages_[hash % kWidth];
        if (!page) return nullptr;
        const auto& bucket = (*page)[hash / kWidth % kWidth];
        if (!bucket) return nullptr;
        const auto found = std::ranges::find(*bucket, key, &Entry::first);
        return found == bucket->end() ? nullptr : &found->second;
    }

    // The key's value to change, made if absent.
    [[nodiscard]] Value& at_own(const Key& key) {
        const std::size_t hash = IdHash{}(key);
        Bucket& bucket = make_own(make_own(pages_[hash % kWidth])[hash / kWidth % kWidth]);
        const auto found = std::ranges::find(bucket, key, &Entry::first);
        return found == bucket.end() ? bucket.emplace_back(key, Value{}).second : found->second;
    }

    void erase(const Key& key) {
        if (!find(key)) return;
        const std::size_t hash = IdHash{}(key);
        Bucket& bucket = make_own(make_own(pages_[hash % kWidth])[hash / kWidth % kWidth]);
        std::erase_if(bucket, [&](const Entry& entry) { return entry.first == key; });
    }

private:
    static constexpr std::size_t kWidth = 32;
    using Entry = std::pair<Key, Value>;
    using Bucket = std::vector<Entry>;
    using Page = std::array<std::shared_ptr<Bucket>, kWidth>;

    std::array<std::shared_ptr<Page>, kWidth> pages_{};
};

// An ordered sequence of unique values, cut into chunks. `Less` orders values and is constant for a
// value's place: values that compare equal replace each other. A change copies one chunk and the
// list of chunks.
template <class Value, class Less>
class PersistentSequence {
public:
    [[nodiscard]] std::size_t size() const { return size_; }

    void put(const Value& value) {
        if (chunks_.empty()) {
            chunks_.push_back(std::make_shared<Chunk>(1, value));
            size_ = 1;
            return;
        }
        const std::size_t at = chunk_of(value);
        Chunk& chunk = make_own(chunks_[at]);
        const auto place = std::ranges::lower_bound(chunk, value, Less{});
        if (place != chunk.end() && !Less{}(value, *place)) {
            *place = value;
            return;
        }
        chunk.insert(place, value);
        ++size_;
        if (chunk.size() > kChunkMax) split(at);
    }

    void erase(const Value& value) {
        if (chunks_.empty()) return;
        const std::size_t at = chunk_of(value);
        const auto& shared = *chunks_[at];
        const auto place = std::ranges::lower_bound(shared, value, Less{});
        if (place == shared.end() || Less{}(value, *place)) return;
        const auto offset = place - shared.begin();
        Chunk& chunk = make_own(chunks_[at]);
        chunk.erase(chunk.begin() + offset);
        --size_;
        if (chunk.empty()) chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(at));
    }

    // Calls visit(value) in order, the first `skip` left out, until it returns false.
    template <class Visit>
    void visit_from(std::size_t skip, Visit visit) const {
        for (const auto& chunk : chunks_) {
            if (skip >= chunk->size()) {
                skip -= chunk->size();
                continue;
            }
            for (std::size_t i = std::exchange(skip, 0); i < chunk->size(); ++i) {
                if (!visit((*chunk)[i])) return;
            }
        }
    }

    // `is_before(value)` holds for a first part of the sequence. Visits the rest in order, until visit() returns false.
    template <class IsBefore, class Visit>
    void visit_up(IsBefore is_before, Visit visit) const {
        auto chunk = std::ranges::partition_point(
            chunks_, [&](const auto& candidate) { return is_before(candidate->back()); });
        if (chunk == chunks_.end()) return;
        auto value = std::ranges::partition_point(**chunk, is_before);
        for (;;) {
            for (; value != (*chunk)->end(); ++value)
                if (!visit(*value)) return;
            if (++chunk == chunks_.end()) return;
            value = (*chunk)->begin();
        }
    }

    // The same for that first part, backwards.
    template <class IsBefore, class Visit>
    void visit_down(IsBefore is_before, Visit visit) const {
        auto chunk = std::ranges::partition_point(
            chunks_, [&](const auto& candidate) { return is_before(candidate->front()); });
        while (chunk != chunks_.begin()) {
            --chunk;
            auto value = std::ranges::partition_point(**chunk, is_before);
            while (value != (*chunk)->begin())
                if (!visit(*--value)) return;
        }
    }

private:
    static constexpr std::size_t kChunkMax = 128;
    using Chunk = std::vector<Value>;

    // The chunk that holds `value` or would: the last one that begins at or before it.
    [[nodiscard]] std::size_t chunk_of(const Value& value) const {
        const auto after = std::ranges::upper_bound(
            chunks_, value, Less{},
            [](const auto& chunk) -> const Value& { return chunk->front(); });
        return after == chunks_.begin() ? 0 : static_cast<std::size_t>(after - chunks_.begin() - 1);
    }

    // Values mostly arrive in order, so the last chunk stays nearly full and the new one nearly
    // empty.
    void split(std::size_t at) {
        Chunk& chunk = *chunks_[at];
        const bool last = at + 1 == chunks_.size();
        const auto middle =
            chunk.begin() + static_cast<std::ptrdiff_t>(last ? kChunkMax : kChunkMax / 2);
        auto rest = std::make_shared<Chunk>(middle, chunk.end());
        chunk.erase(middle, chunk.end());
        chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(rest));
    }

    std::vector<std::shared_ptr<Chunk>> chunks_;  // none is empty
    std::size_t size_ = 0;
};

}  // namespace posthaste
