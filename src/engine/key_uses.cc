#include "engine/key_uses.h"

#include <utility>

namespace posthaste {

void KeyUses::note(ApiKeyId key) {
    const std::scoped_lock lock(mutex_);
    keys_.insert(key);
}

std::vector<ApiKeyId> KeyUses::take() {
    const std::scoped_lock lock(mutex_);
    const std::set<ApiKeyId> keys = std::exchange(keys_, {});
    return {keys.begin(), keys.end()};
}

KeyUseRecorder::KeyUseRecorder(Executor executor, KeyUses& uses, DirectoryService& directory,
                               Clock& clock, AlarmFactory& alarms)
    : uses_(uses),
      directory_(directory),
      clock_(clock),
      alarm_(alarms.make([this] { tasks_.spawn(record()); })),
      tasks_(std::move(executor)) {}

void KeyUseRecorder::start() { alarm_->arm(clock_.now() + kKeyUseKept); }

void KeyUseRecorder::stop() {
    is_stopping_ = true;
    alarm_->cancel();
}

Task<void> KeyUseRecorder::record() {
    const Timestamp now = clock_.now();
    std::vector<ApiKeyId> used = uses_.take();
    // What fails is lost: a key that is in use comes again, and nothing but a time for people depends on it.
    if (!used.empty()) static_cast<void>(co_await directory_.note_uses(std::move(used), now));
    if (!is_stopping_) alarm_->arm(clock_.now() + kKeyUseKept);
}

}  // namespace posthaste
