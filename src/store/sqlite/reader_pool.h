#pragma once

// The reader threads: a queue of questions, each answered by whichever thread is free. Thread-safe.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite/config_reader.h"
#include "store/sqlite/log_reader.h"
#include "store/sqlite/sqlite_options.h"

namespace posthaste {

// What one of the threads reads with.
struct StoreReader {
    LogReader log;
    ConfigReader config;
};

class ReaderPool {
public:
    using Job = std::move_only_function<void(StoreReader&)>;

    ReaderPool(LogPartitions& partitions, const SqliteOptions& options, const Sealer& sealer)
        : partitions_(partitions), options_(options), sealer_(sealer) {}
    ~ReaderPool() { stop(); }
    void start(std::size_t threads);
    // Answers what is queued, then ends. Idempotent.
    void stop();
    // False once stopped: the job was not taken and is still the caller's.
    [[nodiscard]] bool post(Job& job);

private:
    void run();

    LogPartitions& partitions_;
    const SqliteOptions& options_;
    const Sealer& sealer_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool is_stopping_ = true;
    std::vector<std::thread> threads_;
};

}  // namespace posthaste
