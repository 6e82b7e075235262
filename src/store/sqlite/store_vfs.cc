#include "store/sqlite/store_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace posthaste {

namespace {

struct StoreVfs {
    sqlite3_vfs vfs{};
    sqlite3_vfs* below = nullptr;
    std::string name;
    std::atomic<std::uint64_t> syncs{0};
};

// SQLite writes a commit to its write-ahead log in two small writes per page. Writes that follow each other are joined here
// and leave as one before the sync that makes them durable, or before anything else could see them.
struct JoinedWrites {
    static constexpr std::size_t kBytesMax = 48
                                             << 10;  // SQLite takes less than 128 KiB in one write
    std::string bytes;
    sqlite3_int64 at = 0;
    [[nodiscard]] bool continues(sqlite3_int64 offset) const {
        return offset == at + static_cast<sqlite3_int64>(bytes.size());
    }
};

// The file below follows in the same allocation, which SQLite makes szOsFile bytes long.
struct StoreFile {
    sqlite3_file base;
    StoreVfs* owner;
    JoinedWrites* joined;  // write-ahead logs only
};

StoreFile* self(sqlite3_file* file) { return reinterpret_cast<StoreFile*>(file); }
sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(self(file) + 1); }
StoreVfs* self(sqlite3_vfs* vfs) { return static_cast<StoreVfs*>(vfs->pAppData); }

// After a failure the bytes are dropped: SQLite rolls back and writes anew.
int flush(sqlite3_file* f) {
    JoinedWrites* const joined = self(f)->joined;
    if (joined == nullptr || joined->bytes.empty()) return SQLITE_OK;
    const int code = below(f)->pMethods->xWrite(below(f), joined->bytes.data(),
                                                static_cast<int>(joined->bytes.size()), joined->at);
    joined->bytes.clear();
    return code;
}

int file_close(sqlite3_file* f) {
    const int flushed = flush(f);
    const std::unique_ptr<JoinedWrites> released(std::exchange(self(f)->joined, nullptr));
    const int closed = below(f)->pMethods->xClose(below(f));
    return flushed != SQLITE_OK ? flushed : closed;
}
int file_read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
    if (const int code = flush(f); code != SQLITE_OK) return code;
    return below(f)->pMethods->xRead(below(f), to, n, at);
}
int file_write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
    JoinedWrites* const joined = self(f)->joined;
    if (joined == nullptr) return below(f)->pMethods->xWrite(below(f), from, n, at);
    if (!joined->continues(at) || joined->bytes.size() >= JoinedWrites::kBytesMax)
        if (const int code = flush(f); code != SQLITE_OK) return code;
    if (joined->bytes.empty()) joined->at = at;
    joined->bytes.append(static_cast<const char*>(from), static_cast<std::size_t>(n));
    return SQLITE_OK;
}
int file_truncate(sqlite3_file* f, sqlite3_int64 size) {
    if (const int code = flush(f); code != SQLITE_OK) return code;
    return below(f)->pMethods->xTruncate(below(f), size);
}
int file_sync(sqlite3_file* f, int flags) {
    if (const int code = flush(f); code != SQLITE_OK) return code;
    self(f)->owner->syncs.fetch_add(1, std::memory_order_relaxed);
    return below(f)->pMethods->xSync(below(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) {
    if (const int code = flush(f); code != SQLITE_OK) return code;
    return below(f)->pMethods->xFileSize(below(f), size);
}
int file_lock(sqlite3_file* f, int level) { return below(f)->pMethods->xLock(below(f), level); }
int file_unlock(sqlite3_file* f, int level) { return below(f)->pMethods->xUnlock(below(f), level); }
int file_reserved(sqlite3_file* f, int* out) {
    return below(f)->pMethods->xCheckReservedLock(below(f), out);
}
int file_control(sqlite3_file* f, int op, void* arg) {
    return below(f)->pMethods->xFileControl(below(f), op, arg);
}
int file_sector(sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); }
int file_traits(sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); }
int file_shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    return below(f)->pMethods->xShmMap(below(f), region, size, extend, out);
}
int file_shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
}
// Between the two copies of the index header that publish a commit to readers.
void file_shm_barrier(sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); }
int file_shm_unmap(sqlite3_file* f, int remove) {
    return below(f)->pMethods->xShmUnmap(below(f), remove);
}

// Version 2: shared memory, but no memory-mapped reads, which nobody turns on.
constexpr sqlite3_io_methods kMethods = {
    2,           file_close,   file_read,     file_write,       file_truncate,  file_sync,
    file_size,   file_lock,    file_unlock,   file_reserved,    file_control,   file_sector,
    file_traits, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, nullptr,
    nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* f, int flags, int* out_flags) {
    f->pMethods = nullptr;
    self(f)->owner = self(vfs);
    self(f)->joined = nullptr;
    sqlite3_vfs* const target = self(vfs)->below;
    const int code = target->xOpen(target, path, below(f), flags, out_flags);
    // As SQLite asks: methods are set exactly when close must be called.
    if (below(f)->pMethods == nullptr) return code;
    f->pMethods = &kMethods;
    if ((flags & SQLITE_OPEN_WAL) != 0)
        self(f)->joined = std::make_unique<JoinedWrites>().release();
    return code;
}
int vfs_delete(sqlite3_vfs* vfs, const char* path, int sync) {
    return self(vfs)->below->xDelete(self(vfs)->below, path, sync);
}
int vfs_access(sqlite3_vfs* vfs, const char* path, int flags, int* out) {
    return self(vfs)->below->xAccess(self(vfs)->below, path, flags, out);
}
int vfs_full_path(sqlite3_vfs* vfs, const char* path, int n, char* out) {
    return self(vfs)->below->xFullPathname(self(vfs)->below, path, n, out);
}
int vfs_random(sqlite3_vfs* vfs, int n, char* out) {
    return self(vfs)->below->xRandomness(self(vfs)->below, n, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int micros) {
    return self(vfs)->below->xSleep(self(vfs)->below, micros);
}
int vfs_time(sqlite3_vfs* vfs, double* out) {
    return self(vfs)->below->xCurrentTime(self(vfs)->below, out);
}
int vfs_last_error(sqlite3_vfs* vfs, int n, char* out) {
    return self(vfs)->below->xGetLastError(self(vfs)->below, n, out);
}
int vfs_time64(sqlite3_vfs* vfs, sqlite3_int64* out) {
    return self(vfs)->below->xCurrentTimeInt64(self(vfs)->below, out);
}

std::mutex registry_mutex;
// Registered VFSs live as long as the process: SQLite keeps pointers to them.
std::map<std::string, std::unique_ptr<StoreVfs>>& registry() {
    static auto* const all = new std::map<std::string, std::unique_ptr<StoreVfs>>;
    return *all;
}

}  // namespace

Result<std::string> register_store_vfs(const std::string& below_name) {
    const std::scoped_lock lock(registry_mutex);
    sqlite3_vfs* const target = sqlite3_vfs_find(below_name.empty() ? nullptr : below_name.c_str());
    if (target == nullptr)
        return fail(ErrorCode::invalid, "There is no SQLite VFS named '" + below_name + "'.");
    const std::string name = std::string("posthaste-") + target->zName;
    std::unique_ptr<StoreVfs>& slot = registry()[name];
    if (slot) {
        slot->below = target;
        return name;
    }
    slot = std::make_unique<StoreVfs>();
    slot->below = target;
    slot->name = name;
    sqlite3_vfs& vfs = slot->vfs;
    vfs.iVersion = 2;
    vfs.szOsFile = static_cast<int>(sizeof(StoreFile)) + target->szOsFile;
    vfs.mxPathname = target->mxPathname;
    vfs.zName = slot->name.c_str();
    vfs.pAppData = slot.get();
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_path;
    vfs.xRandomness = vfs_random;
    vfs.xSleep = vfs_sleep;
    vfs.xCurrentTime = vfs_time;
    vfs.xGetLastError = vfs_last_error;
    vfs.xCurrentTimeInt64 = vfs_time64;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        return fail(ErrorCode::io, "Cannot register a SQLite VFS.");
    return name;
}

std::uint64_t counted_syncs(const std::string& name) {
    const std::scoped_lock lock(registry_mutex);
    const auto found = registry().find(name);
    return found == registry().end() ? 0 : found->second->syncs.load(std::memory_order_relaxed);
}

}  // namespace posthaste
