#include "store/common/sealing_status.h"

#include <algorithm>

namespace posthaste {

const KeyNeed* SealingStatus::find(SealingKeyId key) const {
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [key](const KeyNeed& one) { return one.key == key; });
    return found == keys.end() ? nullptr : &*found;
}

KeyNeed SealingStatus::need_of(SealingKeyId key) const {
    const KeyNeed* const found = find(key);
    return found == nullptr ? KeyNeed{key} : *found;
}

KeyNeed& SealingStatus::need(SealingKeyId key) {
    const auto found = std::find_if(keys.begin(), keys.end(),
                                    [key](const KeyNeed& one) { return one.key == key; });
    return found == keys.end() ? keys.emplace_back(KeyNeed{key}) : *found;
}

}  // namespace posthaste
