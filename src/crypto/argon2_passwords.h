#pragma once

// Passwords with argon2id (RFC 9106), on one thread of the lowest scheduling priority: the kernel runs it on what the reactors
// leave. One at a time, so that its memory is that of one. Thread-safe.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "ports/passwords.h"

namespace posthaste {

// OWASP's recommendation; one lane, for there is one thread.
struct Argon2Cost {
    std::uint32_t memory_kib = 19'456;
    std::uint32_t passes = 2;
};

struct Argon2Options {
    Argon2Cost cost;
    std::size_t waiting_max = 64;  // of each queue
};

class Argon2Passwords final : public Passwords {
public:
    explicit Argon2Passwords(Argon2Options options = {});
    ~Argon2Passwords() override;
    Argon2Passwords(const Argon2Passwords&) = delete;
    Argon2Passwords& operator=(const Argon2Passwords&) = delete;

    Task<Result<std::string>> hash(WipedText password) override;
    Task<Result<bool>> verify(WipedText password, std::string hash, PasswordQueue queue) override;

    // What comes before waits. Once.
    void start();
    // Answers what waits with `stopping`, and whatever comes later. Idempotent.
    void stop();

private:
    // Runs on the worker, or is told why not.
    using Job = std::move_only_function<void(std::optional<Error> refused)>;

    template <class T>
    Task<Result<T>> on_worker(std::move_only_function<Result<T>()> work, PasswordQueue queue);
    void post(Job job, PasswordQueue queue);
    void run();
    [[nodiscard]] Job take();

    const Argon2Options options_;
    std::string nobody_;  // a hash of the same cost that is no password's; the worker's
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> familiar_;
    std::deque<Job> strangers_;
    bool is_stopping_ = false;
    std::thread worker_;
};

// What the adapter does with one password; for tools that have no reactors.
[[nodiscard]] Result<std::string> argon2_hash(std::string_view password, Argon2Cost cost = {});
[[nodiscard]] Result<bool> argon2_verify(std::string_view password, const std::string& hash);

}  // namespace posthaste
