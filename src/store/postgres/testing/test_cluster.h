#pragma once

// A PostgreSQL server of the test's own: made with initdb in a temporary folder, reached by a Unix socket in it, ended and
// removed with the object. PostgreSQL refuses to run as root; then it runs as the user postgres. When the test dies, so does
// the server.

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "store/postgres/pg_connection.h"

namespace posthaste {

class TestCluster {
public:
    TestCluster() {
        namespace fs = std::filesystem;
        // What is tested does not depend on the disk; memory makes thousands of commits quick.
        const fs::path base =
            fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
        std::string pattern = (base / "posthaste-postgres-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        if (::geteuid() == 0) run({"chown", "postgres", folder_}, As::self);
        run({bin() + "initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C",
             "--username=posthaste", "--pgdata=" + data()},
            As::server);
        start();
    }
    ~TestCluster() {
        stop(SIGINT);
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TestCluster(const TestCluster&) = delete;
    TestCluster& operator=(const TestCluster&) = delete;

    // One for all tests of the process.
    [[nodiscard]] static TestCluster& shared() {
        static TestCluster cluster;
        return cluster;
    }

    void start() {
        pid_ =
            spawn({bin() + "postgres", "-D", data(), "-k", folder_, "-c", "listen_addresses=", "-c",
                   "max_connections=100", "-c", "shared_buffers=64MB"},
                  As::server);
        while (PQping(url_of({}).c_str()) != PQPING_OK) {
            ASSERT(::waitpid(pid_, nullptr, WNOHANG) == 0);  // see the log in the folder
            ::poll(nullptr, 0, 10);
        }
    }
    // SIGQUIT ends it as a crash does.
    void stop(int signal) {
        if (pid_ < 0) return;
        ::kill(pid_, signal);
        ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    }

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string socket_path() const { return folder_ + "/.s.PGSQL.5432"; }
    // Where names without a schema mean those of this one; `socket_folder` when it is reached by a detour.
    [[nodiscard]] std::string url_of(const std::string& schema,
                                     const std::string& socket_folder = {}) const {
        std::string url = "postgresql:///postgres?user=posthaste&host=" +
                          (socket_folder.empty() ? folder_ : socket_folder);
        if (!schema.empty()) url += "&options=-csearch_path%3D" + schema;
        return url;
    }
    void execute(const std::string& sql, const std::string& schema = {}) const {
        auto connection = PgConnection::open(url_of(schema));
        ASSERT(connection.has_value());
        ASSERT(connection->run_script(sql.c_str()).has_value());
    }

private:
    enum class As : bool { self, server };

    [[nodiscard]] static std::string bin() { return "/usr/lib/postgresql/15/bin/"; }
    [[nodiscard]] std::string data() const { return folder_ + "/data"; }

    ::pid_t spawn(std::vector<std::string> command, As as) const {
        std::vector<std::string> words{"setpriv", "--pdeathsig=QUIT"};
        if (::geteuid() == 0 && as == As::server)
            words.insert(words.end(), {"--reuid=postgres", "--regid=postgres", "--clear-groups"});
        words.insert(words.end(), command.begin(), command.end());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const std::string log = folder_ + "/log";
        const ::pid_t child = ::fork();
        if (child != 0) return child;
        const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
        ::dup2(output, 1);
        ::dup2(output, 2);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    void run(std::vector<std::string> command, As as) const {
        int status = -1;
        ::waitpid(spawn(std::move(command), as), &status, 0);
        ASSERT(status == 0);  // see the log in the folder
    }

    std::string folder_;
    ::pid_t pid_ = -1;
};

}  // namespace posthaste
