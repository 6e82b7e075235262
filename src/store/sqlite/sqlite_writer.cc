#include "store/sqlite/sqlite_writer.h"

#include <algorithm>

#include "base/assert.h"

// Queue, groups and jobs; sqlite_writer_open.cc opens the files, sqlite_writer_retention.cc lets them go.

namespace posthaste {

SqliteWriter::SqliteWriter(const SqliteOptions& options, Clock& clock, Entropy& entropy,
                           std::vector<ReactorPost> reactors, LogPartitions& partitions,
                           Sealer& sealer)
    : options_(options),
      clock_(clock),
      entropy_(entropy),
      reactors_(std::move(reactors)),
      partitions_(partitions),
      sealer_(sealer) {}

// ---- the queue -------------------------------------------------------------------------------------------------------

void SqliteWriter::start(Requests requests) {
    requests_ = std::move(requests);
    is_stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void SqliteWriter::commit(std::size_t reactor, CommitBatch batch, CommitDone done) {
    ASSERT(reactor < reactors_.size());
    Queued queued{reactor, std::move(batch), std::move(done), {}};
    {
        const std::scoped_lock lock(mutex_);
        if (!is_stopping_) {
            queue_.push_back(std::move(queued));
            if (!is_idle_) return;
            is_idle_ = false;
            wake_.notify_one();
            return;
        }
    }
    queued.result = fail(ErrorCode::stopping, "The store is closed.");
    std::vector<Queued> refused;
    refused.push_back(std::move(queued));
    answer(std::move(refused));
}

bool SqliteWriter::post(Job& job) {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_) return false;
    jobs_.push_back(std::move(job));
    is_idle_ = false;
    wake_.notify_one();
    return true;
}

void SqliteWriter::stop() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
        is_idle_ = false;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

void SqliteWriter::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        while (queue_.empty() && jobs_.empty() && !is_stopping_) {
            is_idle_ = true;
            wake_.wait(lock, [this] { return !is_idle_; });
        }
        is_idle_ = false;
        if (queue_.empty() && jobs_.empty()) break;
        std::vector<Queued> group;
        group.swap(queue_);
        std::optional<Job> job;
        if (!jobs_.empty()) {
            job = std::move(jobs_.front());
            jobs_.pop_front();
        }
        lock.unlock();
        if (!group.empty()) commit_group(group);
        if (job) (*job)(*this);
        job.reset();
        lock.lock();
    }
    lock.unlock();
    for (auto& [first_hi, entry] : files_) {
        if (entry->file.is_open() && !entry->file.is_ambiguous())
            static_cast<void>(entry->file.truncate_log());
        entry->file.close();
    }
    config_.reset();
}

// ---- one group -------------------------------------------------------------------------------------------------------

void SqliteWriter::commit_group(std::vector<Queued>& group) {
    ++group_number_;
    touched_.clear();
    events_failure_.reset();
    const Timestamp now = clock_.now();
    std::size_t events = 0;
    std::size_t updates = 0;
    for (Queued& queued : group) {
        events += queued.batch.events.size();
        updates += queued.batch.updates.size();
        queued.batch.refusals.clear();
    }
    if (events != 0) rotate_if_due(now);
    if (is_refusing_) try_again(now);
    for (Queued& queued : group) {
        append_events(queued, now);
        apply_updates(queued, now);
        events -= queued.batch.refusals.size();
    }
    finish_transactions();
    settle_results(group);
    count(events, updates);
    answer(std::move(group));
    tidy_up();
}

// After a failure every group, even an empty one, starts by bringing back what failed, with a write and a sync: its answer
// says whether the store serves again.
void SqliteWriter::try_again(Timestamp now) {
    for (const auto& [first_hi, entry] : files_) {
        if (entry->file.needs_repair()) static_cast<void>(begun(*entry, now));
    }
    if (newest_ != nullptr) return;
    if (auto entry = file_for_events(now); !entry) events_failure_ = std::move(entry).error();
}

void SqliteWriter::append_events(Queued& queued, Timestamp now) {
    std::vector<std::shared_ptr<Event>>& events = queued.batch.events;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events_failure_) return;
        Event& event = *events[i];
        auto entry = file_for_events(now);
        if (!entry) {
            events_failure_ = std::move(entry).error();
            return;
        }
        if (event.uid || event.request_key) {
            auto taken = find_taken(event, now);
            if (!taken) return fail_events(**entry, std::move(taken).error());
            if (*taken) {
                (*taken)->index = i;
                queued.batch.refusals.push_back(**taken);
                continue;
            }
        }
        event.id = EventId{ids_.next(now, entropy_.next())};
        event.accepted_at = now;
        if (auto done = (*entry)->file.append(event); !done)
            return fail_events(**entry, std::move(done).error());
    }
}

void SqliteWriter::fail_events(Entry& entry, Error error) {
    events_failure_ = error;
    entry.failure = std::move(error);
    entry.file.rollback();
}

void SqliteWriter::apply_updates(Queued& queued, Timestamp now) {
    for (const DeliveryUpdate& update : queued.batch.updates) {
        Entry* entry = find(update.event.hi);
        // Retention took the event, or its file is damaged: there is nothing left to keep up to date.
        if (entry == nullptr) continue;
        entry = begun(*entry, now);
        if (entry == nullptr) continue;
        if (auto done = entry->file.apply(update, now); !done) {
            entry->failure = std::move(done).error();
            entry->file.rollback();
        }
    }
}

Result<SqliteWriter::Entry*> SqliteWriter::file_for_events(Timestamp now) {
    if (newest_ == nullptr) {
        if (auto done = create_log(now); !done) return std::unexpected(std::move(done).error());
    }
    Entry* const entry = begun(*newest_, now);
    if (entry == nullptr) return std::unexpected(*newest_->failure);
    return entry;
}

// The entry with a running transaction; null when it has failed in this group.
SqliteWriter::Entry* SqliteWriter::begun(Entry& entry, Timestamp now) {
    if (entry.file.has_begun()) return &entry;
    const bool is_first_use = std::find(touched_.begin(), touched_.end(), &entry) == touched_.end();
    if (!is_first_use) return nullptr;
    touched_.push_back(&entry);
    entry.failure.reset();
    entry.last_used = group_number_;
    Result<void> done;
    if (entry.file.is_ambiguous()) done = entry.file.heal();
    if (done) done = entry.file.begin(now);
    if (done) return &entry;
    entry.failure = std::move(done).error();
    return nullptr;
}

void SqliteWriter::finish_transactions() {
    std::string problem;
    for (Entry* const entry : touched_) {
        if (!entry->failure && entry->file.has_begun()) {
            if (auto done = entry->file.commit(); !done) entry->failure = std::move(done).error();
        }
        if (entry->failure) {
            problem = entry->failure->message;
            const LogPartitionPtr& partition = entry->file.partition();
            if (entry->failure->code == ErrorCode::corrupt)
                partitions_.set_aside(*partition, *entry->failure);
        } else {
            publish(*entry);
        }
    }
    if (events_failure_) problem = events_failure_->message;
    is_refusing_ = !problem.empty();
    const std::scoped_lock lock(mutex_);
    problem_ = std::move(problem);
}

void SqliteWriter::settle_results(std::vector<Queued>& group) {
    const auto has_failed = [](const Entry* entry) { return entry->failure.has_value(); };
    if (!events_failure_ && std::none_of(touched_.begin(), touched_.end(), has_failed)) return;
    for (Queued& queued : group) {
        queued.result = result_of(queued);
        if (!queued.result) queued.batch.refusals.clear();
    }
    for (Entry* const entry : touched_) {
        if (entry->file.partition()->is_set_aside) forget(*entry);
    }
    touched_.clear();
}

// A damaged newest file must not be written again: the next event makes a new one.
void SqliteWriter::forget(Entry& entry) {
    if (&entry == newest_) newest_ = nullptr;
    files_.erase(entry.file.partition()->first_hi);
}

Result<void> SqliteWriter::result_of(const Queued& queued) {
    const Error* failure = nullptr;
    bool has_committed = false;
    const auto note = [&](const Entry& entry) {
        if (!entry.failure) {
            has_committed = true;
        } else if (failure == nullptr || entry.failure->code == ErrorCode::commit_unknown) {
            failure = &*entry.failure;
        }
    };
    if (!queued.batch.events.empty()) {
        if (events_failure_) {
            failure = &*events_failure_;
        } else {
            note(*newest_);
        }
    }
    for (const DeliveryUpdate& update : queued.batch.updates) {
        if (const Entry* entry = find(update.event.hi)) note(*entry);
    }
    if (queued.batch.empty()) {
        if (events_failure_) failure = &*events_failure_;
        for (const Entry* const entry : touched_) {
            if (entry->failure) failure = &*entry->failure;
        }
    }
    if (failure == nullptr) return {};
    Error error = *failure;
    if (has_committed) error.code = ErrorCode::commit_unknown;
    // The disk would not take it: to the caller that is "not now", whatever the reason.
    if (error.code == ErrorCode::io || error.code == ErrorCode::corrupt)
        error.code = ErrorCode::unavailable;
    return std::unexpected(std::move(error));
}

// One message per reactor, in the order of its batches.
void SqliteWriter::answer(std::vector<Queued> group) {
    std::vector<std::vector<Queued>> by_reactor(reactors_.size());
    for (Queued& queued : group) by_reactor[queued.reactor].push_back(std::move(queued));
    for (std::size_t reactor = 0; reactor < by_reactor.size(); ++reactor) {
        if (by_reactor[reactor].empty()) continue;
        reactors_[reactor]([answers = std::move(by_reactor[reactor])]() mutable {
            for (Queued& queued : answers)
                queued.done(std::move(queued.result), std::move(queued.batch));
        });
    }
}

void SqliteWriter::count(std::size_t events, std::size_t updates) {
    if (!touched_.empty()) {
        commits_.add();
        events_.add(events);
        updates_.add(updates);
    }
    std::size_t tail = 0;
    for (const auto& [first_hi, entry] : files_) tail += entry->file.tail();
    tail_.set(tail);
}

void SqliteWriter::tidy_up() {
    std::size_t open = 0;
    for (const auto& [first_hi, entry] : files_) {
        if (!entry->file.is_open()) continue;
        ++open;
        if (entry->file.log_pages() <= options_.checkpoint_pages || entry->is_checkpointing)
            continue;
        entry->is_checkpointing = true;
        requests_.checkpoint(entry->file.partition());
    }
    if (open > options_.open_files_max + 1) close_idle_files();
}

// Each open file costs descriptors and a cache; retries of old events come back to the same few.
void SqliteWriter::close_idle_files() {
    std::vector<Entry*> open;
    for (const auto& [first_hi, entry] : files_) {
        if (entry->file.is_open() && entry.get() != newest_) open.push_back(entry.get());
    }
    if (open.size() <= options_.open_files_max) return;
    std::sort(open.begin(), open.end(),
              [](const Entry* a, const Entry* b) { return a->last_used > b->last_used; });
    for (std::size_t i = options_.open_files_max; i < open.size(); ++i) open[i]->file.close();
}

// ---- jobs ------------------------------------------------------------------------------------------------------------

Result<Recovery> SqliteWriter::recover() {
    Recovery recovery;
    std::vector<ParkedLane> found;
    const Timestamp now = clock_.now();
    std::vector<Entry*> damaged;
    for (const auto& [first_hi, entry] : files_) {
        LogFile& file = entry->file;
        auto parked =
            file.has_unsettled_tail() ? file.rebuild_tail(0, now) : Result<std::uint64_t>(0);
        auto lanes =
            parked ? file.collect_lanes(found) : Result<void>(std::unexpected(parked.error()));
        if (!lanes) {
            if (lanes.error().code != ErrorCode::corrupt)
                return std::unexpected(std::move(lanes).error());
            partitions_.set_aside(*file.partition(), lanes.error());
            damaged.push_back(entry.get());
            continue;
        }
        recovery.deliveries_parked += *parked;
        publish(*entry);
    }
    for (Entry* const entry : damaged) forget(*entry);
    std::sort(found.begin(), found.end(), [](const ParkedLane& a, const ParkedLane& b) {
        return a.endpoint != b.endpoint ? a.endpoint < b.endpoint : a.earliest_due < b.earliest_due;
    });
    for (const ParkedLane& lane : found) {
        if (recovery.lanes.empty() || recovery.lanes.back().endpoint != lane.endpoint)
            recovery.lanes.push_back(lane);
    }
    close_idle_files();
    return recovery;
}

Result<Endpoint> SqliteWriter::put_endpoint(Endpoint endpoint) {
    ConfigChange change;
    change.endpoints.push_back(std::move(endpoint));
    ASSIGN_OR_RETURN(change, change_config(std::move(change)));
    return std::move(change.endpoints.front());
}

Result<ConfigChange> SqliteWriter::change_config(ConfigChange change) {
    const Timestamp now = clock_.now();
    const auto issue = [&](auto& object) {
        if (object.id.is_nil() && object.revision == 0)
            object.id = decltype(object.id)(ids_.next(now, entropy_.next()));
    };
    for (Endpoint& endpoint : change.endpoints) issue(endpoint);
    for (Record& record : change.records) issue(record);
    return config_->change(std::move(change), ids_.last_hi());
}

Result<void> SqliteWriter::write_index(const LogPartition& partition, LogStage stage,
                                       const IndexSlice& slice) {
    Entry* const entry = find(partition);
    if (entry == nullptr)
        return fail(ErrorCode::not_found, "The log file " + partition.path + " is gone.");
    return change_rows(*entry, [&](LogFile& file) {
        file.set_stage(stage);
        return file.append_index(slice);
    });
}

void SqliteWriter::finish_checkpoint(const LogPartition& partition) {
    Entry* const entry = find(partition);
    if (entry == nullptr) return;
    entry->is_checkpointing = false;
    entry->file.checkpoint();
}

// ---- rotation --------------------------------------------------------------------------------------------------------

void SqliteWriter::rotate_if_due(Timestamp now) {
    if (newest_ == nullptr || newest_->file.tally().events == 0) return;
    const bool is_full = newest_->file.bytes() > options_.partition_bytes_max ||
                         newest_->file.tally().events >= options_.partition_events_max;
    const Duration age = now - time_of(newest_->file.partition()->first_hi);
    if (is_full || age > options_.partition_age_max) rotate();
}

void SqliteWriter::rotate() {
    const LogPartitionPtr closed = newest_->file.partition();
    newest_ = nullptr;
    requests_.build_index(closed);
}

// ---- what everyone may see -------------------------------------------------------------------------------------------

void SqliteWriter::publish(Entry& entry) {
    const Tally& now = entry.file.tally();
    Tally& before = entry.published;
    const std::scoped_lock lock(mutex_);
    tally_.events += now.events - before.events;
    tally_.accepted += now.accepted - before.accepted;
    tally_.delivered += now.delivered - before.delivered;
    tally_.dead += now.dead - before.dead;
    tally_.cancelled += now.cancelled - before.cancelled;
    tally_.parked += now.parked - before.parked;
    before = now;
}

Tally SqliteWriter::tally() const {
    const std::scoped_lock lock(mutex_);
    return tally_;
}

void SqliteWriter::fill(StoreStats& stats) const {
    stats.commits = commits_.value();
    stats.events = events_.value();
    stats.updates = updates_.value();
    stats.tail = tail_.value();
    const std::scoped_lock lock(mutex_);
    stats.healthy = problem_.empty();
    stats.problem = problem_;
}

SqliteWriter::Entry* SqliteWriter::find(std::uint64_t hi) {
    if (newest_ != nullptr && hi >= newest_->file.partition()->first_hi) return newest_;
    const LogPartitionPtr partition = partitions_.find(hi);
    if (!partition) return nullptr;
    const auto found = files_.find(partition->first_hi);
    return found == files_.end() ? nullptr : found->second.get();
}

// Not by the range of ids: that of a dropped file belongs to the file before it.
SqliteWriter::Entry* SqliteWriter::find(const LogPartition& partition) {
    const auto found = files_.find(partition.first_hi);
    return found == files_.end() ? nullptr : found->second.get();
}

}  // namespace posthaste
