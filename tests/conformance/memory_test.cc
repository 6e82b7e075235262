#include "store/memory/memory_store.h"
#include "tests/conformance/store_suite.h"

namespace posthaste::conformance {
namespace {

class MemoryFactory final : public StoreFactory {
public:
    std::unique_ptr<Store> open(Executor executor, Clock& clock, Entropy& entropy,
                                std::vector<ReactorPost> posts) override {
        auto policy = std::make_unique<PromptPolicy>(executor);
        return std::make_unique<MemoryStore>(executor, clock, entropy, std::move(posts), disk_,
                                             std::move(policy));
    }
    void crash(std::unique_ptr<Store> store) override { store.reset(); }
    bool lose_parked(EventId event, EndpointId endpoint) override {
        return disk_->lose_parked(event, endpoint);
    }

private:
    std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreSuite,
                         testing::Values(StoreParam{
                             "memory", [] { return std::make_unique<MemoryFactory>(); }}),
                         store_param_name);

}  // namespace
}  // namespace posthaste::conformance
