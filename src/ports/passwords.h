#pragma once

// Turns passwords into what may be stored of them, and back into yes or no. Both cost a tenth of a second and megabytes of
// memory on purpose, so an adapter does them away from the reactors, a bounded number at a time. Callable on any reactor; the
// answer comes back on the caller's executor. Passwords are wiped after use.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "domain/wipe.h"
#include "ports/task.h"

namespace posthaste {

// Who waits. Each has a queue of its own, and the familiar go first: a flood of strangers holds up strangers only.
enum class PasswordQueue : std::uint8_t { familiar, strangers };

class Passwords {
public:
    virtual ~Passwords() = default;

    // The argon2id hash in its text form: "$argon2id$v=19$m=…,t=…,p=…$salt$hash". overloaded: too many wait already.
    virtual Task<Result<std::string>> hash(WipedText password) = 0;
    // Does the hash belong to the password? An empty hash is nobody's: that takes as long, and is false. overloaded: as
    // above. corrupt: the hash is not one.
    virtual Task<Result<bool>> verify(WipedText password, std::string hash,
                                      PasswordQueue queue) = 0;
};

}  // namespace posthaste
