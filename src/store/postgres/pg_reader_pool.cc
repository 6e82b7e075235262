#include "store/postgres/pg_reader_pool.h"

namespace posthaste {

void PgReaderPool::start(std::size_t threads) {
    is_stopping_ = false;
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

void PgReaderPool::stop() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

bool PgReaderPool::post(Job& job) {
    {
        const std::scoped_lock lock(mutex_);
        if (is_stopping_) return false;
        jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
    return true;
}

void PgReaderPool::run() {
    PgReader reader(options_, sealer_);
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job(reader);
        job = nullptr;
        lock.lock();
    }
}

}  // namespace posthaste
