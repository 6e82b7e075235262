// What the writer thread pays for an event: appended in groups of 64, with a commit and its share of checkpoints, without the
// wait for a disk (the file is in memory). Processor time of one event is the figure divided by 64.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "domain/id_generator.h"
#include "store/sqlite/log_file.h"

namespace {

using namespace posthaste;

constexpr int kGroup = 64;

// As quick as a draw from the system's, which comes from a buffer.
class CountingEntropy final : public Entropy {
public:
    std::uint64_t next() override { return ++count_; }

private:
    std::uint64_t count_ = 0;
};

enum Names : std::int64_t { kNone, kRequestKey, kUidAndRequestKey };

void append_events(benchmark::State& state) {
    std::string directory = "/dev/shm/posthaste-bench-XXXXXX";
    if (::mkdtemp(directory.data()) == nullptr) return state.SkipWithError("no /dev/shm");
    SqliteOptions options;
    options.encrypt_payloads = state.range(2) != 0;
    CountingEntropy entropy;
    SealingKey::Bytes key{};
    Sealer sealer(std::make_shared<const KeyRing>(std::vector{SealingKey(key)}), entropy);
    const auto partition =
        std::make_shared<LogPartition>("bench.db", directory + "/bench.db", std::uint64_t{1});
    LogFile file(partition, options, sealer);
    bool is_well = file.open(SqliteAccess::create).has_value();
    IdGenerator ids;
    Event event;
    event.type = "user.created";
    event.payload.assign(static_cast<std::size_t>(state.range(1)), 'x');
    event.targets.push_back(EndpointId{5, 6});
    event.application = ApplicationId{7, 8};
    std::uint64_t random = 1;
    Timestamp now = from_micros(1'767'323'045'123'456);
    for (auto _ : state) {
        now += 1ms;
        is_well = is_well && file.begin(now).has_value();
        for (int i = 0; i < kGroup && is_well; ++i) {
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            if (state.range(0) >= kRequestKey) event.request_key = Id{random, random ^ 77};
            if (state.range(0) >= kUidAndRequestKey) event.uid = std::to_string(random);
#ifndef POSTHASTE_BENCH_WITHOUT_NAMES
            if (event.request_key)
                is_well = file.find_name(EventName::of_request(*event.request_key, Timestamp{}),
                                         FilterUse::keep)
                              .has_value();
            if (event.uid)
                is_well = file.find_name(EventName::of_uid(event.application, *event.uid),
                                         FilterUse::keep)
                              .has_value();
#endif
            event.id = EventId{ids.next(now, random)};
            event.accepted_at = now;
            is_well = is_well && file.append(event).has_value();
        }
        is_well = is_well && file.commit().has_value();
        if (file.log_pages() > options.checkpoint_pages) file.checkpoint();
        if (!is_well) return state.SkipWithError("the store refuses");
    }
    file.close();
    std::filesystem::remove_all(directory);
}
BENCHMARK(append_events)
    ->ArgNames({"names", "bytes", "sealed"})
    ->ArgsProduct({{kNone, kRequestKey, kUidAndRequestKey}, {256, 1024}, {0, 1}});

}  // namespace
