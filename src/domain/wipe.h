#pragma once

// Overwrites what must not stay in memory after its use: keys, passwords, and texts they were read from. The compiler cannot
// leave it out. Copies made elsewhere, by a growing string for instance, are not reached.

#include <cstddef>
#include <span>
#include <string>

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

}  // namespace posthaste
