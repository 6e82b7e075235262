#pragma once

// The files that are part of the binary: pages, scripts, styles, descriptions of the APIs. Compressed when built, immutable,
// readable from every thread. Where they come from: cmake/assets.cmake.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace posthaste {

struct Asset {
    std::string_view path;  // "/docs.html", "/assets/docs-1f2e3d4c.js"
    std::string_view content_type;
    std::string_view etag;  // weak, because it names the contents, however they are encoded
    std::string_view gzip;  // the contents, compressed
    std::size_t size;       // of the contents
};

// Ordered by path.
[[nodiscard]] std::span<const Asset> assets();

// Null: there is none. Without allocations.
[[nodiscard]] const Asset* find_asset(std::string_view path);

// For clients that do not take gzip. Takes about a millisecond for 300 KB.
[[nodiscard]] std::string contents(const Asset& asset);

}  // namespace posthaste
