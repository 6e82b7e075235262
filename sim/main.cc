// sim: runs simulated worlds. docs/simulator.md tells how to read a failure.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "sim/marks.h"
#include "sim/runner.h"

namespace posthaste::sim {
namespace {

struct Options {
    std::uint64_t seed = 0;
    std::uint64_t runs = 1;
    std::string seeds;
    unsigned jobs = 1;
    bool calm = false;
    bool trace = false;
    bool hash = false;
    bool marks = false;
};

WorldConfig draw(const Options& options, std::uint64_t seed) {
    return options.calm ? draw_calm_world(seed) : draw_world(seed);
}

void print_failure(const Options& options, std::uint64_t seed, const Outcome& outcome) {
    fmt::print("{}", describe(draw(options, seed)));
    fmt::print(
        "\nvirtual time     who  what                       event          endpoint value\n{}",
        outcome.trace_tail);
    fmt::print(
        "\nseed {} FAILED after {} handlers and {:.3f} virtual seconds: {}\nrepeat with: sim "
        "--seed {}{} --trace\n",
        seed, outcome.handlers, static_cast<double>(outcome.virtual_time.count()) / 1e6,
        outcome.violation, seed, options.calm ? " --calm" : "");
}

int run_traced(const Options& options) {
    const WorldConfig config = draw(options, options.seed);
    fmt::print("{}\n", describe(config));
    World world(config);
    world.print_trace();
    const Outcome outcome = world.run();
    fmt::print("trace {:016x}, {} handlers\n", outcome.trace_hash, outcome.handlers);
    if (outcome.violation.empty()) return 0;
    print_failure(options, options.seed, outcome);
    return 1;
}

int run_many(const Options& options, SeedRange seeds) {
    std::uint64_t handlers = 0;
    std::uint64_t worlds = 0;
    int failures = 0;
    run_worlds(
        seeds, options.jobs, [&](std::uint64_t seed) { return draw(options, seed); },
        [&](std::uint64_t seed, const Outcome& outcome) {
            handlers += outcome.handlers;
            worlds += 1;
            if (options.hash) fmt::print("{} {:016x}\n", seed, outcome.trace_hash);
            if (outcome.violation.empty()) return true;
            print_failure(options, seed, outcome);
            failures += 1;
            return false;
        });
    if (!options.hash)
        fmt::print("{} worlds, {} handlers, {}\n", worlds, handlers,
                   failures == 0 ? "all rules held" : "a rule broke");
    if (options.marks) {
        for (const std::string_view mark : marks_missed()) fmt::print("never reached: {}\n", mark);
    }
    return failures == 0 ? 0 : 1;
}

bool parse_range(const std::string& text, SeedRange& range) {
    unsigned long long first = 0;
    unsigned long long last = 0;
    if (std::sscanf(text.c_str(), "%llu..%llu", &first, &last) != 2 || first == 0 || last < first)
        return false;
    range = {first, last};
    return true;
}

int run(int argc, char** argv) {
    CLI::App app{"Runs simulated worlds of the delivery engine and checks its promises."};
    Options options;
    app.add_option("--seed", options.seed, "run this one world")->check(CLI::PositiveNumber);
    app.add_option("--runs", options.runs, "run this many worlds, from --seed (or 1) on")
        ->check(CLI::PositiveNumber);
    app.add_option("--seeds", options.seeds, "run these worlds: FIRST..LAST");
    app.add_option("--jobs", options.jobs, "threads")->check(CLI::Range(1, 64));
    app.add_flag(
        "--calm", options.calm,
        "worlds in which only one endpoint misbehaves: deliveries to the others must be prompt");
    app.add_flag("--trace", options.trace, "print every step of one world");
    app.add_flag("--hash", options.hash,
                 "print the trace hash of each world; the same on every build");
    app.add_flag("--marks", options.marks, "print the coverage marks no world reached");
    CLI11_PARSE(app, argc, argv);
    if (options.trace && options.seed != 0) return run_traced(options);
    const std::uint64_t first = options.seed == 0 ? 1 : options.seed;
    SeedRange seeds{first, first + options.runs - 1};
    if (!options.seeds.empty() && !parse_range(options.seeds, seeds)) {
        fmt::print(stderr, "sim: --seeds wants FIRST..LAST, such as 1..50\n");
        return 2;
    }
    if (options.hash) options.jobs = 1;  // in order
    return run_many(options, seeds);
}

}  // namespace
}  // namespace posthaste::sim

int main(int argc, char** argv) { return posthaste::sim::run(argc, argv); }
