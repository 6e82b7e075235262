#pragma once

// What a SqliteStore is made with. Constant after construction; tests make the limits small.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "domain/sealing.h"

namespace posthaste {

struct SqliteOptions {
    std::string directory;                // holds posthaste.db and log/; made when missing
    std::shared_ptr<const KeyRing> keys;  // of what must not lie readable in the files; never null
    bool encrypt_payloads = false;        // also payloads, bodies and responses
    std::string vfs;                      // the SQLite VFS below ours; empty: the default one
    std::uint64_t partition_bytes_max = 512u << 20;
    std::uint64_t partition_events_max = 512u
                                         << 10;  // bounds what is kept in memory of an open file
    Duration partition_age_max = 1h;
    std::size_t reader_threads = 2;
    std::size_t checkpoint_pages = 4000;            // write-ahead log size that starts a checkpoint
    std::size_t index_chunk = 2000;                 // index rows written between two commits
    std::size_t open_files_max = 8;                 // older log files the writer keeps open
    std::size_t key_filters_bytes_max = 32u << 20;  // Bloom filters of closed files, newest first
    std::uint64_t rewrite_bytes_min = 1u << 20;     // smaller files are not worth rewriting
    int page_bytes = 8192;  // measured best for 1 KB payloads in groups of 64
};

[[nodiscard]] inline std::string config_path(const SqliteOptions& options) {
    return options.directory + "/posthaste.db";
}

}  // namespace posthaste
