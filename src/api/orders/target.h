#pragma once

// The one receiver of orders that the settings name. It is kept as an endpoint of the default application like any other, so
// that its deliveries have a history, can be resent and are counted; its uid tells it apart.

#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "base/result.h"
#include "engine/directory_service.h"
#include "ports/task.h"

namespace posthaste::orders {

// The type of the events that orders become.
inline constexpr std::string_view kOrderCreation = "order_creation";
inline constexpr std::string_view kTargetUid = "orders-target";

// Makes the endpoint what the settings say: its URL, secret and that it is active; without a URL, inactive. All else about
// it stays as somebody may have changed it. Once, before requests are served; what the pointers name must outlive the task.
// Error: exists, when the uid is that of an endpoint that another API made.
[[nodiscard]] Task<Result<void>> keep_target(DirectoryService* directory,
                                             const ApiSettings* settings, Timestamp now);

}  // namespace posthaste::orders
