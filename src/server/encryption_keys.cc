#include "server/encryption_keys.h"

#include <fmt/format.h>

#include "domain/wipe.h"
#include "net/system_entropy.h"
#include "server/key_file.h"
#include "server/open_store.h"

namespace posthaste {

namespace {

Result<EncryptionKeys> make_keys(const ServerConfig& config, const std::string& path) {
    if (!config.encryption_key_file.empty())
        return fail(ErrorCode::not_found,
                    fmt::format("{} does not exist; make it with: (umask 077; openssl rand -base64 "
                                "32 > {})",
                                path, path));
    ASSIGN_OR_RETURN(const SealingStatus status, read_sealing_status(config));
    if (!status.keys.empty())
        return fail(ErrorCode::not_found,
                    fmt::format("{} is missing, and secrets in {} are sealed with the key {}: put "
                                "the file back from your copy, or name another with "
                                "--encryption-key-file; without the key they cannot be read",
                                path, describe_database(config), to_hex(status.keys.front().key)));
    ASSIGN_OR_RETURN(const KeyFile made, KeyFile::make(path, make_sealing_key()));
    return EncryptionKeys{std::make_shared<const KeyRing>(made.keys()), path, true};
}

}  // namespace

SealingKey make_sealing_key() {
    SystemEntropy entropy;
    auto bytes = draw_bytes<kSealingKeyBytes>([&] { return entropy.next(); });
    SealingKey key(bytes);
    wipe(bytes);
    return key;
}

std::string key_file_path(const ServerConfig& config) {
    if (!config.encryption_keys.empty()) return {};
    return config.encryption_key_file.empty() ? config.database_dir + "/encryption_key"
                                              : config.encryption_key_file;
}

Result<EncryptionKeys> load_encryption_keys(const ServerConfig& config) {
    if (!config.encryption_keys.empty())
        return EncryptionKeys{std::make_shared<const KeyRing>(config.encryption_keys), {}, false};
    const std::string path = key_file_path(config);
    Result<KeyFile> file = KeyFile::read(path);
    if (file) return EncryptionKeys{std::make_shared<const KeyRing>(file->keys()), path, false};
    if (file.error().code != ErrorCode::not_found) return std::unexpected(std::move(file).error());
    return make_keys(config, path);
}

}  // namespace posthaste
