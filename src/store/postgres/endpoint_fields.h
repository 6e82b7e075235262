#pragma once

// What of an endpoint needs no column of its own, as one text: a field more costs no migration. Names and values in turn, as
// netstrings (store/common/netstring.h); what is not set is left out, a name that is unknown is passed over. URL, secrets and
// headers are not among them: those are sealed (store/common/endpoint_secrets.h).

#include <string>
#include <string_view>

#include "domain/model.h"

namespace posthaste {

[[nodiscard]] std::string fields_of(const Endpoint& endpoint);
// Fills a default-made endpoint. False: it is no such text.
[[nodiscard]] bool read_fields(std::string_view text, Endpoint& endpoint);

}  // namespace posthaste
