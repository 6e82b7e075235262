#pragma once

// Answers that are files of the binary: compressed for clients that take gzip, 304 for those that have the contents already.
// What lies below /assets/ has the hash of its contents in its name and may be kept for ever; everything else is asked for again.

#include <string_view>

#include "ports/http.h"

namespace posthaste {

// 404 when there is no such asset.
[[nodiscard]] HttpResponse reply_asset(const HttpRequest& request, std::string_view path);

// A page, which may load scripts, styles and images from this server, ask it for something, and nothing else: no script or style
// stands in it. `policy_end` goes on after style-src 'self'.
[[nodiscard]] HttpResponse reply_page(const HttpRequest& request, std::string_view path,
                                      std::string_view policy_end = {});

}  // namespace posthaste
