#pragma once

// Overwrites what must not stay in memory after its use: keys, passwords, and texts they were read from. The compiler cannot
// leave it out. Copies made elsewhere, by a growing string for instance, are not reached.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace posthaste {

void wipe(std::span<unsigned char> bytes);
// All of its buffer; the text is empty afterwards.
void wipe(std::string& text);

// Wipes a text when the scope is left.
class WipedOnExit {
public:
    explicit WipedOnExit(std::string& text) : text_(text) {}
    ~WipedOnExit() { wipe(text_); }
    WipedOnExit(const WipedOnExit&) = delete;
    WipedOnExit& operator=(const WipedOnExit&) = delete;

private:
    std::string& text_;
};

// A password on its way. A std::string leaves its bytes behind where it is moved from, if it is short; this one does not, and
// is wiped when it goes.
class WipedText {
public:
    WipedText() = default;
    explicit WipedText(std::string_view text);
    ~WipedText();
    WipedText(WipedText&& other) noexcept;
    WipedText& operator=(WipedText&& other) noexcept;

    [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0;
};

}  // namespace posthaste
