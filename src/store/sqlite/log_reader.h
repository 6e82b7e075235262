#pragma once

// Questions to the log, answered on a reader thread by connections that never write. Each answer is taken from one
// snapshot of each file, made when the question is asked: it sees every commit that completed before. One reader belongs
// to one thread.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/sqlite/database.h"
#include "store/sqlite/event_key.h"
#include "store/sqlite/log_partition.h"
#include "store/sqlite/subject_index.h"

namespace posthaste {

enum class SubjectKind : bool { endpoint, application };

class LogReader {
public:
    LogReader(LogPartitions& partitions, std::string vfs, const Sealer& sealer);
    ~LogReader();

    [[nodiscard]] Result<ParkedPage> load_parked(const ParkedQuery& query);
    [[nodiscard]] Result<EventHistory> read_event(EventId id);
    [[nodiscard]] Result<std::vector<AttemptOfEndpoint>> attempts_of_endpoint(EndpointId id,
                                                                              std::size_t limit);
    [[nodiscard]] Result<ScanSlice> scan(std::uint64_t after_hi, std::size_t limit);
    [[nodiscard]] Result<EventPage> list_events(const EventQuery& query);
    [[nodiscard]] Result<DeliveryPage> list_deliveries(const DeliveryQuery& query);
    [[nodiscard]] Result<AttemptPage> list_attempts(const AttemptQuery& query);
    [[nodiscard]] Result<AttemptCounts> count_attempts(EndpointId endpoint, Timestamp since,
                                                       Timestamp until);

    // For maintenance. Reads a file's attempts or events into their index, unless that is complete already.
    [[nodiscard]] Result<void> warm(LogPartition& partition, SubjectKind kind);
    // Of a file that takes no more events: the keys of all its names.
    [[nodiscard]] Result<std::vector<EventKey>> read_keys(LogPartition& partition);
    // Events whose payload should be gone.
    [[nodiscard]] Result<std::vector<std::uint64_t>> expired_payloads(LogPartition& partition,
                                                                      Timestamp now,
                                                                      std::size_t limit);

    struct File;
    class Snapshot;

private:
    struct Candidate;
    struct EventPlace;
    struct DeliveryWalk;
    struct AttemptCursor;
    struct AttemptPlace;
    enum class Payload : bool { skip, read };
    static constexpr std::size_t kFilesMax = 32;  // open at once

    void close_removed();
    [[nodiscard]] Result<File*> open(LogPartition& partition);
    [[nodiscard]] Error failed(LogPartition& partition, int code, std::string_view doing);
    [[nodiscard]] Result<void> collect_parked(const LogPartitionPtr& partition,
                                              const ParkedQuery& query,
                                              std::vector<Candidate>& candidates);
    [[nodiscard]] Result<std::shared_ptr<Event>> fetch_event(LogPartition& partition,
                                                             std::uint64_t hi, Payload payload);
    [[nodiscard]] Result<std::string> open_sealed(LogPartition& partition, File& file,
                                                  std::string_view sealed,
                                                  const SealedPlace& place);
    [[nodiscard]] Result<void> read_content(LogPartition& partition, File& file,
                                            SqliteStatement& row, Event& event);
    [[nodiscard]] Result<void> read_response(LogPartition& partition, File& file,
                                             SqliteStatement& row, std::uint64_t event,
                                             std::uint64_t endpoint, AttemptRecord& attempt);
    [[nodiscard]] Result<std::vector<EndpointId>> extra_targets(LogPartition& partition,
                                                                std::uint64_t event);
    [[nodiscard]] Result<void> scan_file(LogPartition& partition, std::uint64_t after_hi,
                                         std::size_t limit, ScanSlice& slice);
    [[nodiscard]] Result<void> scan_extra_targets(LogPartition& partition, std::uint64_t after_hi,
                                                  ScanSlice& slice);

    // Lists (log_reader_lists.cc).
    // Whether an indexed file has anything of a subject.
    [[nodiscard]] Result<bool> may_hold(LogPartition& partition, SubjectKind kind,
                                        std::uint64_t subject);
    [[nodiscard]] Result<std::vector<std::uint64_t>> read_events(
        LogPartition& partition, std::uint64_t application, const KeyRange<std::uint64_t>& range);
    [[nodiscard]] Result<std::vector<AttemptKey>> read_attempts(LogPartition& partition,
                                                                std::uint64_t endpoint,
                                                                const KeyRange<AttemptKey>& range);
    [[nodiscard]] Result<bool> list_events_of(LogPartition& partition, const EventQuery& query,
                                              EventPlace& place, EventPage& page);
    [[nodiscard]] Result<std::optional<EventEntry>> event_entry(LogPartition& partition,
                                                                std::shared_ptr<Event> event,
                                                                const EventQuery& query);
    [[nodiscard]] Result<std::optional<EndpointId>> first_endpoint(LogPartition& partition,
                                                                   const Event& event,
                                                                   const EventQuery& query);
    [[nodiscard]] Result<bool> add_summary(LogPartition& partition, std::uint64_t event,
                                           const EventQuery& query, EventEntry& entry);
    // The start and the status code of a delivery's last attempt, if there is one.
    struct LastAttempt {
        Timestamp started_at;
        int status_code = 0;
    };
    [[nodiscard]] Result<std::optional<LastAttempt>> last_attempt(LogPartition& partition,
                                                                  std::uint64_t event,
                                                                  std::uint64_t endpoint);
    [[nodiscard]] Result<void> fill(AttemptCursor& cursor, const AttemptQuery& query);
    [[nodiscard]] Result<std::vector<AttemptPlace>> next_attempts(
        std::vector<AttemptCursor>& cursors, const AttemptQuery& query);
    [[nodiscard]] Result<std::optional<AttemptEntry>> attempt_entry(const AttemptPlace& place,
                                                                    const AttemptQuery& query);
    [[nodiscard]] Result<void> count_attempts_of(LogPartition& partition, EndpointId endpoint,
                                                 const KeyRange<AttemptKey>& range,
                                                 AttemptCounts& counts);
    // Lists of deliveries (log_reader_deliveries.cc).
    [[nodiscard]] Result<bool> list_deliveries_of(LogPartition& partition, DeliveryWalk& walk);
    // Events that may have deliveries that a query asks for, and events to be passed by.
    struct Step {
        std::uint64_t event = 0;
        bool is_wanted = false;
    };
    [[nodiscard]] Result<std::vector<Step>> next_steps(LogPartition& partition,
                                                       const DeliveryQuery& query,
                                                       const KeyRange<std::uint64_t>& range);
    [[nodiscard]] Result<bool> take_step(LogPartition& partition, const Step& step,
                                         DeliveryWalk& walk);
    [[nodiscard]] Result<bool> list_deliveries_of(LogPartition& partition, const EventPtr& event,
                                                  DeliveryWalk& walk);
    [[nodiscard]] Result<std::optional<DeliveryEntry>> delivery_entry(LogPartition& partition,
                                                                      const EventPtr& event,
                                                                      EndpointId endpoint,
                                                                      const DeliveryQuery& query);
    template <class Index, class Read>
    [[nodiscard]] Result<void> warm(LogPartition& partition, Index& index, const char* sql,
                                    Read read);

    LogPartitions& partitions_;
    const std::string vfs_;
    const Sealer& sealer_;
    std::list<File> files_;  // most recently used first
    std::uint64_t removals_ = 0;
};

}  // namespace posthaste
