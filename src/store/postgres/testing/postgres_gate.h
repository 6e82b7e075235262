#pragma once

// Stands between a store and its PostgreSQL server, and cuts a connection at the worst moment: when COMMIT is on its way, or
// when the answer to it is.

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.h"

namespace posthaste {

class PostgresGate {
public:
    enum class Cut : int { none, before_commit, after_commit };

    // Clients connect in `folder`; the server listens at `server_path`.
    PostgresGate(std::string folder, std::string server_path)
        : folder_(std::move(folder)), server_path_(std::move(server_path)) {
        ::mkdir(folder_.c_str(), 0777);
        path_ = folder_ + "/.s.PGSQL.5432";
        listener_ = make_socket(path_, &::bind);
        ASSERT(::listen(listener_, 16) == 0);
        ASSERT(::pipe(wake_.data()) == 0);
        thread_ = std::thread([this] { run(); });
    }
    ~PostgresGate() {
        ASSERT(::write(wake_[1], "x", 1) == 1);
        thread_.join();
        for (const Pair& pair : pairs_) close_pair(pair);
        for (const int descriptor : {listener_, wake_[0], wake_[1]}) ::close(descriptor);
        ::unlink(path_.c_str());
        ::rmdir(folder_.c_str());
    }
    PostgresGate(const PostgresGate&) = delete;
    PostgresGate& operator=(const PostgresGate&) = delete;

    [[nodiscard]] const std::string& folder() const { return folder_; }
    // The next COMMIT that anybody sends.
    void cut_next(Cut cut) { cut_ = static_cast<int>(cut); }

private:
    struct Pair {
        int client;
        int server;
        std::string sent;        // the last bytes from the client: COMMIT may come in two pieces
        std::string received;    // likewise from the server
        bool is_doomed = false;  // its answer to COMMIT is not passed on
        bool is_over = false;
    };

    template <class Call>
    static int make_socket(const std::string& path, Call call) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        ASSERT(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (call(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return descriptor;
        ::close(descriptor);
        return -1;
    }

    void run() {
        for (;;) {
            std::vector<pollfd> polled{{wake_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
            for (const Pair& pair : pairs_) {
                polled.push_back({pair.client, POLLIN, 0});
                polled.push_back({pair.server, POLLIN, 0});
            }
            ::poll(polled.data(), polled.size(), -1);
            if (polled[0].revents != 0) return;
            std::size_t at = 2;
            for (Pair& pair : pairs_) {
                if (polled[at++].revents != 0) from_client(pair);
                if (polled[at++].revents != 0 && !pair.is_over) from_server(pair);
            }
            std::erase_if(pairs_, [](const Pair& pair) {
                if (pair.is_over) close_pair(pair);
                return pair.is_over;
            });
            if (polled[1].revents != 0) accept();
        }
    }

    void accept() {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) return;
        const int server = make_socket(server_path_, &::connect);
        if (server < 0) {
            ::close(client);
            return;
        }
        pairs_.push_back({client, server, {}, {}});
    }

    void from_client(Pair& pair) {
        std::string bytes;
        if (!read(pair.client, bytes)) return static_cast<void>(pair.is_over = true);
        // A message may carry the whole transaction, COMMIT last.
        if (meets(pair.sent, bytes, "COMMIT")) {
            const auto cut = static_cast<Cut>(cut_.exchange(static_cast<int>(Cut::none)));
            if (cut == Cut::before_commit) return static_cast<void>(pair.is_over = true);
            pair.is_doomed = cut == Cut::after_commit;
        }
        pair.is_over = !write(pair.server, bytes);
    }

    void from_server(Pair& pair) {
        std::string bytes;
        if (!read(pair.server, bytes)) return static_cast<void>(pair.is_over = true);
        const bool is_answered =
            meets(pair.received, bytes, std::string_view("COMMIT\0", 7)) && pair.is_doomed;
        pair.is_over = is_answered || (!pair.is_doomed && !write(pair.client, bytes));
    }

    // Is `word` in the stream that ends with these bytes, and not before them?
    static bool meets(std::string& last, const std::string& bytes, std::string_view word) {
        last += bytes;
        const bool is_met = last.find(word) != std::string::npos;
        last.erase(0, last.size() - std::min(last.size(), word.size() - 1));
        return is_met;
    }
    static bool read(int descriptor, std::string& bytes) {
        bytes.resize(1 << 16);
        const auto size = ::recv(descriptor, bytes.data(), bytes.size(), 0);
        bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return size > 0;
    }
    static bool write(int descriptor, std::string_view bytes) {
        while (!bytes.empty()) {
            const auto size = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(size));
        }
        return true;
    }
    static void close_pair(const Pair& pair) {
        ::close(pair.client);
        ::close(pair.server);
    }

    const std::string folder_;
    const std::string server_path_;
    std::string path_;
    int listener_ = -1;
    std::array<int, 2> wake_{};
    std::list<Pair> pairs_;
    std::atomic<int> cut_{0};
    std::thread thread_;
};

}  // namespace posthaste
