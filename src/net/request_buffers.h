#pragma once

// Where requests lie while they are read and answered. A RequestBlock holds a head and, when it fits, the body behind it;
// blocks are lent by a pool, and only while a connection has a request, so that an idle connection holds none. A BodyBuffer
// takes the bodies that do not fit; it grows by what has arrived, never by what a client claims will arrive, and all
// buffers of a reactor together stay within one budget. Every body has kBodyPadding readable bytes behind it.
// One thread.

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "net/request_parser.h"

namespace posthaste {

inline constexpr std::size_t kBodyPadding = 64;

struct RequestBlock {
    explicit RequestBlock(const RequestLimits& limits);

    [[nodiscard]] std::string_view view(std::size_t from, std::size_t to) const {
        return {bytes.get() + from, to - from};
    }

    RequestParser parser;
    const std::size_t capacity;  // without the padding
    std::unique_ptr<char[]> bytes;
};

class RequestBlockPool {
public:
    explicit RequestBlockPool(RequestLimits limits) : limits_(limits) {}

    [[nodiscard]] std::unique_ptr<RequestBlock> borrow();
    void give_back(std::unique_ptr<RequestBlock> block);

private:
    static constexpr std::size_t kSpareMax = 64;

    const RequestLimits limits_;
    std::vector<std::unique_ptr<RequestBlock>> spare_;
};

struct MemoryBudget {
    std::size_t bytes_max = 0;
    std::size_t bytes_used = 0;
};

class BodyBuffer {
public:
    explicit BodyBuffer(MemoryBudget& budget) : budget_(budget) {}
    ~BodyBuffer() { release(); }
    BodyBuffer(const BodyBuffer&) = delete;
    BodyBuffer& operator=(const BodyBuffer&) = delete;

    // Makes room for at least one more byte and at most `bytes_max` in total. False when the budget is spent.
    [[nodiscard]] bool grow(std::size_t bytes_max);
    // Adds `bytes`, all or (budget spent) nothing more.
    [[nodiscard]] bool append(std::string_view bytes, std::size_t bytes_max);

    [[nodiscard]] char* tail() { return bytes_.get() + size_; }
    [[nodiscard]] std::size_t room() const { return capacity_ - size_; }
    void added(std::size_t count) { size_ += count; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
    void release();

private:
    struct Free {
        void operator()(char* bytes) const { std::free(bytes); }
    };

    static constexpr std::size_t kFirstBytes = 64 * 1024;

    MemoryBudget& budget_;
    std::unique_ptr<char, Free> bytes_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;  // without the padding
};

}  // namespace posthaste
