#include "store/sqlite/sqlite_store.h"

#include <filesystem>

#include "ports/await_reply.h"
#include "store/sqlite/store_vfs.h"

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

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(SqliteOptions options, Clock& clock,
                                                       Entropy& entropy,
                                                       std::vector<ReactorPost> reactors) {
    ASSIGN_OR_RETURN(options.vfs, register_store_vfs(options.vfs));
    std::unique_ptr<SqliteStore> store(
        new SqliteStore(std::move(options), clock, entropy, std::move(reactors)));
    if (auto done = store->writer_.open(); !done) return std::unexpected(std::move(done).error());
    store->readers_.start(store->options_.reader_threads);
    store->maintenance_.start();
    LogMaintenance& maintenance = store->maintenance_;
    store->writer_.start({[&maintenance](LogPartitionPtr partition) {
                              maintenance.checkpoint(std::move(partition));
                          },
                          [&maintenance](LogPartitionPtr partition) {
                              maintenance.build_index(std::move(partition));
                          }});
    return store;
}

SqliteStore::SqliteStore(SqliteOptions options, Clock& clock, Entropy& entropy,
                         std::vector<ReactorPost> reactors)
    : options_(std::move(options)),
      sealer_(options_.keys, entropy),
      writer_(options_, clock, entropy, std::move(reactors), partitions_, sealer_),
      readers_(partitions_, options_, sealer_),
      maintenance_(options_, partitions_, writer_, sealer_) {}

SqliteStore::~SqliteStore() { close(); }

void SqliteStore::close() {
    if (std::exchange(is_closed_, true)) return;
    // Maintenance waits for jobs of the writer, so it ends first.
    maintenance_.stop();
    readers_.stop();
    writer_.stop();
}

Task<Result<Recovery>> SqliteStore::recover() {
    std::move_only_function<Result<Recovery>(SqliteWriter&)> question =
        [this](SqliteWriter& writer) {
            auto recovery = writer.recover();
            if (recovery) maintenance_.resume();
            return recovery;
        };
    return ask(writer_, std::move(question));
}

Task<Result<std::vector<Endpoint>>> SqliteStore::load_endpoints() {
    std::move_only_function<Result<std::vector<Endpoint>>(SqliteWriter&)> question =
        [](SqliteWriter& writer) { return writer.load_endpoints(); };
    return ask(writer_, std::move(question));
}

void SqliteStore::commit(std::size_t reactor, CommitBatch batch, CommitDone done) {
    writer_.commit(reactor, std::move(batch), std::move(done));
}

Task<Result<Endpoint>> SqliteStore::put_endpoint(Endpoint endpoint) {
    std::move_only_function<Result<Endpoint>(SqliteWriter&)> question =
        [endpoint = std::move(endpoint)](SqliteWriter& writer) mutable {
            return writer.put_endpoint(std::move(endpoint));
        };
    return ask(writer_, std::move(question));
}

Task<Result<ConfigChange>> SqliteStore::change_config(ConfigChange change) {
    std::move_only_function<Result<ConfigChange>(SqliteWriter&)> question =
        [change = std::move(change)](SqliteWriter& writer) mutable {
            return writer.change_config(std::move(change));
        };
    return ask(writer_, std::move(question));
}

Task<Result<std::vector<Record>>> SqliteStore::read_records(RecordQuery query) {
    std::move_only_function<Result<std::vector<Record>>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) {
            return reader.config.read_records(query);
        };
    return ask(readers_, std::move(question));
}

Task<Result<std::uint64_t>> SqliteStore::count_records(RecordQuery query) {
    std::move_only_function<Result<std::uint64_t>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) {
            return reader.config.count_records(query);
        };
    return ask(readers_, std::move(question));
}

Task<Result<std::vector<AuditEntry>>> SqliteStore::read_audit(AuditQuery query) {
    std::move_only_function<Result<std::vector<AuditEntry>>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) { return reader.config.read_audit(query); };
    return ask(readers_, std::move(question));
}

Task<Result<ParkedPage>> SqliteStore::load_parked(ParkedQuery query) {
    std::move_only_function<Result<ParkedPage>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) { return reader.log.load_parked(query); };
    return ask(readers_, std::move(question));
}

Task<Result<EventHistory>> SqliteStore::read_event(EventId id) {
    std::move_only_function<Result<EventHistory>(StoreReader&)> question =
        [id](StoreReader& reader) { return reader.log.read_event(id); };
    return ask(readers_, std::move(question));
}

Task<Result<std::vector<AttemptOfEndpoint>>> SqliteStore::attempts_of_endpoint(EndpointId id,
                                                                               std::size_t limit) {
    std::move_only_function<Result<std::vector<AttemptOfEndpoint>>(StoreReader&)> question =
        [id, limit](StoreReader& reader) { return reader.log.attempts_of_endpoint(id, limit); };
    return ask(readers_, std::move(question));
}

Task<Result<Tally>> SqliteStore::tally() {
    // The writer keeps the sum in step with its commits; a reader would have to open every file.
    co_return writer_.tally();
}

Task<Result<EventId>> SqliteStore::find_event(ApplicationId application, std::string uid) {
    std::move_only_function<Result<EventId>(SqliteWriter&)> question =
        [application, uid = std::move(uid)](SqliteWriter& writer) {
            return writer.find_event(application, uid);
        };
    return ask(writer_, std::move(question));
}

Task<Result<EventPage>> SqliteStore::list_events(EventQuery query) {
    std::move_only_function<Result<EventPage>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) { return reader.log.list_events(query); };
    return ask(readers_, std::move(question));
}

Task<Result<DeliveryPage>> SqliteStore::list_deliveries(DeliveryQuery query) {
    std::move_only_function<Result<DeliveryPage>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) {
            return reader.log.list_deliveries(query);
        };
    return ask(readers_, std::move(question));
}

Task<Result<AttemptPage>> SqliteStore::list_attempts(AttemptQuery query) {
    std::move_only_function<Result<AttemptPage>(StoreReader&)> question =
        [query = std::move(query)](StoreReader& reader) { return reader.log.list_attempts(query); };
    return ask(readers_, std::move(question));
}

Task<Result<AttemptCounts>> SqliteStore::count_attempts(EndpointId endpoint, Timestamp since,
                                                        Timestamp until) {
    std::move_only_function<Result<AttemptCounts>(StoreReader&)> question =
        [endpoint, since, until](StoreReader& reader) {
            return reader.log.count_attempts(endpoint, since, until);
        };
    return ask(readers_, std::move(question));
}

Task<Result<void>> SqliteStore::expunge_payload(EventId id) {
    std::move_only_function<Result<void>(SqliteWriter&)> question = [id](SqliteWriter& writer) {
        return writer.expunge_payload(id);
    };
    return ask(writer_, std::move(question));
}

Task<Result<void>> SqliteStore::expunge_response(EventId event, EndpointId endpoint,
                                                 std::uint32_t number) {
    std::move_only_function<Result<void>(SqliteWriter&)> question = [event, endpoint,
                                                                     number](SqliteWriter& writer) {
        return writer.expunge_response(event, endpoint, number);
    };
    return ask(writer_, std::move(question));
}

Task<Result<ScanSlice>> SqliteStore::scan(std::uint64_t after_hi, std::size_t limit) {
    std::move_only_function<Result<ScanSlice>(StoreReader&)> question =
        [after_hi, limit](StoreReader& reader) { return reader.log.scan(after_hi, limit); };
    return ask(readers_, std::move(question));
}

Task<Result<std::uint64_t>> SqliteStore::expire(RetentionPolicy policy, Timestamp now) {
    std::move_only_function<Result<std::uint64_t>(StoreReader&)> question =
        [this, policy, now](StoreReader& reader) {
            return maintenance_.expire(reader.log, policy, now);
        };
    return ask(maintenance_, std::move(question));
}

Task<Result<void>> SqliteStore::replace_keys(std::shared_ptr<const KeyRing> keys) {
    std::move_only_function<Result<void>(SqliteWriter&)> question =
        [keys = std::move(keys)](SqliteWriter& writer) mutable {
            return writer.replace_keys(std::move(keys));
        };
    return ask(writer_, std::move(question));
}

Task<Result<ResealReport>> SqliteStore::reseal() {
    std::move_only_function<Result<ResealReport>(StoreReader&)> question =
        [this](StoreReader& reader) { return maintenance_.reseal(reader.config); };
    return ask(maintenance_, std::move(question));
}

StoreStats SqliteStore::stats() const {
    StoreStats stats;
    writer_.fill(stats);
    const std::string problem = partitions_.problem();
    if (!problem.empty()) stats.problem += (stats.problem.empty() ? "" : " ") + problem;
    stats.fsyncs = counted_syncs(options_.vfs);
    const auto partitions = partitions_.all();
    stats.partitions = partitions.size();
    const auto add = [&](const std::string& path) {
        std::error_code missing;
        const auto bytes = std::filesystem::file_size(path, missing);
        if (!missing) stats.bytes_on_disk += bytes;
    };
    for (const char* suffix : {"", "-wal"}) {
        add(config_path(options_) + suffix);
        for (const LogPartitionPtr& partition : partitions) add(partition->path + suffix);
    }
    return stats;
}

}  // namespace posthaste
