#pragma once

// Applications as the native API reads and writes them; also for routes that make one on the way.

#include <expected>
#include <optional>
#include <string>

#include "api/native/body.h"
#include "api/native/session.h"
#include "domain/model.h"
#include "ports/task.h"

namespace posthaste::native {

struct ApplicationInput {
    std::string name;
    std::optional<std::string> uid;
    std::optional<std::uint32_t> throttle_rate;
    Metadata metadata;
};

// An ApplicationIn; meaningful when the body is ok().
[[nodiscard]] ApplicationInput read_application(BodyReader& body);

// throttleRate, or its old name rateLimit. PATCH: Presence::clearable.
[[nodiscard]] Member<std::uint32_t> read_throttle_rate(BodyReader& body, Presence presence);
// At most 4096 bytes of JSON.
[[nodiscard]] Member<Metadata> read_metadata(BodyReader& body, Presence presence);

void append_application(std::string& out, const Application& application);

// The application that the first param names; or, where there is none, a new one made of `input`, whose uid must be that
// param. 404 without either. `scope` is what enter() gave.
[[nodiscard]] Task<Entered> enter_or_create_application(Call call, Scope scope,
                                                        std::optional<ApplicationInput> input);

}  // namespace posthaste::native
