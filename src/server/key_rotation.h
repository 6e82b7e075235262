#pragma once

// The encryption keys while the server runs: seals anew at the start what an earlier key has sealed, then follows the file of
// keys, so that a new first key takes effect without a restart. The file is looked at, not waited for by a signal: that
// reaches a server in another container, needs no process id that may have become another's, and cannot be lost.

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "server/encryption_keys.h"
#include "server/log.h"
#include "store/common/sealed_store.h"

namespace posthaste {

class KeyRotation {
public:
    // REQUIRES: the store was opened with these keys.
    KeyRotation(EncryptionKeys keys, SealedStore& store, Log& log, asio::io_context& loop);

    // For as long as the loop runs.
    Task<void> run();

private:
    // What tells one content of the file from the next: a replaced file has another inode.
    struct Stamp {
        std::uint64_t device = 0;
        std::uint64_t inode = 0;
        std::int64_t changed_at = 0;  // ns
        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    [[nodiscard]] Stamp stamp() const;  // zero when there is no file
    Task<bool> take_file();
    Task<bool> reseal();

    EncryptionKeys keys_;
    SealedStore& store_;
    Log& log_;
    asio::steady_timer timer_;
    Stamp seen_;
};

}  // namespace posthaste
