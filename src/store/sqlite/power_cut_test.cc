// Random work, power cuts at any operation, and after each the whole truth: everything acknowledged is there, what was
// refused is not, what was left open is there wholly or not at all, and the counters agree with the rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "store/sqlite/testing/fault_vfs.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {
namespace {

struct Delivery {
    DeliveryState state = DeliveryState::pending;
    Timestamp due;
    std::uint32_t attempts = 0;

    friend bool operator==(const Delivery&, const Delivery&) = default;
};
using Deliveries = std::map<EndpointId, Delivery>;

struct Model {
    struct Known {
        std::string payload;
        Deliveries sure;                       // as acknowledged
        std::map<EndpointId, Delivery> maybe;  // after an update whose commit was left open
        Id request;                            // its request_key
        bool is_certain = true;                // false: the event's own commit was left open
    };
    std::map<EventId, Known> events;
    std::vector<EventId> refused;  // must not be there
    std::uint64_t requests = 0;    // drawn so far
};

class PowerCut : public testing::Test {
protected:
    void start_over() {
        driver_.reset();
        vfs_.forget();
        directory_.emplace();
        model_ = {};
        SqliteOptions options;
        options.directory = directory_->path();
        options.vfs = vfs_.name();
        options.partition_bytes_max = random_() % 2 == 0 ? 6'000 : 1u << 30;
        options.checkpoint_pages = 3 + random_() % 20;
        options.index_chunk = 2;
        options.open_files_max = 2;
        options.reader_threads = 1;
        options.encrypt_payloads = random_() % 2 == 0;
        driver_.emplace(options);
    }

    // Opens, works until the cut, closes, and leaves the disk as the cut left it.
    void work_until_cut() {
        vfs_.cut_power_after(1 + random_() % 150);
        // Half of the cuts come at any time from opening on, half find the store at work.
        const bool is_open = driver_->is_open() || driver_->open().has_value();
        for (int step = 0; is_open && !vfs_.is_cut() && step < 100; ++step) {
            driver_->clock.advance(Duration{static_cast<std::int64_t>(random_() % 5'000)});
            work();
        }
        vfs_.cut_power_after(0);
        driver_->close();
        vfs_.restore(random_);
    }

    void check() {
        const auto recovery = driver_->open();
        ASSERT_TRUE(recovery) << recovery.error().message;
        Tally counted;
        for (auto at = model_.events.begin(); at != model_.events.end();) {
            const auto history = driver_->run(driver_->store().read_event(at->first));
            if (!history && !at->second.is_certain) {
                at = model_.events.erase(at);
                continue;
            }
            ASSERT_TRUE(history) << "an acknowledged event is gone: " << history.error().message;
            check_event(at->second, *history);
            add_up(at->second, counted);
            ++at;
        }
        for (const EventId& id : model_.refused) {
            EXPECT_FALSE(driver_->run(driver_->store().read_event(id)))
                << "a refused event is there";
        }
        model_.refused.clear();
        check_tally(counted);
        check_scan();
        if (random_() % 2 == 0) return;
        driver_->close();
        vfs_.forget();
    }

    std::mt19937_64 random_{20261122};
    FaultVfs vfs_{"power-cut"};
    std::optional<TemporaryDirectory> directory_;
    std::optional<StoreDriver> driver_;
    Model model_;

private:
    void work() {
        CommitBatch batch;
        for (auto n = random_() % 4; n > 0; --n) {
            std::vector<EndpointId> targets;
            for (std::uint64_t e = 1; e <= 3; ++e) {
                if (random_() % 2 == 0) targets.emplace_back(e, 7);
            }
            batch.events.push_back(
                test_event(std::move(targets), std::string(random_() % 3000, 'p')));
            // Half of the events are named; now and then a name is used again.
            if (random_() % 2 == 0) batch.events.back()->request_key = draw_request();
        }
        std::map<std::pair<EventId, EndpointId>, Delivery> after;
        for (auto n = random_() % 4; n > 0; --n) draw_update(batch, after);
        CommitBatch back;
        const auto result = driver_->commit(std::move(batch), &back);
        const bool is_open_question = !result && result.error().code == ErrorCode::commit_unknown;
        check_refusals(back);
        for (const auto& event : back.events) {
            if (!result && !is_open_question) {
                model_.refused.push_back(event->id);
                continue;
            }
            if (event->id.is_nil()) continue;
            Model::Known& known = model_.events[event->id];
            known.request = event->request_key.value_or(Id{});
            known.payload = event->payload;
            known.is_certain = result.has_value();
            for (const EndpointId& target : event->targets) known.sure[target] = {};
        }
        for (const auto& [key, delivery] : after) {
            Model::Known& known = model_.events.at(key.first);
            if (result) known.sure[key.second] = delivery;
            if (is_open_question) known.maybe[key.second] = delivery;
        }
    }

    Id draw_request() {
        if (model_.requests == 0 || random_() % 3 != 0) return Id{++model_.requests, 3};
        return Id{1 + random_() % model_.requests, 3};
    }

    // What was refused was accepted before; nothing that was acknowledged is accepted again.
    void check_refusals(const CommitBatch& back) {
        std::set<std::size_t> refused;
        for (const Refusal& refusal : back.refusals) {
            refused.insert(refusal.index);
            const Id request = back.events.at(refusal.index)->request_key.value_or(Id{});
            const auto known = model_.events.find(refusal.existing);
            const bool is_of_batch =
                std::any_of(back.events.begin(), back.events.end(), [&](const auto& event) {
                    return event->id == refusal.existing && event->request_key == request;
                });
            EXPECT_TRUE(is_of_batch ||
                        (known != model_.events.end() && known->second.request == request));
        }
        for (std::size_t i = 0; i < back.events.size(); ++i) {
            const Event& event = *back.events[i];
            if (refused.contains(i) || event.id.is_nil() || !event.request_key) continue;
            for (const auto& [id, known] : model_.events) {
                EXPECT_FALSE(known.is_certain && known.request == *event.request_key)
                    << "a request that was answered is accepted once more";
            }
        }
    }

    void draw_update(CommitBatch& batch,
                     std::map<std::pair<EventId, EndpointId>, Delivery>& after) {
        if (model_.events.empty()) return;
        auto at = std::next(model_.events.begin(),
                            static_cast<std::ptrdiff_t>(random_() % model_.events.size()));
        if (!at->second.is_certain || at->second.sure.empty() || !at->second.maybe.empty()) return;
        auto& deliveries = at->second.sure;
        auto which = std::next(deliveries.begin(),
                               static_cast<std::ptrdiff_t>(random_() % deliveries.size()));
        Delivery delivery = which->second;
        if (is_settled(delivery.state) || after.contains({at->first, which->first})) return;
        DeliveryUpdate update;
        update.event = at->first;
        update.endpoint = which->first;
        if (delivery.state == DeliveryState::parked) update.origin.parked_due = delivery.due;
        if (random_() % 4 != 0)
            update.attempt = test_attempt(++delivery.attempts, driver_->clock.now());
        constexpr DeliveryState kNext[] = {DeliveryState::parked, DeliveryState::delivered,
                                           DeliveryState::dead, DeliveryState::cancelled};
        update.next = kNext[random_() % 4];
        update.attempts_made = delivery.attempts;
        update.due =
            driver_->clock.now() + Duration{static_cast<std::int64_t>(1 + random_() % 100'000)};
        delivery.state = update.next;
        delivery.due = update.due;
        after[{at->first, which->first}] = delivery;
        batch.updates.push_back(std::move(update));
    }

    // The store is right when it shows what was acknowledged or, after an open question, what would have come next. From
    // then on what it shows is what was acknowledged.
    void check_event(Model::Known& known, const EventHistory& history) {
        known.is_certain = true;
        EXPECT_EQ(history.event->payload, known.payload);
        EXPECT_EQ(history.deliveries.size(), known.sure.size());
        for (const DeliveryHistory& seen : history.deliveries) {
            Delivery shown{seen.state, seen.next_due.value_or(Timestamp{}),
                           static_cast<std::uint32_t>(seen.attempts.size())};
            const auto agrees = [&](Delivery expected) {
                // Recovery has parked what was in the tail.
                if (expected.state == DeliveryState::pending) {
                    expected.state = DeliveryState::parked;
                    expected.due = shown.due;
                }
                if (expected.state != DeliveryState::parked) expected.due = shown.due;
                return expected == shown;
            };
            const auto maybe = known.maybe.find(seen.endpoint);
            EXPECT_TRUE(agrees(known.sure[seen.endpoint]) ||
                        (maybe != known.maybe.end() && agrees(maybe->second)))
                << "state " << to_string(seen.state) << " attempts " << seen.attempts.size();
            known.sure[seen.endpoint] = shown;
        }
        known.maybe.clear();
    }

    static void add_up(const Model::Known& known, Tally& tally) {
        ++tally.events;
        tally.accepted += known.sure.size();
        for (const auto& [endpoint, delivery] : known.sure) {
            tally.delivered += delivery.state == DeliveryState::delivered;
            tally.dead += delivery.state == DeliveryState::dead;
            tally.cancelled += delivery.state == DeliveryState::cancelled;
            tally.parked += delivery.state == DeliveryState::parked;
        }
    }

    void check_tally(const Tally& counted) {
        const auto shown = driver_->run(driver_->store().tally());
        ASSERT_TRUE(shown);
        EXPECT_EQ(shown->events, counted.events);
        EXPECT_EQ(shown->accepted, counted.accepted);
        EXPECT_EQ(shown->delivered, counted.delivered);
        EXPECT_EQ(shown->dead, counted.dead);
        EXPECT_EQ(shown->cancelled, counted.cancelled);
        EXPECT_EQ(shown->parked, counted.parked);
        EXPECT_EQ(shown->pending(), shown->parked) << "after recovery all that pends is parked";
    }

    void check_scan() {
        const auto slice = driver_->run(driver_->store().scan(0, 100'000));
        ASSERT_TRUE(slice);
        EXPECT_EQ(slice->events_checked, model_.events.size());
        EXPECT_TRUE(slice->lost.empty());
    }
};

TEST_F(PowerCut, leaves_the_acknowledged_truth) {
    constexpr int kCuts = 1000;
    for (int cut = 0; cut < kCuts && !HasFailure(); ++cut) {
        SCOPED_TRACE("cut " + std::to_string(cut));
        if (cut % 10 == 0) start_over();
        work_until_cut();
        check();
    }
}

}  // namespace
}  // namespace posthaste
