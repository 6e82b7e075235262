#include "domain/login_guard.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "domain/address_guard.h"

namespace posthaste {

namespace {

constexpr Duration kFailuresKept = 24h;

std::uint64_t read_word(std::span<const std::uint8_t> bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i) word = word << 8 | bytes[i];
    return word;
}

// Nobody can make two accounts share a count.
Id digest(std::string_view text) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> bytes{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data());
    return {read_word(bytes), read_word(std::span(bytes).subspan(8))};
}

Id pair_of(Id account, Id network) {
    // The account is a digest already; a network's 16 bytes may be chosen by its owner, but not to fit somebody's digest.
    return {account.hi ^ network.lo, account.lo ^ network.hi};
}

}  // namespace

Id network_of(std::string_view address) {
    const auto parsed = parse_ip(address);
    if (!parsed) return {};
    const std::span<const std::uint8_t> bytes(parsed->bytes);
    return {read_word(bytes), parsed->is_v4() ? read_word(bytes.subspan(8)) : 0};
}

// ---- counting

AttemptCounter::AttemptCounter(AttemptPace pace, std::size_t keys_max)
    : pace_(pace), free_at_(keys_max) {}

Timestamp AttemptCounter::free_at(Id key, Timestamp now) const {
    const auto* entry = free_at_.find(key);
    if (!entry) return now;
    return std::clamp(entry->at, now, now + pace_.every * pace_.at_once);
}

Duration AttemptCounter::wait(Id key, Timestamp now) const {
    const Timestamp room_at = free_at(key, now) - pace_.every * (pace_.at_once - 1);
    return std::max(room_at - now, Duration::zero());
}

void AttemptCounter::take(Id key, Timestamp now) {
    free_at_.put(key, free_at(key, now) + pace_.every, {});
}

void AttemptCounter::give_back(Id key) {
    if (const auto* entry = free_at_.find(key)) free_at_.put(key, entry->at - pace_.every, {});
}

// ---- the guard

LoginGuard::LoginGuard(LoginGuardLimits limits)
    : limits_(limits),
      pairs_(limits.of_account_and_network, limits.entries_max),
      networks_(limits.of_network, limits.entries_max),
      accounts_(limits.of_account, limits.entries_max),
      familiar_(limits.entries_max),
      failures_(limits.entries_max) {}

std::expected<LoginAttempt, Duration> LoginGuard::begin(std::string_view account,
                                                        std::string_view address, Timestamp now) {
    LoginAttempt attempt;
    attempt.account = digest(account);
    attempt.network = network_of(address);
    attempt.is_familiar = is_familiar(attempt.account, attempt.network);
    const Id pair = pair_of(attempt.account, attempt.network);
    Duration wait = std::max(pairs_.wait(pair, now), networks_.wait(attempt.network, now));
    if (!attempt.is_familiar) wait = std::max(wait, accounts_.wait(attempt.account, now));
    if (wait > Duration::zero()) return std::unexpected(wait);
    pairs_.take(pair, now);
    networks_.take(attempt.network, now);
    if (!attempt.is_familiar) accounts_.take(attempt.account, now);
    return attempt;
}

void LoginGuard::succeed(const LoginAttempt& attempt, Timestamp now) {
    forgive(attempt);
    pairs_.clear(pair_of(attempt.account, attempt.network));
    failures_.erase(attempt.account);
    remember(attempt.account, attempt.network, now);
}

void LoginGuard::forgive(const LoginAttempt& attempt) {
    pairs_.give_back(pair_of(attempt.account, attempt.network));
    networks_.give_back(attempt.network);
    if (!attempt.is_familiar) accounts_.give_back(attempt.account);
}

bool LoginGuard::is_familiar(Id account, Id network) const {
    const auto* entry = familiar_.find(account);
    return entry && std::ranges::find(entry->value, network) != entry->value.end();
}

void LoginGuard::remember(Id account, Id network, Timestamp now) {
    const auto* entry = familiar_.find(account);
    std::vector<Id> networks = entry ? entry->value : std::vector<Id>();
    std::erase(networks, network);
    if (networks.size() >= limits_.networks_of_account) networks.erase(networks.begin());
    networks.push_back(network);
    familiar_.put(account, now, std::move(networks));
}

std::optional<std::uint64_t> LoginGuard::failures_to_note(std::string_view account, Timestamp now) {
    const Id key = digest(account);
    const auto* entry = failures_.find(key);
    const bool goes_on = entry && now - entry->at < kFailuresKept;
    const std::uint64_t count = goes_on ? entry->value + 1 : 1;
    failures_.put(key, goes_on ? entry->at : now, count);
    if (!std::has_single_bit(count)) return std::nullopt;
    return count;
}

std::size_t LoginGuard::size() const {
    return pairs_.size() + networks_.size() + accounts_.size() + familiar_.size() +
           failures_.size();
}

}  // namespace posthaste
