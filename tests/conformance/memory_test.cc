#include "store/memory/memory_store.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

// Prompt, with one fate at a time to be told in advance.
class FatefulPolicy final : public StorePolicy {
public:
    FatefulPolicy(Executor executor, std::shared_ptr<CommitFate> next)
        : prompt_(std::move(executor)), next_(std::move(next)) {}
    void schedule(StoreStep step, std::move_only_function<void()> run) override {
        prompt_.schedule(step, std::move(run));
    }
    CommitFate next_commit() override { return std::exchange(*next_, CommitFate::applied); }

private:
    PromptPolicy prompt_;
    std::shared_ptr<CommitFate> next_;
};

class MemoryFactory final : public StoreFactory {
public:
    std::unique_ptr<Store> open(Executor executor, Clock& clock, Entropy& entropy,
                                std::vector<ReactorPost> posts) override {
        auto policy = std::make_unique<FatefulPolicy>(executor, fate_);
        return std::make_unique<MemoryStore>(executor, clock, entropy, std::move(posts), disk_,
                                             std::move(policy));
    }
    void crash(std::unique_ptr<Store> store) override { store.reset(); }
    bool lose_parked(EventId event, EndpointId endpoint) override {
        return disk_->lose_parked(event, endpoint);
    }
    void doubt_next_commit(Doubt doubt) override {
        *fate_ = doubt == Doubt::durable ? CommitFate::unknown_applied : CommitFate::unknown_lost;
    }
    void doubt_next_change(Doubt doubt) override { doubt_next_commit(doubt); }

private:
    std::shared_ptr<CommitFate> fate_ = std::make_shared<CommitFate>(CommitFate::applied);
    std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreSuite,
                         testing::Values(StoreParam{
                             "memory", [] { return std::make_unique<MemoryFactory>(); }}),
                         store_param_name);

}  // namespace
}  // namespace posthaste::conformance
