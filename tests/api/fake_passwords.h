#pragma once

// Passwords that cost nothing. A hash is the password with "hash of " before it, so a test sees what was stored.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/passwords.h"

namespace posthaste::test {

class FakePasswords final : public Passwords {
public:
    // What happens instead, as long as it is set.
    std::optional<ErrorCode> refuse_with;
    // The queues that were asked to verify, in order.
    std::vector<PasswordQueue> verified;

    Task<Result<std::string>> hash(WipedText password) override {
        if (refuse_with) co_return fail(*refuse_with, "as the test wants");
        co_return "hash of " + std::string(password.view());
    }

    Task<Result<bool>> verify(WipedText password, std::string hash, PasswordQueue queue) override {
        if (refuse_with) co_return fail(*refuse_with, "as the test wants");
        verified.push_back(queue);
        co_return hash == "hash of " + std::string(password.view());
    }
};

}  // namespace posthaste::test
