#pragma once

// The server's figures as the dashboard shows them.

#include <cstdint>
#include <span>
#include <string>

#include "api/dashboard/viewer.h"
#include "api/native/answers.h"
#include "engine/figures.h"
#include "ports/store.h"

namespace posthaste::dashboard {

// The figures are of the whole server, so only those who own it see them: its own organization, and of that nobody who is
// limited to an application.
[[nodiscard]] bool sees_the_server(const Call& call, const Viewer& viewer);

[[nodiscard]] std::string totals_json(const Tally& tally, std::uint64_t in_flight);
[[nodiscard]] std::string minutes_json(std::span<const MinuteFigures> minutes);

}  // namespace posthaste::dashboard
