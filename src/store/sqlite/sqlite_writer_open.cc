#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "store/sqlite/sqlite_writer.h"

namespace posthaste {

namespace {

namespace fs = std::filesystem;

Error directory_error(const std::string& path, const std::string& reason) {
    return Error{ErrorCode::unavailable,
                 "Cannot use the directory " + path + ": " + reason +
                     ". Check that it exists and that this user may write to it."};
}

Result<void> make_directory(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return std::unexpected(directory_error(path, error.message()));
    return {};
}

}  // namespace

void remove_log(const std::string& path) {
    std::error_code ignored;
    for (const char* suffix : {"-wal", "-shm", "-journal", ""}) fs::remove(path + suffix, ignored);
}

Result<void> sync_directory(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return std::unexpected(directory_error(path, std::strerror(errno)));
    const int code = ::fsync(descriptor);
    const int reason = errno;
    ::close(descriptor);
    if (code != 0) return std::unexpected(directory_error(path, std::strerror(reason)));
    return {};
}

Result<void> SqliteWriter::open() {
    if (auto done = make_directory(options_.directory + "/log"); !done) return done;
    if (auto done = sync_directory(options_.directory); !done) return done;
    auto config = ConfigFile::open(options_, sealer_);
    if (!config) {
        Error error = std::move(config).error();
        if (error.code == ErrorCode::corrupt) {
            error.message += " It holds all endpoints; without it the store cannot start.";
        }
        return std::unexpected(std::move(error));
    }
    config_ = std::make_unique<ConfigFile>(std::move(*config));
    if (auto done = finish_drops(); !done) return done;
    ASSIGN_OR_RETURN(tally_, config_->totals());
    ASSIGN_OR_RETURN(const auto floor, config_->id_floor());
    ids_.raise_floor(floor);
    return open_logs();
}

// Unlinks files whose counters are in the totals already: a crash came between the two.
Result<void> SqliteWriter::finish_drops() {
    ASSIGN_OR_RETURN(const auto names, config_->folded());
    for (const std::string& name : names) {
        remove_log(options_.directory + "/log/" + name);
        if (auto done = sync_directory(options_.directory + "/log"); !done) return done;
        if (auto done = config_->forget_folded(name); !done) return done;
    }
    return {};
}

Result<void> SqliteWriter::open_logs() {
    std::vector<std::pair<std::uint64_t, std::string>> names;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(options_.directory + "/log", error)) {
        const std::string name = item.path().filename().string();
        if (const auto first_hi = parse_log_file_name(name)) names.emplace_back(*first_hi, name);
        // A rewrite that a crash ended.
        if (name.ends_with(".tmp")) remove_log(item.path().string());
    }
    if (error)
        return std::unexpected(directory_error(options_.directory + "/log", error.message()));
    // Of a file and its rewritten copy the copy is meant, and has the greater name.
    std::sort(names.begin(), names.end());
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool is_replaced = i + 1 < names.size() && names[i + 1].first == names[i].first;
        if (is_replaced) {
            remove_log(options_.directory + "/log/" + names[i].second);
        } else if (auto done = open_log(names[i].second, names[i].first); !done) {
            return done;
        }
    }
    if (files_.empty()) return {};
    Entry& last = *files_.rbegin()->second;
    const LogPartition& partition = *last.file.partition();
    const bool is_last_of_all = partitions_.all().back()->first_hi == partition.first_hi;
    if (is_last_of_all && partition.stage == LogStage::open) newest_ = &last;
    close_idle_files();
    return {};
}

Result<void> SqliteWriter::open_log(const std::string& name, std::uint64_t first_hi) {
    auto partition =
        std::make_shared<LogPartition>(name, options_.directory + "/log/" + name, first_hi);
    ids_.raise_floor(first_hi);
    auto entry = std::make_unique<Entry>(partition, options_, sealer_);
    auto opened = entry->file.open(SqliteAccess::write);
    if (!opened) {
        if (opened.error().code != ErrorCode::corrupt) return opened;
        partitions_.set_aside(*partition, opened.error());
        partitions_.add(std::move(partition));
        return {};
    }
    ids_.raise_floor(partition->newest_hi);
    partitions_.add(std::move(partition));
    publish(*entry);
    if (!files_.empty()) files_.rbegin()->second->file.close();
    files_.emplace(first_hi, std::move(entry));
    return {};
}

Result<void> SqliteWriter::create_log(Timestamp now) {
    const auto clock_hi = static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(now), 0))
                          << 16;
    const std::uint64_t first_hi = std::max(ids_.last_hi() + 1, clock_hi);
    const std::string name = log_file_name(first_hi, now);
    auto partition =
        std::make_shared<LogPartition>(name, options_.directory + "/log/" + name, first_hi);
    auto entry = std::make_unique<Entry>(partition, options_, sealer_);
    auto done = entry->file.open(SqliteAccess::create);
    if (done) done = sync_directory(options_.directory + "/log");
    if (!done) {
        entry.reset();
        remove_log(partition->path);
        return done;
    }
    ids_.raise_floor(first_hi - 1);
    partition->attempts.set_warm(partition->attempts.epoch());
    partition->events.set_warm(partition->events.epoch());
    partitions_.add(std::move(partition));
    newest_ = entry.get();
    files_.emplace(first_hi, std::move(entry));
    return {};
}

}  // namespace posthaste
