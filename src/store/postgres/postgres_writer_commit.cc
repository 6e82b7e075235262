// One group commit: which events may have their names, what becomes of the deliveries that updates speak of, and one
// transaction that stores all of it.

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "domain/wipe.h"
#include "store/postgres/postgres_writer.h"

namespace posthaste {

namespace {

// event: its partial indexes. Where a name was given twice, long ago, the newest event counts.
constexpr char kFindUids[] =
    "SELECT e.uid_key, e.hi, e.lo FROM unnest($1::uuid[]) AS q(key)"
    " JOIN event e ON e.uid_key = q.key AND e.uid_key IS NOT NULL ORDER BY e.hi";
constexpr char kFindRequests[] =
    "SELECT e.request_key, e.hi, e.lo FROM unnest($1::uuid[]) AS q(key)"
    " JOIN event e ON e.request_key = q.key AND e.request_key IS NOT NULL"
    " WHERE e.hi >= $2 AND e.accepted_at > $3 ORDER BY e.hi";
// event: primary key.
constexpr char kFindEvents[] =
    "SELECT hi, lo, is_expunged, targets FROM event WHERE hi = ANY($1::bigint[])";

using Names = std::unordered_map<Id, EventId>;

Result<void> read_names(PgConnection& connection, const char* sql, const PgParams& params,
                        Names& names) {
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql, params));
    for (int row = 0; row < rows.rows(); ++row)
        names[rows.id(row, 0)] = EventId{rows.number(row, 1), rows.number(row, 2)};
    return {};
}

}  // namespace

struct PgWriter::Group {
    Timestamp now;
    PgLogGroup rows;
    Tally tally;
    // Names that are taken, those of this group included.
    Names uids, requests;
    std::vector<const Event*> accepted;
    std::uint64_t updates = 0;

    // Deliveries that had to be read, as they are stored and as the updates so far have left them.
    struct Delivery {
        EndpointId endpoint;
        EventId event;
        std::size_t updates = 0;
        bool is_in_tail = false;
        PgEventStanding standing;
        PgDelivery before, after;
    };
    std::map<PgDeliveryKey, Delivery> deliveries;
};

void PgWriter::commit_group(std::vector<Queued>& group) {
    for (Queued& queued : group) queued.batch.refusals.clear();
    Result<void> done = ready();
    if (done) done = write_group(group);
    if (!done) {
        needs_rebuild_ = true;
        Error& error = done.error();
        if (error.code == ErrorCode::io || error.code == ErrorCode::corrupt)
            error.code = ErrorCode::unavailable;
        for (Queued& queued : group) {
            queued.result = std::unexpected(error);
            queued.batch.refusals.clear();
            // After an ambiguous failure the ids stay: they are what to look for when the store is well again.
            if (error.code == ErrorCode::commit_unknown) continue;
            for (const auto& event : queued.batch.events) event->id = EventId{};
        }
    }
    {
        const std::scoped_lock lock(mutex_);
        problem_ = done ? std::string() : done.error().message;
    }
    answer(std::move(group));
}

Result<void> PgWriter::write_group(std::vector<Queued>& queued) {
    Group group;
    group.now = clock_.now();
    group.tally = stored_;
    if (auto done = admit(queued, group); !done) return done;
    if (auto done = update(queued, group); !done) return done;
    for (const Event* const event : group.accepted) tail_.add(event->id, event->targets);
    if (group.accepted.empty() && group.updates == 0) return {};
    std::vector<PgStatement> statements;
    group.rows.take(statements);
    if (auto done = transact(std::move(statements), group.tally); !done) return done;
    durable_hi_ = ids_.last_hi();
    commits_.add();
    events_.add(group.accepted.size());
    updates_.add(group.updates);
    return {};
}

// ---- events ----------------------------------------------------------------------------------------------------------

Result<void> PgWriter::admit(std::vector<Queued>& queued, Group& group) {
    if (auto done = find_names(queued, group); !done) return done;
    for (Queued& one : queued) {
        for (std::size_t i = 0; i < one.batch.events.size(); ++i) {
            Event& event = *one.batch.events[i];
            event.id = EventId{};
            const auto taken = [&](const Names& names, const Id& key, Refusal::Reason reason) {
                const auto found = names.find(key);
                if (found == names.end()) return false;
                one.batch.refusals.push_back({i, reason, found->second});
                return true;
            };
            // A repeated request names the same uid again: that it is repeated says more.
            if (event.request_key &&
                taken(group.requests, *event.request_key, Refusal::Reason::repeated))
                continue;
            const Id uid = event.uid ? uid_digest(event.application, *event.uid) : Id{};
            if (event.uid && taken(group.uids, uid, Refusal::Reason::uid_taken)) continue;
            event.id = EventId{ids_.next(group.now, entropy_.next())};
            event.accepted_at = group.now;
            if (event.request_key) group.requests[*event.request_key] = event.id;
            if (event.uid) group.uids[uid] = event.id;
            if (auto done = make_partition(event.id.hi); !done) return done;
            ASSIGN_OR_RETURN(const auto sealer, sealer_of(event.id.hi));
            group.rows.add_event(event, sealer);
            group.tally.events += 1;
            group.tally.accepted += event.targets.size();
            group.accepted.push_back(&event);
        }
    }
    return {};
}

Result<void> PgWriter::find_names(std::vector<Queued>& queued, Group& group) {
    PgArray uids(PgType::uuid);
    PgArray requests(PgType::uuid);
    for (const Queued& one : queued) {
        for (const auto& event : one.batch.events) {
            if (event->uid) uids.add(uid_digest(event->application, *event->uid));
            if (event->request_key) requests.add(*event->request_key);
        }
    }
    if (uids.size() != 0) {
        PgParams params;
        params.add(std::move(uids));
        if (auto done = read_names(*connection_, kFindUids, params, group.uids); !done) return done;
    }
    if (requests.size() == 0) return {};
    // An id's time is never before its event's.
    const Timestamp since = group.now - kRepeatWindow;
    PgParams params;
    params.add(std::move(requests)).add(hi_at(since)).add(to_micros(since));
    return read_names(*connection_, kFindRequests, params, group.requests);
}

bool PgWriter::has_partition(std::uint64_t hi) const {
    const auto next = partitions_.upper_bound(hi);
    return next != partitions_.begin() && std::prev(next)->second > hi;
}

// The tables of the span of time that the id falls in, in a transaction of their own. Spans begin at multiples of their length,
// or where the newest one ends.
Result<void> PgWriter::make_partition(std::uint64_t hi) {
    if (has_partition(hi)) return {};
    const auto span =
        static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(options_.partition_span).count())
        << 16;
    std::uint64_t first = hi / span * span;
    const std::uint64_t end = first + span;
    if (!partitions_.empty()) first = std::max(first, partitions_.rbegin()->second);
    const std::string number = std::to_string(first);
    const std::string bounds = " FOR VALUES FROM (" + number + ") TO (" + std::to_string(end) + ")";
    SealingKey::Bytes key = sealer_.draw_key();
    const std::string sealed = seal_partition_key(sealer_, first, key);
    wipe(key);
    // Attaching waits for no reader, as making a partition in place would.
    std::string tables;
    for (const std::string parent : {"event", "delivery", "attempt"}) {
        const std::string table = parent + "_" + number;
        tables += "CREATE TABLE " + table + " (LIKE " + parent + " INCLUDING ALL);";
        tables += "ALTER TABLE " + parent + " ATTACH PARTITION " + table + bounds + ";";
    }
    auto done = transact_by([&]() -> Result<void> {
        if (auto made = connection_->run_script(tables.c_str()); !made) return made;
        PgParams row;
        row.add(first).add(end).add_bytes(sealed);
        return connection_->execute(
            "INSERT INTO log_partition(first_hi, end_hi, data_key) VALUES ($1, $2, $3)", row);
    });
    if (!done) return done;
    partitions_.emplace(first, end);
    return {};
}

Result<PgPayloadSealer> PgWriter::sealer_of(std::uint64_t event) {
    if (!options_.encrypt_payloads) return PgPayloadSealer{};
    ASSIGN_OR_RETURN(SealingCipher* const cipher, ciphers_.find(*connection_, event));
    return PgPayloadSealer{cipher, &sealer_};
}

// ---- updates ---------------------------------------------------------------------------------------------------------

Result<void> PgWriter::update(std::vector<Queued>& queued, Group& group) {
    for (const Queued& one : queued) {
        for (const DeliveryUpdate& update : one.batch.updates) {
            Group::Delivery& delivery = group.deliveries[{update.event.hi, update.endpoint.hi}];
            delivery.event = update.event;
            delivery.endpoint = update.endpoint;
            ++delivery.updates;
            // Its first attempt: nothing is stored of it but its event.
            delivery.is_in_tail = update.kind == UpdateKind::step && delivery.updates == 1 &&
                                  tail_.holds(update.event, update.endpoint);
            ++group.updates;
        }
    }
    if (group.updates == 0) return {};
    if (auto done = load_deliveries(group); !done) return done;
    for (const Queued& one : queued) {
        for (const DeliveryUpdate& update : one.batch.updates) {
            if (auto done = apply(update, group); !done) return done;
        }
    }
    for (const auto& [key, delivery] : group.deliveries)
        group.rows.change(delivery.event, delivery.endpoint, delivery.before, delivery.after,
                          group.now);
    return {};
}

// Of all but first attempts.
Result<void> PgWriter::load_deliveries(Group& group) {
    std::vector<PgDeliveryKey> keys;
    std::vector<std::uint64_t> events;
    for (auto& [key, delivery] : group.deliveries) {
        if (delivery.is_in_tail) {
            delivery.standing = {true, false, true};
            continue;
        }
        keys.push_back(key);
        if (events.empty() || events.back() != key.event) events.push_back(key.event);
    }
    if (keys.empty()) return {};
    ASSIGN_OR_RETURN(const auto deliveries, read_deliveries(*connection_, keys));
    PgParams params;
    params.add(event_array(events));
    ASSIGN_OR_RETURN(const auto rows, connection_->query(kFindEvents, params));
    std::unordered_map<std::uint64_t, int> row_of;
    for (int row = 0; row < rows.rows(); ++row) row_of.emplace(rows.number(row, 0), row);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Group::Delivery& delivery = group.deliveries.at(keys[i]);
        delivery.before = delivery.after = deliveries[i];
        const auto found = row_of.find(keys[i].event);
        if (found == row_of.end()) continue;  // retention took it
        const auto targets = read_targets(rows.bytes(found->second, 3));
        delivery.standing.is_there = rows.number(found->second, 1) == delivery.event.lo;
        delivery.standing.is_expunged = rows.boolean(found->second, 2);
        delivery.standing.is_target = std::ranges::count(targets, delivery.endpoint) > 0;
    }
    return {};
}

Result<void> PgWriter::apply(const DeliveryUpdate& update, Group& group) {
    Group::Delivery& delivery = group.deliveries.at({update.event.hi, update.endpoint.hi});
    if (delivery.endpoint != update.endpoint) return {};
    const PgStep step = apply_pg_update(update, delivery.standing, delivery.after, group.tally);
    if (!step.has_changed) return {};
    if (step.has_left_tail) tail_.release(update.event, update.endpoint);
    if (!update.attempt || update.kind != UpdateKind::step) return {};
    ASSIGN_OR_RETURN(const auto sealer, sealer_of(update.event.hi));
    group.rows.add_attempt(update, step.state_after, sealer);
    return {};
}

}  // namespace posthaste
