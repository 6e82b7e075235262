#pragma once

// Idempotency-Key: a POST repeated with the same key, by the same token's subject and to the same target, is answered with
// what the first one was answered. Answers 2xx are kept as records for kRepeatWindow; a repeat that comes while the first is
// still running waits for it. Creating an event needs none of this: the event itself carries the key, in the same commit.

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "api/native/session.h"
#include "api/route.h"
#include "base/id.h"

namespace posthaste::native {

// A hash of what names this request among its organization's; none without the header "idempotency-key".
[[nodiscard]] std::optional<Id> request_key(const HttpRequest& request, const Principal& principal);

// Which keys are being worked on. Shared by all reactors; thread-safe.
class RequestLocks {
public:
    // True: it is yours until release(). False: `wake` is called once somebody released it, on that caller's thread.
    [[nodiscard]] bool acquire(Id key, std::function<void()> wake);
    void release(Id key);

private:
    std::mutex mutex_;
    std::map<Id, std::vector<std::function<void()>>> held_;
};

// Runs the handler at most once per key.
[[nodiscard]] Task<HttpResponse> answer_once(Handler handler, Call call);

}  // namespace posthaste::native
