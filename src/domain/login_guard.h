#pragma once

// Who may try a password now. An attempt counts as failed until it succeeds, in up to three places; each takes a number of
// failures at once, and forgets one after the other as time goes:
//
//   account and network   somebody who guesses at one account
//   network               somebody who guesses at many
//   account               many who guess at one account. Asked of strangers only: networks that never succeeded with it
//
// So nobody can lock somebody else out: attempts from one network hold up that network, attempts from everywhere hold up
// strangers. Accounts are names, whether there is such a user or not, so that nothing here tells who exists. A network is an
// IPv4 address or an IPv6 /64, which is what one customer of a provider has.
//
// One for all reactors, for connections land on any of them. Pure; bounded memory: when a table is full, the least loaded
// entry goes. Not thread-safe (engine/logins.h locks it).

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "domain/timed_map.h"

namespace posthaste {

struct AttemptPace {
    std::uint32_t at_once = 1;  // failures taken without a wait
    Duration every{};           // one of them is forgotten
};

// Failures by key. A key that nobody asked about, or that was quiet for long enough, has none.
class AttemptCounter {
public:
    AttemptCounter(AttemptPace pace, std::size_t keys_max);

    // Until the next attempt; zero: now. A clock that was set back never makes it longer than one pace's whole length.
    [[nodiscard]] Duration wait(Id key, Timestamp now) const;
    void take(Id key, Timestamp now);
    void give_back(Id key);
    void clear(Id key) { free_at_.erase(key); }
    [[nodiscard]] std::size_t size() const { return free_at_.size(); }

private:
    // When all of its failures will be forgotten, as of now.
    [[nodiscard]] Timestamp free_at(Id key, Timestamp now) const;

    AttemptPace pace_;
    TimedMap<std::monostate> free_at_;
};

struct LoginGuardLimits {
    AttemptPace of_account_and_network{10, 60s};
    AttemptPace of_network{100, 5s};
    AttemptPace of_account{100, 5s};
    std::size_t entries_max = 16'384;      // of each table
    std::size_t networks_of_account = 16;  // that succeeded with it and are remembered
};

// One that was let in, and has to be closed: succeed(), forgive(), or nothing when it failed.
struct LoginAttempt {
    Id account;
    Id network;
    bool is_familiar = false;  // the network succeeded with the account before
};

class LoginGuard {
public:
    explicit LoginGuard(LoginGuardLimits limits = {});

    // Counts the attempt; or how long to wait, and then nothing is counted. `account`: a name in one spelling.
    [[nodiscard]] std::expected<LoginAttempt, Duration> begin(std::string_view account,
                                                              std::string_view address,
                                                              Timestamp now);
    // The password was right: what the account failed from this network is forgotten, and the network is familiar.
    void succeed(const LoginAttempt& attempt, Timestamp now);
    // The password was not looked at.
    void forgive(const LoginAttempt& attempt);

    // Counts failures, those that had to wait included, for the audit log: how many there are, when that is worth an entry:
    // 1, 2, 4, 8, … in a day that begins with the first. So a million attempts make twenty entries.
    [[nodiscard]] std::optional<std::uint64_t> failures_to_note(std::string_view account,
                                                                Timestamp now);

    // Of all tables.
    [[nodiscard]] std::size_t size() const;

private:
    [[nodiscard]] bool is_familiar(Id account, Id network) const;
    void remember(Id account, Id network, Timestamp now);

    LoginGuardLimits limits_;
    AttemptCounter pairs_;
    AttemptCounter networks_;
    AttemptCounter accounts_;
    TimedMap<std::vector<Id>> familiar_;  // networks by account, the newest last
    TimedMap<std::uint64_t> failures_;    // by account, since its time
};

// What an address counts as. Not an address: all of these are one.
[[nodiscard]] Id network_of(std::string_view address);

}  // namespace posthaste
