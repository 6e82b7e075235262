#pragma once

// The token with which the first owner of a new server makes their account. It is told once, on the operator's terminal, is good
// once, for as long as the process lives and nobody owns the server; only its hash is kept. Shared by all reactors; thread-safe.

#include <mutex>
#include <string>
#include <string_view>

#include "ports/entropy.h"

namespace posthaste {

class SetupToken {
public:
    // A new one, "setup_" and 43 characters; an earlier one is void.
    [[nodiscard]] std::string issue(Entropy& entropy);

    // True for the token, and then it is void.
    [[nodiscard]] bool claim(std::string_view token);
    // What was claimed could not be used after all, and is good again.
    void give_back(std::string_view token);

private:
    std::mutex mutex_;
    std::string hash_;  // empty: there is none
};

}  // namespace posthaste
