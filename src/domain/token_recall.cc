#include "domain/token_recall.h"

#include <algorithm>
#include <utility>

namespace posthaste {

namespace {

// However often tokens are recalled, new ones are not of a time that verifiers refuse.
constexpr Duration kIssuedAheadMax = 10min;

Timestamp whole_second(Timestamp at) { return std::chrono::floor<std::chrono::seconds>(at); }

bool means(const TokenRecall& recall, const TokenMarks& token) {
    if (recall.token) return *recall.token == token.digest;
    if (recall.session && recall.session != token.session) return false;
    return !token.issued_at || whole_second(*token.issued_at) <= recall.issued_until;
}

// Does `other` take back, as early, all that `recall` does?
bool is_covered(const TokenRecall& recall, const TokenRecall& other) {
    if (other.token) return recall.token == other.token && other.from <= recall.from;
    const bool same_session = !other.session || other.session == recall.session;
    return same_session && other.from <= recall.from &&
           whole_second(recall.issued_until) <= other.issued_until;
}

}  // namespace

std::optional<Timestamp> recalled_at(const TokenRecalls& recalls, const TokenMarks& token) {
    std::optional<Timestamp> earliest;
    for (const TokenRecall& recall : recalls)
        if (means(recall, token) && (!earliest || recall.from < *earliest)) earliest = recall.from;
    return earliest;
}

bool add_recall(TokenRecalls& recalls, TokenRecall fresh, Timestamp now) {
    const auto is_needless = [&fresh, now](const TokenRecall& recall) {
        return (recall.over && *recall.over < now) || is_covered(recall, fresh);
    };
    std::erase_if(recalls, is_needless);
    if (recalls.size() >= kTokenRecallsMax) return false;
    recalls.push_back(std::move(fresh));
    return true;
}

Timestamp issue_time(const TokenRecalls& recalls, Timestamp now) {
    Timestamp at = whole_second(now);
    for (const TokenRecall& recall : recalls)
        if (!recall.token) at = std::max(at, recall.issued_until + std::chrono::seconds(1));
    return std::min(at, whole_second(now) + kIssuedAheadMax);
}

}  // namespace posthaste
