#pragma once

// Taking a user away, with the list of contacts that is theirs alone. Their application stays, with its webhooks and the history
// of its deliveries, until somebody deletes it.

#include "base/id.h"
#include "base/result.h"
#include "domain/author.h"
#include "engine/directory_service.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste {

// Whoever has contacts is switched off first: nobody adds to a list while it goes, and what a failure
// interrupts can be asked for again. Nobody is told of the contacts. invalid: the last active owner, who keeps
// everything. not_found, and errors of the store. The pointers must outlive the task.
[[nodiscard]] Task<Result<void>> remove_user(DirectoryService* directory, Store* store, UserId user,
                                             Author author);

}  // namespace posthaste
