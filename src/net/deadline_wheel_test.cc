#include "net/deadline_wheel.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace posthaste {
namespace {

class Entry final : public DeadlineEntry {
public:
    explicit Entry(std::function<void()> fire = {}) : fire_(std::move(fire)) {}
    int fired = 0;

private:
    void on_deadline() override {
        ++fired;
        if (fire_) fire_();
    }
    std::function<void()> fire_;
};

TEST(DeadlineWheel, FiresOnceAndNotBeforeItsTime) {
    DeadlineWheel wheel(10ms);
    Entry entry;
    wheel.arm(entry, 100ms);
    wheel.advance(100ms);
    EXPECT_EQ(entry.fired, 0);
    wheel.advance(120ms);
    EXPECT_EQ(entry.fired, 1);
    wheel.advance(10s);
    EXPECT_EQ(entry.fired, 1);
}

TEST(DeadlineWheel, BeyondTheWheelAndAfterAStall) {
    DeadlineWheel wheel(1ms);
    Entry late;
    Entry later;
    wheel.arm(late, 1s);
    wheel.arm(later, 1h);
    for (int at = 0; at <= 1000; ++at) wheel.advance(at * 1ms);
    EXPECT_EQ(late.fired, 0);
    wheel.advance(1002ms);
    EXPECT_EQ(late.fired, 1);
    wheel.advance(2h);
    EXPECT_EQ(later.fired, 1);
    // Time does not go back.
    wheel.arm(late, 5ms);
    wheel.advance(1h);
    EXPECT_EQ(late.fired, 1);
    wheel.advance(2h + 10ms);
    EXPECT_EQ(late.fired, 2);
}

TEST(DeadlineWheel, EntriesMayActFromTheirDeadline) {
    DeadlineWheel wheel(1ms);
    Entry neighbour;
    Entry* self = nullptr;
    Entry entry([&] {
        wheel.remove(neighbour);
        if (self->fired < 3) wheel.arm(*self, 0ms);
    });
    self = &entry;
    wheel.arm(entry, 5ms);
    wheel.arm(neighbour, 5ms);
    wheel.advance(1s);
    EXPECT_EQ(entry.fired, 3);
    EXPECT_EQ(neighbour.fired, 0);
}

TEST(DeadlineWheel, AgreesWithAModel) {
    constexpr std::int64_t kSlack = 2;
    std::mt19937 random(3);
    DeadlineWheel wheel(1ms);
    constexpr std::size_t kEntries = 40;
    std::vector<std::unique_ptr<Entry>> entries;
    for (std::size_t i = 0; i < kEntries; ++i) entries.push_back(std::make_unique<Entry>());
    std::vector<std::optional<std::int64_t>> due(kEntries);
    std::vector<int> fired(kEntries);
    std::int64_t now = 0;
    for (int round = 0; round < 20'000; ++round) {
        const std::size_t i = random() % kEntries;
        switch (random() % 6) {
            case 0:
            case 1:
            case 2: {
                const auto delay =
                    static_cast<std::int64_t>(random() % (random() % 2 == 0 ? 20 : 700));
                wheel.arm(*entries[i], delay * 1ms);
                due[i] = now + delay;
                break;
            }
            case 3:
                wheel.disarm(*entries[i]);
                due[i].reset();
                break;
            case 4:
                wheel.remove(*entries[i]);
                due[i].reset();
                break;
            default: now += static_cast<std::int64_t>(random() % 30); wheel.advance(now * 1ms);
        }
        for (std::size_t k = 0; k < kEntries; ++k) {
            if (entries[k]->fired == fired[k]) {
                ASSERT_TRUE(!due[k] || now <= *due[k] + kSlack) << "entry " << k << " is late";
                continue;
            }
            ASSERT_TRUE(due[k] && now >= *due[k]) << "entry " << k << " fired early or disarmed";
            fired[k] = entries[k]->fired;
            due[k].reset();
        }
    }
    for (const auto& entry : entries) wheel.remove(*entry);
}

}  // namespace
}  // namespace posthaste
