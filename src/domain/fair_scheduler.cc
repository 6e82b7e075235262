#include "domain/fair_scheduler.h"

#include <algorithm>

#include "base/assert.h"

namespace posthaste {

template <class Node>
void FairScheduler::push_back(Round& round, std::vector<Node>& nodes, std::uint32_t index) {
    nodes[index].links = {round.back, kNone};
    if (round.back == kNone) {
        round.front = index;
    } else {
        nodes[round.back].links.after = index;
    }
    round.back = index;
}

template <class Node>
void FairScheduler::erase(Round& round, std::vector<Node>& nodes, std::uint32_t index) {
    const Links links = nodes[index].links;
    if (links.before == kNone) {
        round.front = links.after;
    } else {
        nodes[links.before].links.after = links.after;
    }
    if (links.after == kNone) {
        round.back = links.before;
    } else {
        nodes[links.after].links.before = links.before;
    }
    nodes[index].links = {};
}

FairScheduler::FairScheduler(std::uint32_t application_quantum, std::uint32_t lane_quantum)
    : application_quantum_(application_quantum), lane_quantum_(lane_quantum) {
    ASSERT(application_quantum >= 1 && lane_quantum >= 1);
}

std::uint32_t FairScheduler::application_slot(ApplicationId application) {
    const auto known = application_index_.find(application);
    if (known != application_index_.end()) return known->second;
    std::uint32_t index = 0;
    if (free_applications_.empty()) {
        index = static_cast<std::uint32_t>(applications_.size());
        applications_.emplace_back();
    } else {
        index = free_applications_.back();
        free_applications_.pop_back();
    }
    applications_[index].id = application;
    application_index_.emplace(application, index);
    return index;
}

LaneIndex FairScheduler::add_lane(ApplicationId application, std::uint32_t weight) {
    ASSERT(weight >= 1);
    LaneIndex index = 0;
    if (free_lanes_.empty()) {
        index = static_cast<LaneIndex>(lanes_.size());
        ASSERT(index != kNone);
        lanes_.emplace_back();
    } else {
        index = free_lanes_.back();
        free_lanes_.pop_back();
    }
    Lane& lane = lanes_[index];
    lane.application = application_slot(application);
    const std::uint64_t quantum = std::uint64_t{lane_quantum_} * weight;
    lane.quantum = static_cast<std::uint32_t>(std::min<std::uint64_t>(quantum, kNone));
    ++applications_[lane.application].lanes;
    return index;
}

void FairScheduler::remove_lane(LaneIndex lane) {
    set_ready(lane, false);
    const std::uint32_t index = lanes_[lane].application;
    lanes_[lane] = Lane{};
    free_lanes_.push_back(lane);

    Application& application = applications_[index];
    if (--application.lanes > 0) return;
    application_index_.erase(application.id);
    application = Application{};
    free_applications_.push_back(index);
}

void FairScheduler::set_ready(LaneIndex lane, bool ready) {
    ASSERT(lane < lanes_.size() && lanes_[lane].application != kNone);
    if (lanes_[lane].ready == ready) return;
    lanes_[lane].ready = ready;
    const std::uint32_t index = lanes_[lane].application;
    Application& application = applications_[index];
    if (ready) {
        if (application.round.front == kNone && !application.held)
            push_back(round_, applications_, index);
        push_back(application.round, lanes_, lane);
        ++ready_count_;
        return;
    }
    erase(application.round, lanes_, lane);
    --ready_count_;
    // What is left of a turn is not saved up: coming back means a place at the end and a new
    // quantum.
    lanes_[lane].deficit = 0;
    if (application.round.front == kNone && !application.held) {
        erase(round_, applications_, index);
        application.deficit = 0;
    }
}

void FairScheduler::hold(ApplicationId id) {
    const auto known = application_index_.find(id);
    if (known == application_index_.end()) return;
    Application& application = applications_[known->second];
    if (application.held) return;
    application.held = true;
    application.deficit = 0;
    if (application.round.front != kNone) erase(round_, applications_, known->second);
}

void FairScheduler::release(ApplicationId id) {
    const auto known = application_index_.find(id);
    if (known == application_index_.end()) return;
    Application& application = applications_[known->second];
    if (!application.held) return;
    application.held = false;
    if (application.round.front != kNone) push_back(round_, applications_, known->second);
}

bool FairScheduler::is_ready(LaneIndex lane) const {
    ASSERT(lane < lanes_.size() && lanes_[lane].application != kNone);
    return lanes_[lane].ready;
}

std::optional<LaneIndex> FairScheduler::next() {
    if (round_.front == kNone) return std::nullopt;
    const std::uint32_t index = round_.front;
    Application& application = applications_[index];
    const LaneIndex chosen = application.round.front;
    Lane& lane = lanes_[chosen];

    if (application.deficit == 0) application.deficit = application_quantum_;
    if (lane.deficit == 0) lane.deficit = lane.quantum;
    if (--lane.deficit == 0) {
        erase(application.round, lanes_, chosen);
        push_back(application.round, lanes_, chosen);
    }
    if (--application.deficit == 0) {
        erase(round_, applications_, index);
        push_back(round_, applications_, index);
    }
    return chosen;
}

void FairScheduler::check_application(std::uint32_t index) const {
    const Application& application = applications_[index];
    ASSERT(application.deficit <= application_quantum_);
    std::uint32_t before = kNone;
    for (LaneIndex at = application.round.front; at != kNone; at = lanes_[at].links.after) {
        const Lane& lane = lanes_[at];
        ASSERT(lane.ready && lane.application == index && lane.links.before == before);
        // Only the front of a round is in the middle of its turn.
        ASSERT(lane.deficit == 0 || (before == kNone && lane.deficit < lane.quantum));
        before = at;
    }
    ASSERT(application.round.back == before);
}

void FairScheduler::check_invariants() const {
    std::vector<std::uint32_t> lanes_of(applications_.size(), 0);
    std::vector<std::uint32_t> ready_of(applications_.size(), 0);
    std::size_t ready = 0;
    std::size_t in_use = 0;
    for (const Lane& lane : lanes_) {
        ASSERT(lane.application != kNone || !lane.ready);
        if (lane.application == kNone) continue;
        ++in_use;
        ++lanes_of[lane.application];
        if (lane.ready) ++ready_of[lane.application];
        if (lane.ready) ++ready;
    }
    ASSERT(ready == ready_count_);
    ASSERT(in_use + free_lanes_.size() == lanes_.size());
    ASSERT(application_index_.size() + free_applications_.size() == applications_.size());

    std::uint32_t before = kNone;
    std::size_t listed = 0;
    for (std::uint32_t at = round_.front; at != kNone; at = applications_[at].links.after) {
        ASSERT(applications_[at].links.before == before);
        ASSERT(applications_[at].deficit == 0 || before == kNone);
        ASSERT(ready_of[at] > 0 && !applications_[at].held);
        before = at;
        ++listed;
    }
    ASSERT(round_.back == before);
    for (std::uint32_t index = 0; index < applications_.size(); ++index) {
        const Application& application = applications_[index];
        ASSERT(application.lanes == lanes_of[index]);
        ASSERT((application.round.front != kNone) == (ready_of[index] > 0));
        if (application.lanes > 0) ASSERT(application_index_.at(application.id) == index);
        if (ready_of[index] > 0 && !application.held) --listed;
        check_application(index);
    }
    ASSERT(listed == 0);
}

}  // namespace posthaste
