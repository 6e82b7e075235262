#include "assets/assets.h"

#include <zlib.h>

#include <algorithm>

#include "base/assert.h"

extern "C" {
extern const char posthaste_assets[];  // blob.S
}

namespace posthaste {

namespace {

std::string_view block(std::size_t offset, std::size_t size) {
    return {posthaste_assets + offset, size};
}

}  // namespace

std::span<const Asset> assets() {
    static const Asset table[] = {
#include "assets.inc"
    };
    return table;
}

const Asset* find_asset(std::string_view path) {
    const auto all = assets();
    const auto found = std::ranges::lower_bound(all, path, {}, &Asset::path);
    return found != all.end() && found->path == path ? &*found : nullptr;
}

std::string contents(const Asset& asset) {
    constexpr int kGzipWindow = 15 + 16;  // zlib's largest window, in gzip's frame
    std::string text(asset.size, '\0');
    z_stream stream{};
    ASSERT(inflateInit2(&stream, kGzipWindow) == Z_OK);
    // zlib's input is not const for historical reasons; it does not write there.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzip.data()));
    stream.avail_in = static_cast<uInt>(asset.gzip.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    const int end = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    ASSERT(end == Z_STREAM_END && stream.avail_out == 0);
    return text;
}

}  // namespace posthaste
