#pragma once

// The file of encryption keys: one a line, as SealingKey::parse takes it; the first one seals. Empty lines and lines that
// begin with # are left alone. Nobody but its owner may write it, and others may not read it. Changes are durable on return.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/sealing.h"
#include "server/commands/file_descriptor.h"

namespace posthaste {

class KeyFile {
public:
    // not_found when there is none; invalid when others may read it or a line is no key: the message says what to do.
    [[nodiscard]] static Result<KeyFile> read(const std::string& path);
    // Makes it, with one key. REQUIRES: there is none.
    [[nodiscard]] static Result<KeyFile> make(const std::string& path, const SealingKey& key);
    KeyFile(KeyFile&&) = default;
    KeyFile& operator=(KeyFile&&) = default;
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;
    ~KeyFile();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::vector<SealingKey>& keys() const { return keys_; }

    // Puts a new key before all others. Of several processes that change the file at once, each finds what the one before it
    // has written.
    [[nodiscard]] Result<void> put_first(const SealingKey& key);
    // Takes away every key but the first for which `is_unused(id)`; returns their ids.
    [[nodiscard]] Result<std::vector<SealingKeyId>> remove_if(
        const std::function<bool(SealingKeyId)>& is_unused);

private:
    explicit KeyFile(std::string path) : path_(std::move(path)) {}
    [[nodiscard]] Result<void> load(int descriptor);
    [[nodiscard]] Result<void> parse(std::string_view text);
    [[nodiscard]] Result<FileDescriptor> lock();
    [[nodiscard]] Result<void> write(const std::vector<std::string>& lines);
    void clear();

    std::string path_;  // without symbolic links
    std::vector<std::string> lines_;
    std::vector<SealingKey> keys_;  // those of the lines that hold one, in their order
};

}  // namespace posthaste
