// Runs every fuzz target over its committed corpus and over fixed mutations of it. A broken invariant ends the process; the
// handler below shows the input that did it, in hexadecimal, as a new file of the corpus would hold it (xxd -r -p).

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutator.h"

namespace posthaste::fuzz {

namespace {

constexpr int kMutations = 2000;

// What runs at the moment; read by the signal handler.
std::string_view current_name;
std::string_view current_input;

void write_out(std::string_view text) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
}

extern "C" void show_input(int signal) {
    write_out("fuzz target ");
    write_out(current_name);
    write_out(" fails on (hex):\n");
    for (const char c : current_input) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        write_out(kDigits.substr(byte >> 4, 1));
        write_out(kDigits.substr(byte & 15, 1));
    }
    write_out("\n");
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(const FuzzTarget& target, const std::string& input) {
    // A block of exactly this size, so that AddressSanitizer sees a read behind the end.
    const std::vector<char> exact(input.begin(), input.end());
    current_name = target.name;
    current_input = {exact.data(), exact.size()};
    target.run(current_input);
}

std::vector<std::string> read_corpus(std::string_view name) {
    std::vector<std::filesystem::path> paths;
    const auto folder = std::filesystem::path(POSTHASTE_CORPUS) / name;
    if (std::filesystem::is_directory(folder))
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            paths.push_back(entry.path());
    std::ranges::sort(paths);
    std::vector<std::string> inputs;
    for (const auto& path : paths) {
        std::ifstream file(path, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return inputs;
}

class FuzzReplay : public testing::TestWithParam<FuzzTarget> {
protected:
    void SetUp() override { previous_ = std::signal(SIGABRT, show_input); }
    void TearDown() override { std::signal(SIGABRT, previous_); }

private:
    void (*previous_)(int) = nullptr;
};

TEST_P(FuzzReplay, HoldsOnCorpusAndMutations) {
    const std::vector<std::string> corpus = read_corpus(GetParam().name);
    ASSERT_GE(corpus.size(), 3U) << "tests/fuzz/corpus/" << GetParam().name << " has too few seeds";
    run(GetParam(), "");
    for (const std::string& input : corpus) run(GetParam(), input);
    Mutator mutator(corpus, 1);
    for (int i = 0; i < kMutations; ++i) run(GetParam(), mutator.next());
}

std::string test_name(const testing::TestParamInfo<FuzzTarget>& target) {
    return std::string(target.param.name);
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzReplay,
                         testing::ValuesIn(fuzz_targets().begin(), fuzz_targets().end()),
                         test_name);

}  // namespace

}  // namespace posthaste::fuzz
