#pragma once

// The reader threads: a queue of questions, each answered by whichever thread is free. Thread-safe.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/postgres/pg_reader.h"
#include "store/postgres/postgres_options.h"

namespace posthaste {

class PgReaderPool {
public:
    using Job = std::move_only_function<void(PgReader&)>;

    PgReaderPool(const PostgresOptions& options, const Sealer& sealer)
        : options_(options), sealer_(sealer) {}
    ~PgReaderPool() { stop(); }
    void start(std::size_t threads);
    // Answers what is queued, then ends. Idempotent.
    void stop();
    // False once stopped: the job was not taken and is still the caller's.
    [[nodiscard]] bool post(Job& job);

private:
    void run();

    const PostgresOptions& options_;
    const Sealer& sealer_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool is_stopping_ = true;
    std::vector<std::thread> threads_;
};

}  // namespace posthaste
