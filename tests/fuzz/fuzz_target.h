#pragma once

// A fuzz target takes any bytes, runs a parser over them and asserts what must hold whatever they are: it reads nothing
// outside of them (the sanitizers watch), what it accepts comes back unchanged from its text form, two ways to the same
// answer agree. ASSERT ends the process, which libFuzzer and fuzz_replay_tests both report together with the input.
//
// A new one: a function in one of the *_targets.cc, its line in targets.cc and CMakeLists.txt, and a folder of seeds,
// corpus/<name>, of which every file is one input.

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <string_view>

namespace posthaste::fuzz {

struct FuzzTarget {
    std::string_view name;
    void (*run)(std::string_view input);
};

[[nodiscard]] std::span<const FuzzTarget> fuzz_targets();
// Null when there is none of that name.
[[nodiscard]] const FuzzTarget* find_fuzz_target(std::string_view name);

// How the input of a streaming parser arrives. `pieces` are of 1 to 12 bytes.
enum class Pace : std::uint8_t { whole, bytes, pieces };

class Pacer {
public:
    explicit Pacer(Pace pace) : pace_(pace) {}

    // The size of the next piece. REQUIRES: left > 0.
    [[nodiscard]] std::size_t next(std::size_t left) {
        if (pace_ == Pace::whole) return left;
        if (pace_ == Pace::bytes) return 1;
        const auto drawn = static_cast<std::size_t>(engine_() % 12 + 1);
        return drawn < left ? drawn : left;
    }

private:
    const Pace pace_;
    std::minstd_rand engine_{1};  // the same pieces in every run
};

void run_accept_encoding(std::string_view input);
void run_bytes(std::string_view input);
void run_chunks(std::string_view input);
void run_contact(std::string_view input);
void run_email(std::string_view input);
void run_env_file(std::string_view input);
void run_filter(std::string_view input);
void run_form(std::string_view input);
void run_forwarded(std::string_view input);
void run_hosts(std::string_view input);
void run_http_date(std::string_view input);
void run_ids(std::string_view input);
void run_ip(std::string_view input);
void run_json(std::string_view input);
void run_lean_head(std::string_view input);
void run_message(std::string_view input);
void run_message_in(std::string_view input);
void run_network(std::string_view input);
void run_order(std::string_view input);
void run_payload(std::string_view input);
void run_payload_text(std::string_view input);
void run_query(std::string_view input);
void run_request(std::string_view input);
void run_response(std::string_view input);
void run_retry_after(std::string_view input);
void run_schema(std::string_view input);
void run_sealed(std::string_view input);
void run_secret(std::string_view input);
void run_token(std::string_view input);
void run_url(std::string_view input);
void run_verify(std::string_view input);
void run_yaml(std::string_view input);

}  // namespace posthaste::fuzz
