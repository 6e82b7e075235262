#include "engine/random_text.h"

#include <algorithm>

#include "base/bytes.h"
#include "domain/sealing_cipher.h"
#include "domain/wipe.h"

namespace posthaste {

std::string random_text(std::string_view prefix, Entropy& entropy) {
    auto bytes = draw_bytes<32>([&entropy] { return entropy.next(); });
    std::string text = to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    wipe(bytes);
    text.pop_back();  // the padding
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return std::string(prefix) + text;
}

}  // namespace posthaste
