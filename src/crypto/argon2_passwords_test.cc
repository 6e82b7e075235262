#include "crypto/argon2_passwords.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <string>
#include <vector>

namespace posthaste {
namespace {

constexpr Argon2Cost kCheap{64, 1};

Argon2Options cheap(std::size_t waiting_max = 64) {
    Argon2Options options;
    options.cost = kCheap;
    options.waiting_max = waiting_max;
    return options;
}

// A loop on which answers come back.
class Loop {
public:
    template <class T>
    void start(Task<Result<T>> task, std::function<void(Result<T>)> take) {
        auto done = [take = std::move(take)](std::exception_ptr error, Result<T> answer) {
            if (error) std::rethrow_exception(error);
            take(std::move(answer));
        };
        asio::co_spawn(io_, std::move(task), std::move(done));
    }
    void poll() { io_.poll(); }
    void run() {
        io_.restart();
        io_.run();
    }
    template <class T>
    Result<T> run(Task<Result<T>> task) {
        Result<T> outcome = fail(ErrorCode::io, "no answer");
        start<T>(std::move(task), [&outcome](Result<T> answer) { outcome = std::move(answer); });
        run();
        return outcome;
    }

private:
    asio::io_context io_{1};
};

TEST(Argon2Passwords, a_hash_belongs_to_its_password_and_no_other) {
    Argon2Passwords passwords(cheap());
    passwords.start();
    Loop loop;
    const auto hash = loop.run(passwords.hash(WipedText("correct horse")));
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << *hash;
    const auto is_right = [&](std::string_view password) {
        return loop.run(passwords.verify(WipedText(password), *hash, PasswordQueue::strangers))
            .value();
    };
    EXPECT_TRUE(is_right("correct horse"));
    EXPECT_FALSE(is_right("correct horsf"));
    EXPECT_FALSE(is_right(""));
    // Salted: the same password looks different each time.
    EXPECT_NE(*hash, loop.run(passwords.hash(WipedText("correct horse"))).value());
}

TEST(Argon2Passwords, by_default_they_cost_what_owasp_recommends) {
    const auto hash = argon2_hash("a password");
    ASSERT_TRUE(hash);
    EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
    EXPECT_TRUE(argon2_verify("a password", *hash).value());
}

TEST(Argon2Passwords, an_empty_hash_is_nobodys) {
    Argon2Passwords passwords(cheap());
    passwords.start();
    Loop loop;
    EXPECT_FALSE(
        loop.run(passwords.verify(WipedText("any"), "", PasswordQueue::strangers)).value());
}

TEST(Argon2Passwords, what_is_no_hash_is_said) {
    for (const std::string hash :
         {"x", "$argon2id$v=19$m=64,t=1,p=1$c2FsdA", "$argon2i$v=19$m=64,t=1,p=1$a$b",
          "$argon2id$v=19$m=99999999999,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g"}) {
        const auto verified = argon2_verify("any", hash);
        ASSERT_FALSE(verified) << hash;
        EXPECT_EQ(verified.error().code, ErrorCode::corrupt) << hash;
    }
}

TEST(Argon2Passwords, the_familiar_go_first_and_a_full_queue_refuses) {
    Argon2Passwords passwords(cheap(2));
    Loop loop;
    const std::string hash = argon2_hash("right", kCheap).value();
    std::vector<std::string> answers;
    const auto ask = [&](std::string who, PasswordQueue queue) {
        auto take = [&answers, who = std::move(who)](Result<bool> answer) {
            answers.push_back(who + (answer ? *answer ? ": right" : ": wrong"
                                            : ": " + std::string(to_string(answer.error().code))));
        };
        loop.start<bool>(passwords.verify(WipedText("right"), hash, queue), std::move(take));
        loop.poll();
    };
    for (const char* who : {"stranger 1", "stranger 2", "stranger 3"})
        ask(who, PasswordQueue::strangers);
    for (const char* who : {"familiar 1", "familiar 2", "familiar 3"})
        ask(who, PasswordQueue::familiar);
    passwords.start();
    loop.run();
    EXPECT_EQ(answers, (std::vector<std::string>{"stranger 3: overloaded", "familiar 3: overloaded",
                                                 "familiar 1: right", "familiar 2: right",
                                                 "stranger 1: right", "stranger 2: right"}));
}

TEST(Argon2Passwords, stop_answers_what_waits) {
    Argon2Passwords passwords(cheap());
    Loop loop;
    std::vector<ErrorCode> answers;
    auto take = [&answers](Result<std::string> hash) { answers.push_back(hash.error().code); };
    loop.start<std::string>(passwords.hash(WipedText("early")), take);
    loop.poll();
    passwords.stop();
    passwords.stop();
    loop.run();
    loop.start<std::string>(passwords.hash(WipedText("late")), take);
    loop.run();
    EXPECT_EQ(answers, (std::vector{ErrorCode::stopping, ErrorCode::stopping}));
}

}  // namespace
}  // namespace posthaste
