#include "store/postgres/postgres_store.h"

#include <utility>

#include "ports/await_reply.h"

namespace posthaste {

namespace {

// Runs `ask(subject)` on the thread behind `target` (a writer or a reader pool) and resumes with its answer.
template <class T, class Target, class Subject>
Task<Result<T>> ask(Target& target, std::move_only_function<Result<T>(Subject&)> question) {
    std::move_only_function<void(Reply<Result<T>>)> start =
        [&target, question = std::move(question)](Reply<Result<T>> reply) mutable {
            auto shared = std::make_shared<Reply<Result<T>>>(std::move(reply));
            std::move_only_function<void(Subject&)> job = [question = std::move(question),
                                                           shared](Subject& subject) mutable {
                (*shared)(question(subject));
            };
            if (!target.post(job)) (*shared)(fail(ErrorCode::stopping, "The store is closed."));
        };
    return await_reply<Result<T>>(std::move(start));
}

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(PostgresOptions options, Clock& clock,
                                                           Entropy& entropy,
                                                           std::vector<ReactorPost> reactors) {
    std::unique_ptr<PostgresStore> store(
        new PostgresStore(std::move(options), clock, entropy, std::move(reactors)));
    if (auto done = store->writer_.open(); !done) return std::unexpected(std::move(done).error());
    store->readers_.start(store->options_.reader_threads);
    store->maintenance_.start();
    store->writer_.start();
    return store;
}

PostgresStore::PostgresStore(PostgresOptions options, Clock& clock, Entropy& entropy,
                             std::vector<ReactorPost> reactors)
    : options_(std::move(options)),
      sealer_(options_.keys, entropy),
      writer_(options_, clock, entropy, std::move(reactors), sealer_),
      readers_(options_, sealer_),
      maintenance_(options_, sealer_, writer_) {}

PostgresStore::~PostgresStore() { close(); }

void PostgresStore::close() {
    if (std::exchange(is_closed_, true)) return;
    // Maintenance waits for jobs of the writer, so it ends first.
    maintenance_.stop();
    readers_.stop();
    writer_.stop();
}

Task<Result<Recovery>> PostgresStore::recover() {
    std::move_only_function<Result<Recovery>(PgWriter&)> question = [](PgWriter& writer) {
        return writer.recover();
    };
    return ask(writer_, std::move(question));
}

Task<Result<std::vector<Endpoint>>> PostgresStore::load_endpoints() {
    std::move_only_function<Result<std::vector<Endpoint>>(PgReader&)> question =
        [](PgReader& reader) { return reader.load_endpoints(); };
    return ask(readers_, std::move(question));
}

void PostgresStore::commit(std::size_t reactor, CommitBatch batch, CommitDone done) {
    writer_.commit(reactor, std::move(batch), std::move(done));
}

Task<Result<Endpoint>> PostgresStore::put_endpoint(Endpoint endpoint) {
    ConfigChange change;
    change.endpoints.push_back(std::move(endpoint));
    auto stored = co_await change_config(std::move(change));
    if (!stored) co_return std::unexpected(std::move(stored).error());
    co_return std::move(stored->endpoints.front());
}

Task<Result<ConfigChange>> PostgresStore::change_config(ConfigChange change) {
    std::move_only_function<Result<ConfigChange>(PgWriter&)> question =
        [change = std::move(change)](PgWriter& writer) mutable {
            return writer.change_config(std::move(change));
        };
    return ask(writer_, std::move(question));
}

Task<Result<std::vector<Record>>> PostgresStore::read_records(RecordQuery query) {
    std::move_only_function<Result<std::vector<Record>>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.read_records(query); };
    return ask(readers_, std::move(question));
}

Task<Result<std::uint64_t>> PostgresStore::count_records(RecordQuery query) {
    std::move_only_function<Result<std::uint64_t>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.count_records(query); };
    return ask(readers_, std::move(question));
}

Task<Result<std::vector<AuditEntry>>> PostgresStore::read_audit(AuditQuery query) {
    std::move_only_function<Result<std::vector<AuditEntry>>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.read_audit(query); };
    return ask(readers_, std::move(question));
}

Task<Result<ParkedPage>> PostgresStore::load_parked(ParkedQuery query) {
    std::move_only_function<Result<ParkedPage>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.load_parked(query); };
    return ask(readers_, std::move(question));
}

Task<Result<EventHistory>> PostgresStore::read_event(EventId id) {
    std::move_only_function<Result<EventHistory>(PgReader&)> question = [id](PgReader& reader) {
        return reader.read_event(id);
    };
    return ask(readers_, std::move(question));
}

Task<Result<std::vector<AttemptOfEndpoint>>> PostgresStore::attempts_of_endpoint(
    EndpointId id, std::size_t limit) {
    std::move_only_function<Result<std::vector<AttemptOfEndpoint>>(PgReader&)> question =
        [id, limit](PgReader& reader) { return reader.attempts_of_endpoint(id, limit); };
    return ask(readers_, std::move(question));
}

Task<Result<Tally>> PostgresStore::tally() {
    // The writer keeps it in step with its commits.
    co_return writer_.tally();
}

Task<Result<EventId>> PostgresStore::find_event(ApplicationId application, std::string uid) {
    std::move_only_function<Result<EventId>(PgReader&)> question =
        [application, uid = std::move(uid)](PgReader& reader) {
            return reader.find_event(application, uid);
        };
    return ask(readers_, std::move(question));
}

Task<Result<EventPage>> PostgresStore::list_events(EventQuery query) {
    std::move_only_function<Result<EventPage>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.list_events(query); };
    return ask(readers_, std::move(question));
}

Task<Result<DeliveryPage>> PostgresStore::list_deliveries(DeliveryQuery query) {
    std::move_only_function<Result<DeliveryPage>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.list_deliveries(query); };
    return ask(readers_, std::move(question));
}

Task<Result<AttemptPage>> PostgresStore::list_attempts(AttemptQuery query) {
    std::move_only_function<Result<AttemptPage>(PgReader&)> question =
        [query = std::move(query)](PgReader& reader) { return reader.list_attempts(query); };
    return ask(readers_, std::move(question));
}

Task<Result<AttemptCounts>> PostgresStore::count_attempts(EndpointId endpoint, Timestamp since,
                                                          Timestamp until) {
    std::move_only_function<Result<AttemptCounts>(PgReader&)> question = [endpoint, since,
                                                                          until](PgReader& reader) {
        return reader.count_attempts(endpoint, since, until);
    };
    return ask(readers_, std::move(question));
}

Task<Result<void>> PostgresStore::expunge_payload(EventId id) {
    std::move_only_function<Result<void>(PgWriter&)> question = [id](PgWriter& writer) {
        return writer.expunge_payload(id);
    };
    return ask(writer_, std::move(question));
}

Task<Result<void>> PostgresStore::expunge_response(EventId event, EndpointId endpoint,
                                                   std::uint32_t number) {
    std::move_only_function<Result<void>(PgWriter&)> question = [event, endpoint,
                                                                 number](PgWriter& writer) {
        return writer.expunge_response(event, endpoint, number);
    };
    return ask(writer_, std::move(question));
}

Task<Result<ScanSlice>> PostgresStore::scan(std::uint64_t after_hi, std::size_t limit) {
    std::move_only_function<Result<ScanSlice>(PgReader&)> question =
        [after_hi, limit](PgReader& reader) { return reader.scan(after_hi, limit); };
    return ask(readers_, std::move(question));
}

Task<Result<std::uint64_t>> PostgresStore::expire(RetentionPolicy policy, Timestamp now) {
    std::move_only_function<Result<std::uint64_t>(PgReader&)> question =
        [this, policy, now](PgReader& reader) { return maintenance_.expire(reader, policy, now); };
    return ask(maintenance_, std::move(question));
}

Task<Result<void>> PostgresStore::replace_keys(std::shared_ptr<const KeyRing> keys) {
    std::move_only_function<Result<void>(PgWriter&)> question =
        [keys = std::move(keys)](PgWriter& writer) mutable {
            return writer.replace_keys(std::move(keys));
        };
    return ask(writer_, std::move(question));
}

Task<Result<ResealReport>> PostgresStore::reseal() {
    std::move_only_function<Result<ResealReport>(PgReader&)> question = [this](PgReader&) {
        return maintenance_.reseal();
    };
    return ask(maintenance_, std::move(question));
}

StoreStats PostgresStore::stats() const {
    StoreStats stats;
    writer_.fill(stats);
    stats.bytes_on_disk = maintenance_.bytes_on_disk();
    return stats;
}

}  // namespace posthaste
