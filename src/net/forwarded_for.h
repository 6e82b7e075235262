#pragma once

// Who sent a request that reverse proxies passed on. Each proxy appends to X-Forwarded-For the address it was called from,
// so the list is to be believed from its right end up to the first address that is no proxy of ours; whatever stands left
// of that was written by the client. RFC 7239's Forwarded is not read: a proxy that writes one of the two headers passes on
// the other as the client wrote it.

#include <optional>
#include <span>

#include "domain/address_guard.h"
#include "ports/http.h"

namespace posthaste {

// The client of a request that came from one of `proxies`: the right-most address that is none of them, or the left-most
// one when all are. Where the list says something other than an address, it is believed no further. Empty when it says
// nothing that is believed: then the peer itself is all that is known.
[[nodiscard]] std::optional<IpAddress> forwarded_client(std::span<const HeaderView> headers,
                                                        std::span<const Network> proxies);

}  // namespace posthaste
