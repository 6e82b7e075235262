#pragma once

// A whole server without sockets: an Api over a real engine, a store in memory, receivers that answer what the test says, and
// time that moves only when told. Everything runs on one io_context, inside the calls below.

#include <boost/asio/co_spawn.hpp>
#include <boost/json/value.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "api/request_locks.h"
#include "api/router.h"
#include "api/token.h"
#include "engine/contacts.h"
#include "engine/engine.h"
#include "engine/figures.h"
#include "engine/job_runner.h"
#include "engine/job_service.h"
#include "engine/key_uses.h"
#include "engine/logins.h"
#include "engine/outbox.h"
#include "engine/setup_token.h"
#include "engine/signal.h"
#include "engine/trials.h"
#include "ports/clock.h"
#include "ports/transport.h"
#include "store/memory/memory_store.h"
#include "tests/api/fake_passwords.h"

namespace posthaste::test {

struct Answer {
    int status = 0;
    std::string body;
    std::string content_type;
    std::string headers;  // "name: value\r\n" lines
    bool close = false;
    std::shared_ptr<HttpStream> stream;
    // The member of the body, which must be an object.
    [[nodiscard]] std::string text(std::string_view member) const;
    [[nodiscard]] boost::json::value json() const;
};

// A request as the receiver saw it.
struct Received {
    Timestamp at;
    std::string url;
    std::string headers;
    std::string body;
    Duration timeout;
    [[nodiscard]] std::string header(std::string_view name) const;
};

class World : public Clock, public AlarmFactory {
public:
    explicit World(EngineLimits limits = {});
    ~World() override;
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    using Headers = std::vector<std::pair<std::string, std::string>>;
    // Sends one request and lets everything happen that can happen now.
    Answer send(Method method, const std::string& target, const std::string& body = {},
                const Headers& headers = {});
    Answer get(const std::string& target) { return send(Method::get, target); }
    Answer post(const std::string& target, const std::string& body) {
        return send(Method::post, target, body);
    }
    Answer put(const std::string& target, const std::string& body) {
        return send(Method::put, target, body);
    }
    Answer remove(const std::string& target) { return send(Method::delete_, target); }
    // The same POST twice, the second before the first is answered.
    std::pair<Answer, Answer> post_two(const std::string& target, const std::string& body,
                                       const Headers& headers = {});
    // A request of the native API: `path` is below /api/v1, `token` goes into the Authorization header.
    Answer call(Method method, const std::string& path, const std::string& body,
                const std::string& token);
    // The same with a token of `organization` (for tests with one organization: the default).
    Answer call(Method method, const std::string& path, const std::string& body = {});
    // A token that the server accepts; `application` makes it one of an application.
    [[nodiscard]] std::string token(const std::string& organization,
                                    const std::string& application = {},
                                    const std::vector<std::string>& feature_flags = {});
    std::string organization{kDefaultOrganization};
    // The id of a new subscription.
    std::string subscribe(const std::string& body);
    // The delivery id of an accepted payload.
    std::string ingest(const std::string& subscription, const std::string& payload);

    // Moves time; alarms go off in order, each at its time.
    void advance(Duration by);
    // Runs what is ready.
    void settle();
    void stop_engine();

    // Clock and AlarmFactory
    [[nodiscard]] Timestamp now() const override { return now_; }
    std::unique_ptr<Alarm> make(std::function<void()> on_fire) override;

    // What receivers answer, in order; `otherwise` when the list is used up.
    std::deque<TransportResult> answers;
    TransportResult otherwise;
    bool hold = false;  // requests stay in flight until release()
    void release();
    std::vector<Received> received;

    // How the store fails.
    CommitFate fate = CommitFate::applied;
    bool reads_work = true;
    // A change of configuration, once stored, takes the store down: what follows it is refused until `fate` is set anew.
    bool dies_after_change = false;
    std::string store_problem;  // not empty: the store says it is not healthy

    ApiSettings settings;
    FakePasswords passwords;
    SetupToken setup_token;

    // What telemetry heard.
    struct Published {
        std::string event_id;
        std::string type;
        UserId user;
        std::uint64_t contacts = 0;
        friend bool operator==(const Published&, const Published&) = default;
    };
    std::vector<Published> published;
    std::vector<std::string> notices;  // "area: sentence"

    [[nodiscard]] Outbox& outbox() { return *outbox_; }
    [[nodiscard]] Api& api() { return *api_; }
    [[nodiscard]] Engine& engine() { return *engine_; }
    [[nodiscard]] Entropy& entropy() { return *entropy_; }
    [[nodiscard]] Logins& logins() { return *logins_; }
    [[nodiscard]] Store& store();
    // Runs a task until it ends, and lets everything happen that can happen now.
    template <class T>
    T run(Task<T> task) {
        std::optional<T> outcome;
        auto keep = [&outcome](std::exception_ptr error, T value) {
            if (error) std::rethrow_exception(error);
            outcome.emplace(std::move(value));
        };
        asio::co_spawn(io_, std::move(task), std::move(keep));
        settle();
        if (!outcome) throw std::runtime_error("the task waits");
        return std::move(*outcome);
    }

private:
    // One request with the memory its views point to.
    struct Sent;
    class FakeAlarm;
    class FakeTransport;
    class BendablePolicy;
    class WatchedStore;
    struct Listener;
    class TextPage;

    std::unique_ptr<Sent> start(Method method, const std::string& target, const std::string& body,
                                const Headers& headers);
    Answer finish(std::unique_ptr<Sent> sent);

    asio::io_context io_{1};
    Timestamp now_ = from_micros(1'767'323'045'123'456);  // 2026-01-02T03:04:05.123456Z
    std::multimap<Timestamp, FakeAlarm*> alarms_;
    Signal released_;
    std::unique_ptr<Entropy> entropy_;
    std::unique_ptr<WatchedStore> store_;
    std::unique_ptr<FakeTransport> transport_;
    std::unique_ptr<Listener> listener_;
    std::unique_ptr<TextPage> page_;
    DirectoryHolder directory_;
    RequestLocks request_locks_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<JobService> jobs_;
    std::unique_ptr<JobRunner> job_runner_;
    SharedLoginGuard login_guard_;
    std::unique_ptr<Logins> logins_;
    ContactCounts contact_counts_;
    std::unique_ptr<Outbox> outbox_;
    std::unique_ptr<Contacts> contacts_;
    std::unique_ptr<Trials> trials_;
    KeyUses key_uses_;
    std::unique_ptr<Figures> figures_;
    std::unique_ptr<KeyUseRecorder> key_use_recorder_;
    std::unique_ptr<Api> api_;
    bool stopped_ = false;
};

// `headers` as the transport keeps them: "Name: value\n" lines.
[[nodiscard]] TransportResult answer(int status, std::string body = {}, std::string headers = {});
[[nodiscard]] TransportResult failure(AttemptOutcome outcome, std::string error);

}  // namespace posthaste::test
