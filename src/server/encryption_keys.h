#pragma once

// Where the keys of secrets at rest come from: the setting encryption_key, or a file of keys, which is made at the first start
// when no setting names one.

#include <memory>
#include <string>

#include "base/result.h"
#include "domain/sealing.h"
#include "server/config.h"

namespace posthaste {

struct EncryptionKeys {
    std::shared_ptr<const KeyRing> ring;
    std::string file;     // empty: they came with the settings
    bool is_new = false;  // the file was made just now
};

// From the system's randomness.
[[nodiscard]] SealingKey make_sealing_key();

// The file of keys; empty when they come with the settings.
[[nodiscard]] std::string key_file_path(const ServerConfig& config);

// Makes the file if there is none, unless that would hide that the keys of what is stored are missing.
[[nodiscard]] Result<EncryptionKeys> load_encryption_keys(const ServerConfig& config);

}  // namespace posthaste
