#pragma once

// Tokens of an application are signed, not stored, so taking them back is what is stored: which of them are good no more.
// Pure: the application's object carries the list, and whoever sees a token asks.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/time.h"

namespace posthaste {

// One token, or all that were issued up to some time.
struct TokenRecall {
    Timestamp from;                      // they are good until then
    std::optional<Timestamp> over;       // they have expired by then anyway
    Timestamp issued_until;              // those whose `iat` is not after this second, or missing
    std::optional<std::string> session;  // of these, the ones with this session id
    std::optional<Id> token;             // the one alone whose text has this digest

    friend bool operator==(const TokenRecall&, const TokenRecall&) = default;
};
using TokenRecalls = std::vector<TokenRecall>;

// What is asked of a token.
struct TokenMarks {
    Id digest;
    std::optional<Timestamp> issued_at;
    std::optional<std::string> session;
};

// Kept of one application. Recalling all tokens makes room: nothing else needs to be remembered then.
inline constexpr std::size_t kTokenRecallsMax = 1000;

// When the token ceased, or will cease, to be good; none: nobody took it back.
[[nodiscard]] std::optional<Timestamp> recalled_at(const TokenRecalls& recalls,
                                                   const TokenMarks& token);

// Adds one and drops those that it, or time, makes needless. False: there are too many.
[[nodiscard]] bool add_recall(TokenRecalls& recalls, TokenRecall fresh, Timestamp now);

// The `iat`, in whole seconds, of a token issued now: behind all that were recalled, though that be in this very second. Who
// recalls all tokens recalls those up to this.
[[nodiscard]] Timestamp issue_time(const TokenRecalls& recalls, Timestamp now);

}  // namespace posthaste
