#pragma once

// The single checks of `posthaste doctor`: each looks at one thing an operator needs, takes at most a few seconds, changes
// nothing that stays, and says what to do when it is not well.

#include <cstdint>
#include <string>
#include <vector>

#include "server/commands/commands.h"

namespace posthaste {

enum class Finding : std::uint8_t { ok, warn, fail };
[[nodiscard]] std::string_view to_string(Finding finding);

struct CheckResult {
    std::string area;
    Finding finding = Finding::ok;
    std::string text;    // what was found
    std::string advice;  // what to do; empty when ok
};

[[nodiscard]] CheckResult check_data_directory(const std::string& directory);
// That nobody but its owner may read the keys in the folder, as far as there are any.
[[nodiscard]] CheckResult check_key_files(const std::string& directory);
[[nodiscard]] CheckResult check_free_space(const std::string& directory);
[[nodiscard]] CheckResult check_fdatasync(const std::string& directory);
[[nodiscard]] CheckResult check_open_files();
[[nodiscard]] CheckResult check_clock();
// Free, or held by a posthaste that answers.
[[nodiscard]] CheckResult check_port(const std::string& listen);
[[nodiscard]] CheckResult check_server(const std::string& url);
[[nodiscard]] CheckResult check_resolver(const std::string& name);
[[nodiscard]] std::vector<CheckResult> check_libraries();

// The judgements behind them, pure.
[[nodiscard]] Finding judge_free_space(double free_mb);
[[nodiscard]] Finding judge_fdatasync(double p50_us);
[[nodiscard]] Finding judge_open_files(std::uint64_t limit);

// Can it be reached, does it keep what it confirms, which tables are there?
[[nodiscard]] bool is_postgres(std::string_view database);
[[nodiscard]] CheckResult check_postgres(const std::string& url);

// The folder of the data; with PostgreSQL that of the keys. An address of neither kind is an error.
[[nodiscard]] Result<std::string> data_directory_of(const DoctorOptions& options);

}  // namespace posthaste
