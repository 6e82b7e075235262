#include "crypto/argon2_passwords.h"

#include <argon2.h>
#include <sched.h>
#include <sys/random.h>

#include <array>
#include <utility>

#include "ports/await_reply.h"

namespace posthaste {

namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;
constexpr std::uint32_t kLanes = 1;

std::unexpected<Error> failed(int code) {
    const bool is_hash_bad = code == ARGON2_DECODING_FAIL || code == ARGON2_INCORRECT_TYPE ||
                             code == ARGON2_DECODING_LENGTH_FAIL;
    return fail(is_hash_bad ? ErrorCode::corrupt : ErrorCode::unavailable,
                std::string("argon2: ") + argon2_error_message(code));
}

Error stopping() { return Error{ErrorCode::stopping, "The server stops."}; }

// The kernel gives this thread what nobody else wants, and takes it back at once when somebody does.
void yield_to_others() {
    const sched_param none{};
    static_cast<void>(::sched_setscheduler(0, SCHED_IDLE, &none));
}

}  // namespace

Result<std::string> argon2_hash(std::string_view password, Argon2Cost cost) {
    std::array<char, kSaltBytes> salt{};
    if (::getrandom(salt.data(), salt.size(), 0) != static_cast<ssize_t>(salt.size()))
        return fail(ErrorCode::unavailable, "The system has no random bytes for a salt.");
    std::string text(
        argon2_encodedlen(cost.passes, cost.memory_kib, kLanes, kSaltBytes, kHashBytes, Argon2_id),
        '\0');
    const int code = argon2id_hash_encoded(cost.passes, cost.memory_kib, kLanes, password.data(),
                                           password.size(), salt.data(), salt.size(), kHashBytes,
                                           text.data(), text.size());
    if (code != ARGON2_OK) return failed(code);
    text.resize(text.find('\0'));
    return text;
}

Result<bool> argon2_verify(std::string_view password, const std::string& hash) {
    const int code = argon2id_verify(hash.c_str(), password.data(), password.size());
    if (code == ARGON2_OK || code == ARGON2_VERIFY_MISMATCH) return code == ARGON2_OK;
    return failed(code);
}

Argon2Passwords::Argon2Passwords(Argon2Options options) : options_(options) {}

Argon2Passwords::~Argon2Passwords() { stop(); }

void Argon2Passwords::start() {
    worker_ = std::thread([this] { run(); });
}

Task<Result<std::string>> Argon2Passwords::hash(WipedText password) {
    auto work = [this, password = std::move(password)] {
        return argon2_hash(password.view(), options_.cost);
    };
    return on_worker<std::string>(std::move(work), PasswordQueue::familiar);
}

Task<Result<bool>> Argon2Passwords::verify(WipedText password, std::string hash,
                                           PasswordQueue queue) {
    auto work = [this, password = std::move(password), hash = std::move(hash)]() -> Result<bool> {
        if (!hash.empty()) return argon2_verify(password.view(), hash);
        ASSIGN_OR_RETURN(const bool ignored, argon2_verify(password.view(), nobody_));
        static_cast<void>(ignored);
        return false;
    };
    return on_worker<bool>(std::move(work), queue);
}

template <class T>
Task<Result<T>> Argon2Passwords::on_worker(std::move_only_function<Result<T>()> work,
                                           PasswordQueue queue) {
    auto start = [this, work = std::move(work), queue](Reply<Result<T>> reply) mutable {
        auto job = [work = std::move(work),
                    reply = std::move(reply)](std::optional<Error> refused) mutable {
            Result<T> result = refused ? Result<T>(std::unexpected(*std::move(refused))) : work();
            work = nullptr;  // the password is not needed any more
            reply(std::move(result));
        };
        post(std::move(job), queue);
    };
    co_return co_await await_reply<Result<T>>(std::move(start));
}

void Argon2Passwords::post(Job job, PasswordQueue queue) {
    std::optional<Error> refused;
    {
        const std::scoped_lock lock(mutex_);
        std::deque<Job>& jobs = queue == PasswordQueue::familiar ? familiar_ : strangers_;
        if (is_stopping_) {
            refused = stopping();
        } else if (jobs.size() >= options_.waiting_max) {
            refused = Error{ErrorCode::overloaded, "Too many passwords wait to be checked."};
        } else {
            jobs.push_back(std::move(job));
            wake_.notify_one();
            return;
        }
    }
    job(std::move(refused));
}

void Argon2Passwords::stop() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_one();
    if (worker_.joinable()) worker_.join();
    for (std::deque<Job>* jobs : {&familiar_, &strangers_}) {
        for (Job& job : *jobs) job(stopping());
        jobs->clear();
    }
}

// REQUIRES: the lock is held, and something waits.
Argon2Passwords::Job Argon2Passwords::take() {
    std::deque<Job>& jobs = familiar_.empty() ? strangers_ : familiar_;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
}

void Argon2Passwords::run() {
    yield_to_others();
    std::array<char, kHashBytes> password{};
    // Without random bytes there is no salt either, and nobody has a password.
    if (::getrandom(password.data(), password.size(), 0) > 0)
        nobody_ = argon2_hash({password.data(), password.size()}, options_.cost).value_or("");
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock,
                   [this] { return is_stopping_ || !familiar_.empty() || !strangers_.empty(); });
        if (is_stopping_) return;
        Job job = take();
        lock.unlock();
        job(std::nullopt);
        job = nullptr;
        lock.lock();
    }
}

}  // namespace posthaste
