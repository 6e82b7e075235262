#pragma once

// A SQLite VFS for tests, above the real one, that knows what a power cut would leave. For each file it keeps the synced
// content and the writes since; for each directory the names that a directory sync has made durable. cut_power_after()
// lets a number of operations pass and fails everything from then on, as seen from a program that is about to vanish.
// Once all files are closed, restore() makes the real files what the disk could hold then: synced content, and of what was
// not synced nothing, a beginning, or any torn subset of 512-byte sectors; new and deleted names may or may not have stuck.
//
// It also fails writes or syncs without any cut. Thread-safe.

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace posthaste {

class FaultVfs {
public:
    explicit FaultVfs(std::string name);
    ~FaultVfs();
    FaultVfs(const FaultVfs&) = delete;
    FaultVfs& operator=(const FaultVfs&) = delete;
    [[nodiscard]] const std::string& name() const { return name_; }

    void cut_power_after(std::uint64_t operations);
    [[nodiscard]] bool is_cut() const { return is_cut_; }
    void restore(std::mt19937_64& random);
    // Forgets all files, for a fresh directory.
    void forget();

    // Writes that pass before each further one fails with SQLITE_FULL; clear_faults() frees the disk again.
    void fill_disk_after(std::uint64_t writes);
    // What a sync that fails leaves of the bytes it was for: all of them, although nobody can be sure, or none, also for a
    // program that goes on.
    enum class UnsyncedBytes : std::uint8_t { kept, dropped };
    // Fails the next `count` syncs of files with `part` in their path.
    void fail_syncs(std::uint64_t count, UnsyncedBytes unsynced = UnsyncedBytes::kept,
                    std::string part = {});
    void clear_faults();
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    struct Inode;
    struct File;
    struct Hooks;
    struct Change {
        std::int64_t offset;
        std::string bytes;
        bool is_truncate;
    };
    using InodePtr = std::shared_ptr<Inode>;

    [[nodiscard]] bool has_power(int& code, int failure);
    [[nodiscard]] InodePtr opened(const std::string& path);
    void synced(Inode& inode);
    void deleted(const std::string& path, bool is_durable);
    [[nodiscard]] std::string surviving(const Inode& inode, std::mt19937_64& random) const;

    const std::string name_;
    sqlite3_vfs vfs_{};
    sqlite3_vfs* below_ = nullptr;
    std::mutex mutex_;
    std::map<std::string, InodePtr> live_;     // names as the program sees them
    std::map<std::string, InodePtr> durable_;  // names as they are after a power cut
    std::uint64_t operations_left_ = UINT64_MAX;
    std::uint64_t writes_left_ = UINT64_MAX;
    std::uint64_t syncs_to_fail_ = 0;
    UnsyncedBytes unsynced_ = UnsyncedBytes::kept;  // of a sync that fails
    std::string part_;                              // of the path of files whose sync fails
    std::atomic<bool> is_cut_{false};
    std::atomic<std::uint64_t> failures_{0};
};

}  // namespace posthaste
