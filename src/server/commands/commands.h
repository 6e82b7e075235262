#pragma once

// The commands that are not the server: a development receiver, senders, checks and benchmarks. They talk to a running
// server over HTTP and never touch its database or engine; only `audit` reads the database, `rekey` and `user` work on it, and
// `token` reads the key beside it.
//
// add_tool_commands registers all of them with the command line, but these four, which need the environment;
// the chosen one sets `exit_code` while it is parsed. The run_* functions can be called directly. All block until they are
// finished, on the caller's thread, and print what went wrong together with what to do about it.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "server/commands/quantity.h"

namespace CLI {
class App;
}

namespace posthaste {

enum class OutputForm : std::uint8_t { text, json, quiet };

struct ListenOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 9000;
    std::string secret;  // whsec_…, whsk_… or any text; empty = signatures are not checked
    Duration delay{};    // before each answer
    std::uint64_t fail_every = 0;     // each n-th delivery gets `status`; 0 = none
    std::optional<int> status;        // of failing answers (500); alone: of every answer
    std::optional<FlapPeriods> flap;  // fails while down
    bool hang = false;                // never answers
    bool endless = false;             // the answer's body never ends
    std::uint64_t huge_bytes = 0;     // size of the answer's body
    OutputForm form = OutputForm::text;
    std::uint64_t count = 0;  // stop after so many deliveries; 0 = never
};
int run_listen(const ListenOptions& options);

// Where the server is and how to be let in; common to the commands that call it.
struct ServerAddress {
    std::string url = "http://127.0.0.1:8000";
    std::string token;  // for servers that require authentication
};

struct SendOptions {
    ServerAddress server;
    std::string receiver_url;     // a subscription to it is reused or made
    std::string subscription_id;  // or this one
    std::string secret;           // of a subscription made here
    std::string event = "user.created";
    std::string data;  // JSON text; empty = an example
    std::string file;  // the whole body from here; "-" = standard input
    std::uint64_t count = 1;
    bool wait = false;  // print the attempts until the delivery is settled
    Duration wait_max = 60s;
};
int run_send(const SendOptions& options);

struct SeedOptions {
    ServerAddress server;
    std::string receiver_url = "http://localhost:9000";
    std::uint64_t events = 12;
};
int run_seed(const SeedOptions& options);

struct DoctorOptions {
    std::string database = "sqlite:./data";
    std::string data_dir = "./data";  // of the keys, when the database is PostgreSQL
    std::string listen = "127.0.0.1:8000";
    std::string server_url;  // also checks a running server
    std::string resolve = "example.com";
};
int run_doctor(const DoctorOptions& options);

// 0 when GET /health of that server answers 200 within 3 s; for supervisors, and images without curl.
int run_health(const std::string& server_url);

int run_version();

// Reads a variable of the environment.
using SettingSource = std::function<std::optional<std::string>(const std::string& name)>;

// Unlike the others this one reads the server's settings and its data folder: that is where the key is.
struct TokenOptions {
    std::string organization;
    std::string application;  // its id; empty = the organization's token
    std::string expires;      // a duration; empty = ten years, of an application four weeks
    bool is_bare = false;     // print nothing but the token
    std::string config_file;
    std::string env_file;
    SettingSource environment;
    std::map<std::string, std::string> settings;  // given as flags
};
[[nodiscard]] Result<std::string> make_token(const TokenOptions& options, Timestamp now);
int run_token(const TokenOptions& options);

// Where the database is, as TokenOptions says it.
struct AuditOptions {
    std::string config_file;
    SettingSource environment;
    std::map<std::string, std::string> settings;
};
// Walks the chain of the audit log; 0 when it holds and, if `head` (64 hex digits) is given, was that long once; 1 when it
// does not, 2 when it cannot be read.
int run_audit_verify(const AuditOptions& options, const std::string& head);

// Empty: any.
struct AuditListOptions {
    std::string organization;  // "org_…", or the UUID
    std::string actor;
    std::string action;
    std::string object;
    std::string since;  // RFC 3339
    std::string until;
    std::uint64_t after = 0;  // a sequence
    std::uint64_t limit = 0;  // 0: all
    bool newest_first = false;
};
int run_audit_list(const AuditOptions& options, const AuditListOptions& list);

// Brings the tables of a PostgreSQL database to this version.
struct MigrateOptions {
    std::string config_file;
    SettingSource environment;
    std::map<std::string, std::string> settings;  // given as flags
};
int run_migrate(const MigrateOptions& options);

// Works on the server's key file, and on its data folder when no server runs on it.
enum class RekeyAction : std::uint8_t { rekey, status, prune };
struct RekeyOptions {
    RekeyAction action = RekeyAction::rekey;
    Duration wait_max{};
    std::string config_file;
    SettingSource environment;
    std::map<std::string, std::string> settings;  // given as flags
};
int run_rekey(const RekeyOptions& options);

// Works on the data folder while no server runs on it, or through a server.
enum class UserAction : std::uint8_t { add, passwd, role, remove, list };
struct UserOptions {
    UserAction action = UserAction::list;
    std::string email;
    std::string role = "viewer";
    std::string full_name;
    std::string application;
    bool password_from_stdin = false;              // or else from the terminal
    std::string organization;                      // "org_…"; of a data folder
    ServerAddress server{.url = {}, .token = {}};  // with a URL: through it
    std::string config_file;
    std::string env_file;
    SettingSource environment;
    std::map<std::string, std::string> settings;  // given as flags
};
int run_user(const UserOptions& options);

// Through which API a benchmark sends its events.
enum class BenchApi : std::uint8_t {
    subscriptions,  // POST /webhooks/ingest/{id}
    native,         // POST /api/v1/app/{id}/msg, with an Idempotency-Key each
};

struct BenchOptions {
    std::string scenario;
    std::string server_binary = "/proc/self/exe";
    std::vector<std::string> serve_arguments;  // handed on to `serve`
    std::string existing_url;                  // measure this server instead of starting one
    std::string token;
    std::string data_dir;  // empty = a temporary folder, removed afterwards
    std::string database;  // of PostgreSQL; empty = files in the folder
    Duration measured = 10s;
    Duration warm_up = 2s;
    unsigned connections = 64;
    unsigned endpoints = 50;
    std::uint64_t payload_bytes = 1024;
    double rate = 1000;  // events per second of the open-loop scenarios
    unsigned runs = 1;
    BenchApi api = BenchApi::subscriptions;
    std::uint64_t pending = 1'000'000;  // backlog: deliveries waiting for the hanging endpoint
};
int run_bench(const BenchOptions& options);

// All of the above; each of the following registers one.
void add_tool_commands(CLI::App& app, int& exit_code);
void add_listen_command(CLI::App& app, int& exit_code);
void add_send_command(CLI::App& app, int& exit_code);
void add_seed_command(CLI::App& app, int& exit_code);
void add_doctor_command(CLI::App& app, int& exit_code);
void add_health_command(CLI::App& app, int& exit_code);
void add_version_command(CLI::App& app, int& exit_code);
void add_token_command(CLI::App& app, int& exit_code, const SettingSource& environment);
void add_audit_command(CLI::App& app, int& exit_code, const SettingSource& environment);
void add_rekey_command(CLI::App& app, int& exit_code, const SettingSource& environment);
void add_migrate_command(CLI::App& app, int& exit_code, const SettingSource& environment);
void add_user_command(CLI::App& app, int& exit_code, const SettingSource& environment);
void add_bench_command(CLI::App& app, int& exit_code);

}  // namespace posthaste
