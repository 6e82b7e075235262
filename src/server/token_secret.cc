#include "server/token_secret.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "server/commands/file_descriptor.h"
#include "server/durable_file.h"

namespace posthaste {

namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kFileBytesMax = 16u << 10;

std::string token_path(const std::string& data_dir) { return data_dir + "/token_secret"; }
std::string session_path(const std::string& data_dir) { return data_dir + "/session_secret"; }

std::unexpected<Error> failed(const std::string& path, const char* doing) {
    return fail(ErrorCode::unavailable,
                fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)));
}

Result<std::string> load(const std::string& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) {
        if (errno != ENOENT) return failed(path, "read");
        return fail(ErrorCode::not_found, fmt::format("{} does not exist", path));
    }
    std::string text(kFileBytesMax, '\0');
    const ssize_t read = ::read(file.get(), text.data(), text.size());
    if (read < 0) return failed(path, "read");
    text.resize(static_cast<std::size_t>(read));
    while (text.ends_with('\n')) text.pop_back();
    if (text.empty())
        return fail(ErrorCode::corrupt, fmt::format("{} is empty: remove it, and a new secret is "
                                                    "made; tokens of the old one end",
                                                    path));
    return text;
}

Result<std::string> load_or_make(const std::string& path) {
    Result<std::string> kept = load(path);
    if (kept || kept.error().code != ErrorCode::not_found) return kept;
    std::string bytes(kSecretBytes, '\0');
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return failed(path, "draw random bytes for");
    std::string text = to_base64(bytes);
    if (Result<void> written = replace_file(path, text + "\n"); !written)
        return std::unexpected(written.error());
    return text;
}

}  // namespace

Result<std::string> load_token_secret(const std::string& data_dir) {
    Result<std::string> secret = load(token_path(data_dir));
    if (!secret && secret.error().code == ErrorCode::not_found)
        secret.error().message +=
            ": start the server once on this data folder, or give the secret with --jwt-secret";
    return secret;
}

Result<std::string> load_or_make_token_secret(const std::string& data_dir) {
    return load_or_make(token_path(data_dir));
}

Result<TokenSettings> token_settings(const std::string& algorithm,
                                     const std::string& configured_secret,
                                     const std::string& data_dir) {
    TokenSettings settings;
    const auto known = parse_token_algorithm(algorithm);
    if (!known) return fail(ErrorCode::invalid, fmt::format("no such algorithm: {}", algorithm));
    settings.algorithm = *known;
    settings.secret = configured_secret;
    if (!settings.secret.empty()) return settings;
    if (!algorithm.starts_with("HS"))
        return fail(
            ErrorCode::invalid,
            fmt::format("--jwt-algorithm {} needs a key: give a PEM with --jwt-secret", algorithm));
    ASSIGN_OR_RETURN(settings.secret, load_or_make_token_secret(data_dir));
    return settings;
}

Result<TokenSettings> session_settings(const std::string& configured_secret,
                                       const std::string& data_dir) {
    TokenSettings settings;
    settings.use = TokenSettings::Use::users;
    settings.secret = configured_secret;
    if (settings.secret.empty()) {
        ASSIGN_OR_RETURN(settings.secret, load_or_make(session_path(data_dir)));
    }
    return settings;
}

}  // namespace posthaste
