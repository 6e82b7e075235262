#include "store/sqlite/testing/fault_vfs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "store/sqlite/database.h"
#include "store/sqlite/testing/store_driver.h"

namespace posthaste {

namespace fs = std::filesystem;

struct FaultVfs::Inode {
    std::string path;
    bool syncs_directory =
        false;  // a write-ahead log or journal: SQLite syncs the directory with its first sync
    std::string content;          // synced
    std::vector<Change> pending;  // not synced
};

struct FaultVfs::File {
    sqlite3_file base;
    FaultVfs* owner;
    InodePtr* inode;  // null for files that are not tracked
};

namespace {

std::string read_whole(const std::string& path) {
    std::string content(fs::file_size(path), '\0');
    std::ifstream(path, std::ios::binary)
        .read(content.data(), static_cast<std::streamsize>(content.size()));
    return content;
}

void apply(std::string& content, std::int64_t offset, std::string_view bytes) {
    const auto at = static_cast<std::size_t>(offset);
    if (content.size() < at + bytes.size()) content.resize(at + bytes.size());
    content.replace(at, bytes.size(), bytes);
}

}  // namespace

// The C functions SQLite calls.
struct FaultVfs::Hooks {
    static File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
    static sqlite3_file* below(sqlite3_file* file) {
        return reinterpret_cast<sqlite3_file*>(self(file) + 1);
    }
    static FaultVfs* self(sqlite3_vfs* vfs) { return static_cast<FaultVfs*>(vfs->pAppData); }

    static int close(sqlite3_file* f) {
        const int code = below(f)->pMethods->xClose(below(f));
        delete self(f)->inode;
        return code;
    }
    static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
        return below(f)->pMethods->xRead(below(f), to, n, at);
    }
    static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
        FaultVfs& owner = *self(f)->owner;
        if (self(f)->inode == nullptr) return below(f)->pMethods->xWrite(below(f), from, n, at);
        const std::scoped_lock lock(owner.mutex_);
        int code = SQLITE_OK;
        const bool had_power = !owner.is_cut_;
        const bool has_power = owner.has_power(code, SQLITE_IOERR_WRITE);
        Change change{at, std::string(static_cast<const char*>(from), static_cast<std::size_t>(n)),
                      false};
        // The write during which the power goes may have reached the disk in part.
        if (had_power && !has_power) (*self(f)->inode)->pending.push_back(std::move(change));
        if (!has_power) return code;
        if (owner.writes_left_ == 0) {
            ++owner.failures_;
            return SQLITE_FULL;
        }
        --owner.writes_left_;
        (*self(f)->inode)->pending.push_back(std::move(change));
        return below(f)->pMethods->xWrite(below(f), from, n, at);
    }
    static int truncate(sqlite3_file* f, sqlite3_int64 size) {
        FaultVfs& owner = *self(f)->owner;
        if (self(f)->inode == nullptr) return below(f)->pMethods->xTruncate(below(f), size);
        const std::scoped_lock lock(owner.mutex_);
        int code = SQLITE_OK;
        if (!owner.has_power(code, SQLITE_IOERR_TRUNCATE)) return code;
        (*self(f)->inode)->pending.push_back({size, {}, true});
        return below(f)->pMethods->xTruncate(below(f), size);
    }
    static int sync(sqlite3_file* f, int) {
        FaultVfs& owner = *self(f)->owner;
        if (self(f)->inode == nullptr) return SQLITE_OK;
        const std::scoped_lock lock(owner.mutex_);
        int code = SQLITE_OK;
        if (!owner.has_power(code, SQLITE_IOERR_FSYNC)) return code;
        Inode& inode = **self(f)->inode;
        if (owner.syncs_to_fail_ > 0 && inode.path.find(owner.part_) != std::string::npos) {
            --owner.syncs_to_fail_;
            ++owner.failures_;
            if (owner.unsynced_ == UnsyncedBytes::dropped) drop_unsynced(f, inode);
            return SQLITE_IOERR_FSYNC;
        }
        owner.synced(inode);
        return SQLITE_OK;
    }
    // In place: what was synced stays readable all the time. Not by the path: closing a second descriptor of a database would
    // give up its locks.
    static void drop_unsynced(sqlite3_file* f, Inode& inode) {
        constexpr std::size_t kChunk = 64 << 10;  // SQLite's own VFS takes less than 128 KiB
        const sqlite3_io_methods& methods = *below(f)->pMethods;
        int code = SQLITE_OK;
        for (std::size_t at = 0; at < inode.content.size() && code == SQLITE_OK; at += kChunk) {
            const std::string_view chunk = std::string_view(inode.content).substr(at, kChunk);
            code = methods.xWrite(below(f), chunk.data(), static_cast<int>(chunk.size()),
                                  static_cast<sqlite3_int64>(at));
        }
        const auto size = static_cast<sqlite3_int64>(inode.content.size());
        if (code == SQLITE_OK) code = methods.xTruncate(below(f), size);
        EXPECT_EQ(code, SQLITE_OK) << "the test itself cannot write " << inode.path;
        inode.pending.clear();
    }
    static int file_size(sqlite3_file* f, sqlite3_int64* size) {
        return below(f)->pMethods->xFileSize(below(f), size);
    }
    static int lock(sqlite3_file* f, int level) {
        return below(f)->pMethods->xLock(below(f), level);
    }
    static int unlock(sqlite3_file* f, int level) {
        return below(f)->pMethods->xUnlock(below(f), level);
    }
    static int reserved(sqlite3_file* f, int* out) {
        return below(f)->pMethods->xCheckReservedLock(below(f), out);
    }
    static int control(sqlite3_file* f, int op, void* arg) {
        return below(f)->pMethods->xFileControl(below(f), op, arg);
    }
    static int sector(sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); }
    static int traits(sqlite3_file* f) {
        return below(f)->pMethods->xDeviceCharacteristics(below(f));
    }
    static int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
        return below(f)->pMethods->xShmMap(below(f), region, size, extend, out);
    }
    static int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
        return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
    }
    static void shm_barrier(sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); }
    static int shm_unmap(sqlite3_file* f, int remove) {
        return below(f)->pMethods->xShmUnmap(below(f), remove);
    }

    static constexpr sqlite3_io_methods kMethods = {
        2,        close,       read,      write,   truncate, sync,   file_size,
        lock,     unlock,      reserved,  control, sector,   traits, shm_map,
        shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags,
                    int* out_flags) {
        FaultVfs& owner = *self(vfs);
        f->pMethods = nullptr;
        self(f)->owner = &owner;
        self(f)->inode = nullptr;
        const bool is_tracked =
            path != nullptr &&
            (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
        const std::scoped_lock lock(owner.mutex_);
        const bool creates = is_tracked && (flags & SQLITE_OPEN_CREATE) != 0 && !fs::exists(path);
        int code = SQLITE_OK;
        if (creates && !owner.has_power(code, SQLITE_CANTOPEN)) return code;
        InodePtr inode;
        if (is_tracked && (creates || fs::exists(path))) inode = owner.opened(path);
        code = owner.below_->xOpen(owner.below_, path, below(f), flags, out_flags);
        if (below(f)->pMethods == nullptr) return code;
        f->pMethods = &kMethods;
        if (inode) {
            inode->syncs_directory = (flags & SQLITE_OPEN_MAIN_DB) == 0;
            self(f)->inode = new InodePtr(std::move(inode));
        }
        return code;
    }
    static int remove(sqlite3_vfs* vfs, const char* path, int sync) {
        FaultVfs& owner = *self(vfs);
        const std::scoped_lock lock(owner.mutex_);
        int code = SQLITE_OK;
        if (!owner.has_power(code, SQLITE_IOERR_DELETE)) return code;
        code = owner.below_->xDelete(owner.below_, path, 0);
        if (code == SQLITE_OK) owner.deleted(path, sync != 0);
        return code;
    }
    static int access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
        return self(vfs)->below_->xAccess(self(vfs)->below_, path, flags, out);
    }
    static int full_path(sqlite3_vfs* vfs, const char* path, int n, char* out) {
        return self(vfs)->below_->xFullPathname(self(vfs)->below_, path, n, out);
    }
    static int random(sqlite3_vfs* vfs, int n, char* out) {
        return self(vfs)->below_->xRandomness(self(vfs)->below_, n, out);
    }
    static int sleep(sqlite3_vfs* vfs, int micros) {
        return self(vfs)->below_->xSleep(self(vfs)->below_, micros);
    }
    static int time(sqlite3_vfs* vfs, double* out) {
        return self(vfs)->below_->xCurrentTime(self(vfs)->below_, out);
    }
    static int last_error(sqlite3_vfs*, int, char*) { return 0; }
    static int time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
        return self(vfs)->below_->xCurrentTimeInt64(self(vfs)->below_, out);
    }
};

FaultVfs::FaultVfs(std::string name) : name_(std::move(name)), below_(sqlite3_vfs_find(nullptr)) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + below_->szOsFile;
    vfs_.mxPathname = below_->mxPathname;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = Hooks::open;
    vfs_.xDelete = Hooks::remove;
    vfs_.xAccess = Hooks::access;
    vfs_.xFullPathname = Hooks::full_path;
    vfs_.xRandomness = Hooks::random;
    vfs_.xSleep = Hooks::sleep;
    vfs_.xCurrentTime = Hooks::time;
    vfs_.xGetLastError = Hooks::last_error;
    vfs_.xCurrentTimeInt64 = Hooks::time64;
    sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&vfs_); }

void FaultVfs::cut_power_after(std::uint64_t operations) {
    const std::scoped_lock lock(mutex_);
    operations_left_ = operations;
}

void FaultVfs::fill_disk_after(std::uint64_t writes) {
    const std::scoped_lock lock(mutex_);
    writes_left_ = writes;
}

void FaultVfs::fail_syncs(std::uint64_t count, UnsyncedBytes unsynced, std::string part) {
    const std::scoped_lock lock(mutex_);
    syncs_to_fail_ = count;
    unsynced_ = unsynced;
    part_ = std::move(part);
}

void FaultVfs::clear_faults() {
    const std::scoped_lock lock(mutex_);
    writes_left_ = UINT64_MAX;
    syncs_to_fail_ = 0;
}

// Counts one operation; false, with the code to report, when the power is gone.
bool FaultVfs::has_power(int& code, int failure) {
    if (!is_cut_ && operations_left_ > 0) {
        if (operations_left_ != UINT64_MAX) --operations_left_;
        return true;
    }
    is_cut_ = true;
    code = failure;
    return false;
}

FaultVfs::InodePtr FaultVfs::opened(const std::string& path) {
    InodePtr& live = live_[path];
    if (live) return live;
    live = std::make_shared<Inode>();
    live->path = path;
    // A file from before this VFS looked is durable as it is.
    if (fs::exists(path)) {
        live->content = read_whole(path);
        durable_[path] = live;
    }
    return live;
}

void FaultVfs::synced(Inode& inode) {
    for (const Change& change : inode.pending) {
        if (change.is_truncate) {
            inode.content.resize(static_cast<std::size_t>(change.offset));
        } else {
            apply(inode.content, change.offset, change.bytes);
        }
    }
    inode.pending.clear();
    if (!inode.syncs_directory) return;
    const fs::path directory = fs::path(inode.path).parent_path();
    for (const auto& [path, live] : live_) {
        if (fs::path(path).parent_path() == directory) durable_[path] = live;
    }
}

void FaultVfs::deleted(const std::string& path, bool is_durable) {
    live_[path] = nullptr;
    if (is_durable) durable_[path] = nullptr;
}

std::string FaultVfs::surviving(const Inode& inode, std::mt19937_64& random) const {
    constexpr std::size_t kSector = 512;
    std::string content = inode.content;
    const auto mode = random() % 4;
    const std::size_t whole = inode.pending.empty() ? 0 : random() % (inode.pending.size() + 1);
    for (std::size_t i = 0; i < inode.pending.size(); ++i) {
        const Change& change = inode.pending[i];
        if (mode == 0 || (mode == 1 && i >= whole)) break;  // nothing, or a beginning
        if (change.is_truncate) {
            if (mode == 1 || random() % 2 == 0)
                content.resize(static_cast<std::size_t>(change.offset));
            continue;
        }
        for (std::size_t at = 0; at < change.bytes.size(); at += kSector) {
            const bool survives = mode == 1 || (mode == 2 ? random() % 2 == 0 : random() % 16 != 0);
            if (!survives) continue;
            apply(content, change.offset + static_cast<std::int64_t>(at),
                  std::string_view(change.bytes).substr(at, kSector));
        }
    }
    return content;
}

void FaultVfs::restore(std::mt19937_64& random) {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, InodePtr> kept;
    for (const auto& [path, live] : live_) {
        const auto durable = durable_.find(path);
        const InodePtr before = durable == durable_.end() ? nullptr : durable->second;
        const InodePtr& inode = random() % 2 == 0 ? before : live;
        fs::remove(path);
        fs::remove(path + "-shm");
        if (!inode) continue;
        std::ofstream(path, std::ios::binary) << surviving(*inode, random);
    }
    live_.clear();
    durable_.clear();
    operations_left_ = UINT64_MAX;
    is_cut_ = false;
}

void FaultVfs::forget() {
    const std::scoped_lock lock(mutex_);
    live_.clear();
    durable_.clear();
}

namespace {

// Proves that the VFS can find a program guilty: without syncs SQLite loses what it reported as committed.
TEST(FaultVfs, loses_what_was_not_synced_and_keeps_what_was) {
    std::mt19937_64 random(1);
    for (const bool is_careful : {true, false}) {
        int lost = 0;
        for (int round = 0; round < 20; ++round) {
            const TemporaryDirectory directory;
            FaultVfs vfs("faulty-" + std::to_string(is_careful) + std::to_string(round));
            const std::string path = directory.path() + "/test.db";
            {
                auto database = SqliteDatabase::open(path, SqliteAccess::create, vfs.name());
                ASSERT_TRUE(database);
                ASSERT_TRUE(database->execute(
                    "PRAGMA journal_mode=WAL; CREATE TABLE t(x); PRAGMA synchronous=" +
                    std::string(is_careful ? "FULL" : "OFF")));
                for (int i = 0; i < 5; ++i)
                    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
                vfs.cut_power_after(0);
                EXPECT_FALSE(database->execute("INSERT INTO t VALUES (1)"));
                EXPECT_TRUE(vfs.is_cut());
            }
            vfs.restore(random);
            auto database = SqliteDatabase::open(path, SqliteAccess::create, vfs.name());
            ASSERT_TRUE(database);
            const auto rows = database->query_integer("SELECT count(*) FROM t");
            lost += !rows || *rows < 5;
        }
        EXPECT_EQ(lost == 0, is_careful) << lost << " of 20";
    }
}

// Two syncs fail: that of the commit, and that of the checkpoint with which closing would settle the question.
TEST(FaultVfs, a_failed_sync_keeps_or_drops_the_bytes_it_was_for) {
    using Unsynced = FaultVfs::UnsyncedBytes;
    for (const Unsynced unsynced : {Unsynced::kept, Unsynced::dropped}) {
        const TemporaryDirectory directory;
        FaultVfs vfs("unsynced");
        const std::string path = directory.path() + "/test.db";
        {
            auto database = SqliteDatabase::open(path, SqliteAccess::create, vfs.name());
            ASSERT_TRUE(database);
            ASSERT_TRUE(database->execute(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t(x)"));
            ASSERT_TRUE(database->execute("INSERT INTO t VALUES (1)"));
            vfs.fail_syncs(2, unsynced, "elsewhere");
            ASSERT_TRUE(database->execute("INSERT INTO t VALUES (2)"));
            vfs.fail_syncs(2, unsynced, "test.db-wal");
            EXPECT_FALSE(database->execute("INSERT INTO t VALUES (3)"));
        }
        EXPECT_EQ(vfs.failures(), 2u);
        auto database = SqliteDatabase::open(path, SqliteAccess::create, vfs.name());
        ASSERT_TRUE(database);
        EXPECT_EQ(database->query_integer("SELECT count(*) FROM t").value(),
                  unsynced == Unsynced::kept ? 3 : 2);
    }
}

}  // namespace
}  // namespace posthaste
