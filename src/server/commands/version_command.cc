#include <ares.h>
#include <openssl/crypto.h>
#include <simdjson.h>
#include <sqlite3.h>
#include <zlib.h>

#include <cstdio>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/version.hpp>

#include "server/commands/commands.h"
#include "server/commands/version.h"

#define POSTHASTE_TEXT_OF_(x) #x
#define POSTHASTE_TEXT_OF(x) POSTHASTE_TEXT_OF_(x)

namespace posthaste {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

#ifdef __OPTIMIZE__
constexpr const char* kBuild = "optimized";
#else
constexpr const char* kBuild = "debug";
#endif

}  // namespace

int run_version() {
    fmt::print("posthaste {}\n", kVersion);
    fmt::print("  compiler  {} ({} build)\n", kCompiler, kBuild);
    fmt::print("  boost     {}.{}.{}\n", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
               BOOST_VERSION % 100);
    fmt::print("  openssl   {}\n", ::OpenSSL_version(OPENSSL_VERSION_STRING));
    fmt::print("  sqlite    {}\n", ::sqlite3_libversion());
    fmt::print("  c-ares    {}\n", ::ares_version(nullptr));
    fmt::print("  simdjson  {}\n", POSTHASTE_TEXT_OF(SIMDJSON_VERSION));
    fmt::print("  zlib      {}\n", ::zlibVersion());
    fmt::print("  fmt       {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
               FMT_VERSION % 100);
    fmt::print("  cli11     {}\n", CLI11_VERSION);
    return 0;
}

void add_version_command(CLI::App& app, int& exit_code) {
    CLI::App* command =
        app.add_subcommand("version", "Print the versions of posthaste and its libraries");
    command->callback([&exit_code] { exit_code = run_version(); });
}

}  // namespace posthaste
