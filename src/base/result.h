#pragma once

// Result<T> carries an operating failure as a value. Three kinds of trouble are kept apart:
// expected outcomes are domain values (domain/outcome.h), operating failures are Results,
// programmer errors are ASSERTs. Exceptions thrown by libraries are caught in the adapter that
// meets them.

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace posthaste {

// What went wrong, by kind. Nobody decides by the text of a message.
enum class ErrorCode {
    invalid,         // the caller's input; the message says what and where
    not_found,       // no such object
    conflict,        // the object changed since it was read
    exists,          // another object has this name already
    overloaded,      // a limit is reached; try again later
    unavailable,     // the store or a service cannot serve now (disk full, read-only, down)
    commit_unknown,  // it may or may not be committed: re-read, or repeat under the same id
    corrupt,         // stored data fails its checks
    stopping,        // the process is draining
    io,              // any other failure of the operating system
};

[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid: return "invalid";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::exists: return "exists";
        case ErrorCode::overloaded: return "overloaded";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::commit_unknown: return "commit_unknown";
        case ErrorCode::corrupt: return "corrupt";
        case ErrorCode::stopping: return "stopping";
        case ErrorCode::io: return "io";
    }
    return "unknown";
}

struct Error {
    ErrorCode code = ErrorCode::io;
    std::string message;  // a sentence for a human: what is wrong, where, what to do
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
    return std::unexpected<Error>(Error{code, std::move(message)});
}

}  // namespace posthaste

#define POSTHASTE_CONCAT_(a, b) a##b
#define POSTHASTE_CONCAT(a, b) POSTHASTE_CONCAT_(a, b)
#define POSTHASTE_ASSIGN_OR(returning, temporary, target, expression)        \
    auto temporary = (expression);                                           \
    if (!temporary) returning std::unexpected(std::move(temporary).error()); \
    target = std::move(*temporary)

// ASSIGN_OR_RETURN(auto x, f()): x is f()'s value, or this function returns f()'s error.
#define ASSIGN_OR_RETURN(target, expression) \
    POSTHASTE_ASSIGN_OR(return, POSTHASTE_CONCAT(result_, __LINE__), target, expression)
// The same in a coroutine; the expression may contain co_await.
#define ASSIGN_OR_CO_RETURN(target, expression) \
    POSTHASTE_ASSIGN_OR(co_return, POSTHASTE_CONCAT(result_, __LINE__), target, expression)
