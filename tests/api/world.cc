#include "tests/api/world.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>
#include <random>
#include <stdexcept>

#include "ports/mailbox.h"
#include "ports/telemetry.h"

namespace posthaste::test {

namespace {

class RepeatableEntropy final : public Entropy {
public:
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_{20261122};
};

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return result;
}

}  // namespace

TransportResult answer(int status, std::string body, std::string headers) {
    TransportResult result;
    result.outcome = classify_status(status);
    result.status = status;
    result.body = std::move(body);
    result.headers = std::move(headers);
    return result;
}

TransportResult failure(AttemptOutcome outcome, std::string error) {
    TransportResult result;
    result.outcome = outcome;
    result.error = std::move(error);
    return result;
}

boost::json::value Answer::json() const { return boost::json::parse(body); }

std::string Answer::text(std::string_view member) const {
    return std::string(json().as_object().at(member).as_string());
}

std::string Received::header(std::string_view name) const {
    std::string_view rest = headers;
    while (!rest.empty()) {
        const std::size_t end = rest.find("\r\n");
        const std::string_view line = rest.substr(0, end);
        const std::size_t colon = line.find(": ");
        if (lower(line.substr(0, colon)) == lower(name)) return std::string(line.substr(colon + 2));
        rest.remove_prefix(end + 2);
    }
    return {};
}

class World::FakeAlarm final : public Alarm {
public:
    FakeAlarm(World& world, std::function<void()> on_fire)
        : world_(world), on_fire_(std::move(on_fire)) {}
    ~FakeAlarm() override { cancel(); }

    void arm(Timestamp at) override {
        cancel();
        entry_ = world_.alarms_.emplace(at, this);
        armed_ = true;
    }
    void cancel() override {
        if (armed_) world_.alarms_.erase(entry_);
        armed_ = false;
    }
    void fire() {
        cancel();
        on_fire_();
    }

private:
    World& world_;
    std::function<void()> on_fire_;
    std::multimap<Timestamp, FakeAlarm*>::iterator entry_;
    bool armed_ = false;
};

class World::FakeTransport final : public Transport {
public:
    explicit FakeTransport(World& world) : world_(world) {}

    Task<TransportResult> send(OutboundRequest request) override {
        world_.received.push_back({world_.now_, request.endpoint->target.url, request.headers,
                                   body_of(*request.event), request.timeout});
        if (world_.hold) co_await world_.released_.wait();
        if (world_.answers.empty()) co_return world_.otherwise;
        TransportResult result = std::move(world_.answers.front());
        world_.answers.pop_front();
        co_return result;
    }
    void stop() override { world_.release(); }

private:
    World& world_;
};

class World::BendablePolicy final : public StorePolicy {
public:
    explicit BendablePolicy(World& world) : world_(world) {}
    void schedule(StoreStep, std::move_only_function<void()> run) override {
        asio::post(world_.io_, std::move(run));
    }
    CommitFate next_commit() override { return world_.fate; }
    bool next_read_works() override { return world_.reads_work; }

private:
    World& world_;
};

class World::WatchedStore final : public Store {
public:
    explicit WatchedStore(World& world)
        : world_(world),
          inner_(world.io_.get_executor(), world, *world.entropy_, posts(world),
                 std::make_shared<MemoryDisk>(), std::make_unique<BendablePolicy>(world)) {}

    Task<Result<Recovery>> recover() override { return inner_.recover(); }
    Task<Result<std::vector<Endpoint>>> load_endpoints() override {
        return inner_.load_endpoints();
    }
    void commit(std::size_t reactor, CommitBatch batch, CommitDone done) override {
        inner_.commit(reactor, std::move(batch), std::move(done));
    }
    Task<Result<Endpoint>> put_endpoint(Endpoint endpoint) override {
        return inner_.put_endpoint(std::move(endpoint));
    }
    Task<Result<ParkedPage>> load_parked(ParkedQuery query) override {
        return inner_.load_parked(std::move(query));
    }
    Task<Result<EventHistory>> read_event(EventId id) override { return inner_.read_event(id); }
    Task<Result<std::vector<AttemptOfEndpoint>>> attempts_of_endpoint(EndpointId id,
                                                                      std::size_t limit) override {
        if (!world_.reads_work) return unavailable<std::vector<AttemptOfEndpoint>>();
        return inner_.attempts_of_endpoint(id, limit);
    }
    Task<Result<Tally>> tally() override {
        return world_.reads_work ? inner_.tally() : unavailable<Tally>();
    }
    Task<Result<ConfigChange>> change_config(ConfigChange change) override {
        Result<ConfigChange> changed = co_await inner_.change_config(std::move(change));
        if (world_.dies_after_change) world_.fate = CommitFate::refused;
        co_return changed;
    }
    Task<Result<std::vector<Record>>> read_records(RecordQuery query) override {
        return inner_.read_records(std::move(query));
    }
    Task<Result<std::uint64_t>> count_records(RecordQuery query) override {
        return inner_.count_records(std::move(query));
    }
    Task<Result<std::vector<AuditEntry>>> read_audit(AuditQuery query) override {
        return inner_.read_audit(std::move(query));
    }
    Task<Result<EventId>> find_event(ApplicationId application, std::string uid) override {
        return inner_.find_event(application, std::move(uid));
    }
    Task<Result<EventPage>> list_events(EventQuery query) override {
        return inner_.list_events(std::move(query));
    }
    Task<Result<DeliveryPage>> list_deliveries(DeliveryQuery query) override {
        if (!world_.reads_work) return unavailable<DeliveryPage>();
        return inner_.list_deliveries(std::move(query));
    }
    Task<Result<AttemptPage>> list_attempts(AttemptQuery query) override {
        return inner_.list_attempts(std::move(query));
    }
    Task<Result<AttemptCounts>> count_attempts(EndpointId endpoint, Timestamp since,
                                               Timestamp until) override {
        return inner_.count_attempts(endpoint, since, until);
    }
    Task<Result<void>> expunge_payload(EventId id) override { return inner_.expunge_payload(id); }
    Task<Result<void>> expunge_response(EventId event, EndpointId endpoint,
                                        std::uint32_t number) override {
        return inner_.expunge_response(event, endpoint, number);
    }
    Task<Result<ScanSlice>> scan(std::uint64_t after_hi, std::size_t limit) override {
        return inner_.scan(after_hi, limit);
    }
    Task<Result<std::uint64_t>> expire(RetentionPolicy policy, Timestamp now) override {
        return inner_.expire(policy, now);
    }
    [[nodiscard]] StoreStats stats() const override {
        StoreStats stats = inner_.stats();
        stats.healthy = stats.healthy && world_.store_problem.empty();
        if (!stats.healthy) stats.problem = world_.store_problem;
        return stats;
    }
    void close() override { inner_.close(); }

private:
    template <class T>
    static Task<Result<T>> unavailable() {
        co_return fail(ErrorCode::unavailable, "The store cannot read.");
    }

    static std::vector<ReactorPost> posts(World& world) {
        std::vector<ReactorPost> posts;
        posts.emplace_back([&world](std::move_only_function<void()> run) {
            asio::post(world.io_, std::move(run));
        });
        return posts;
    }

    World& world_;
    MemoryStore inner_;
};

struct World::Listener final : Telemetry, Mailboxes {
    explicit Listener(World& world) : world_(world) {}
    void on_attempt(const Event&, const Endpoint&, const AttemptRecord&, DeliveryState) override {}
    void on_published(const Event& event, UserId user, std::uint64_t contacts) override {
        world_.published.push_back({event.uid.value_or(""), event.type, user, contacts});
    }
    void on_notice(Severity, std::string_view area, std::string_view sentence) override {
        world_.notices.push_back(std::string(area) + ": " + std::string(sentence));
    }
    // One reactor: nothing is ever for another.
    void hand_over(std::size_t, std::vector<PendingDelivery>) override { std::abort(); }
    void announce_parked(std::size_t, EndpointId, Timestamp) override { std::abort(); }
    void post(std::size_t, std::move_only_function<void(Engine&)>) override { std::abort(); }

private:
    World& world_;
};

class World::TextPage final : public MetricsPage {
public:
    std::string render() override { return "posthaste_up 1\n"; }
};

World::World(EngineLimits limits)
    : otherwise(answer(200)),
      entropy_(std::make_unique<RepeatableEntropy>()),
      store_(std::make_unique<WatchedStore>(*this)),
      transport_(std::make_unique<FakeTransport>(*this)),
      listener_(std::make_unique<Listener>(*this)),
      page_(std::make_unique<TextPage>()),
      directory_(Directory::from({})) {
    settings.organization = OrganizationId{0x0190'0000'0001'7000ULL, 0x8000'0000'0000'0001ULL};
    settings.application = ApplicationId{0x0190'0000'0002'7000ULL, 0x8000'0000'0000'0002ULL};
    settings.version = "9.8.7";
    settings.reactors = 3;
    settings.tokens.secret = "test value";
    settings.user_tokens.secret = "test value of users";
    Engine::Ports ports{*store_,   *transport_, *this,      *this,
                        *entropy_, *listener_,  *listener_, directory_};
    engine_ = std::make_unique<Engine>(io_.get_executor(), 0, 1, ports, limits);
    directory_.on_change([this](EndpointId id) { engine_->endpoint_changed(id); });
    engine_->start(Recovery{});
    figures_ = std::make_unique<Figures>(now_);
    figures_->watch(&engine_->metrics());
    const auto resend = [this](EventId event, EndpointId endpoint) {
        return engine_->resend(event, endpoint);
    };
    const auto expunge = [this](EventId event) { return engine_->expunge(event); };
    job_runner_ = std::make_unique<JobRunner>(
        io_.get_executor(),
        JobRunner::Ports{*store_, *this, *this, *listener_, directory_, resend, expunge, {}});
    jobs_ = std::make_unique<JobService>(*store_, *this,
                                         [this](const Job& job) { job_runner_->take(job); });
    logins_ = std::make_unique<Logins>(io_.get_executor(), engine_->directory(), passwords,
                                       login_guard_, LoginSettings{});
    const auto accept = [this](std::shared_ptr<Event> event) {
        return engine_->accept(std::move(event));
    };
    outbox_ = std::make_unique<Outbox>(
        io_.get_executor(),
        Outbox::Ports{*store_, *this, *this, *listener_, engine_->directory(), accept});
    contacts_ = std::make_unique<Contacts>(
        Contacts::Ports{*store_, *this, *entropy_, *outbox_, contact_counts_});
    trials_ = std::make_unique<Trials>(*transport_, *this);
    key_use_recorder_ = std::make_unique<KeyUseRecorder>(io_.get_executor(), key_uses_,
                                                         engine_->directory(), *this, *this);
    key_use_recorder_->start();
    const ApiContext context{*engine_,    *store_,        *this,     *page_,    settings,
                             *entropy_,   request_locks_, *logins_,  passwords, *contacts_,
                             *trials_,    setup_token,    key_uses_, *figures_, nullptr,
                             jobs_.get(), listener_.get()};
    api_ = std::make_unique<Api>(context);
}

World::~World() {
    fate = CommitFate::applied;
    hold = false;
    release();
    stop_engine();
}

std::unique_ptr<Alarm> World::make(std::function<void()> on_fire) {
    return std::make_unique<FakeAlarm>(*this, std::move(on_fire));
}

Store& World::store() { return *store_; }

void World::settle() {
    io_.restart();
    while (io_.poll() > 0) {
    }
}

void World::advance(Duration by) {
    settle();
    const Timestamp until = now_ + by;
    while (!alarms_.empty() && alarms_.begin()->first <= until) {
        const auto [at, alarm] = *alarms_.begin();
        now_ = std::max(now_, at);
        alarm->fire();
        settle();
    }
    now_ = until;
}

void World::release() {
    released_.notify();
    settle();
}

void World::stop_engine() {
    if (std::exchange(stopped_, true)) return;
    bool done = false;
    job_runner_->stop();
    asio::co_spawn(io_, job_runner_->join(), [](std::exception_ptr) {});
    asio::co_spawn(io_, logins_->join(), [](std::exception_ptr) {});
    outbox_->stop();
    asio::co_spawn(io_, outbox_->join(), [](std::exception_ptr) {});
    key_use_recorder_->stop();
    asio::co_spawn(io_, key_use_recorder_->join(), [](std::exception_ptr) {});
    asio::co_spawn(io_, engine_->stop(1s), [&done](std::exception_ptr) { done = true; });
    settle();
    while (!done && !alarms_.empty()) advance(1s);
    if (!done) std::abort();
}

struct World::Sent {
    std::string target;
    std::string padded;
    Headers headers;
    std::vector<HeaderView> views;
    HttpRequest request;
    std::optional<HttpResponse> response;
};

std::unique_ptr<World::Sent> World::start(Method method, const std::string& target,
                                          const std::string& body, const Headers& headers) {
    auto sent = std::make_unique<Sent>();
    sent->target = target;
    sent->padded = body + std::string(64, '\0');
    sent->headers = headers;
    for (const auto& [name, value] : sent->headers) sent->views.push_back({name, value});
    HttpRequest& request = sent->request;
    request.method = method;
    request.method_text = to_string(method);
    request.target = sent->target;
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path = request.target.substr(0, question);
    if (question < target.size()) request.query = request.target.substr(question + 1);
    request.headers = sent->views;
    request.body = std::string_view(sent->padded).substr(0, body.size());
    request.remote_address = "127.0.0.1";
    asio::co_spawn(io_, api_->handle(request),
                   [&sent = *sent](std::exception_ptr error, HttpResponse given) {
                       if (error) std::rethrow_exception(error);
                       sent.response = std::move(given);
                   });
    return sent;
}

Answer World::finish(std::unique_ptr<Sent> sent) {
    settle();
    std::optional<HttpResponse>& response = sent->response;
    if (!response) throw std::runtime_error("no answer to " + sent->target);
    return {response->status,
            std::move(response->body),
            std::string(response->content_type),
            std::move(response->headers),
            response->close,
            std::move(response->stream)};
}

Answer World::send(Method method, const std::string& target, const std::string& body,
                   const Headers& headers) {
    return finish(start(method, target, body, headers));
}

Answer World::call(Method method, const std::string& path, const std::string& body,
                   const std::string& token) {
    return send(method, "/api/v1" + path, body, {{"Authorization", "Bearer " + token}});
}

Answer World::call(Method method, const std::string& path, const std::string& body) {
    return call(method, path, body, token(organization));
}

std::string World::token(const std::string& owner, const std::string& application,
                         const std::vector<std::string>& feature_flags) {
    const auto keys = TokenKeys::create(settings.tokens);
    if (!keys) throw std::runtime_error(keys.error().message);
    TokenClaims claims;
    claims.subject = application.empty() ? owner : application;
    if (!application.empty()) claims.organization = owner;
    claims.feature_flags = feature_flags;
    claims.issued_at = claims.not_before = now_;
    claims.expires_at = now_ + std::chrono::hours(24 * 28);
    return (*keys)->sign(claims).value();
}

std::pair<Answer, Answer> World::post_two(const std::string& target, const std::string& body,
                                          const Headers& headers) {
    auto first = start(Method::post, target, body, headers);
    auto second = start(Method::post, target, body, headers);
    Answer first_answer = finish(std::move(first));
    return {std::move(first_answer), finish(std::move(second))};
}

std::string World::subscribe(const std::string& body) {
    const Answer created = post("/subscriptions/", body);
    if (created.status != 200) throw std::runtime_error("not created: " + created.body);
    return created.text("id");
}

std::string World::ingest(const std::string& subscription, const std::string& payload) {
    const Answer accepted = post("/webhooks/ingest/" + subscription, payload);
    if (accepted.status != 202) throw std::runtime_error("not accepted: " + accepted.body);
    return accepted.text("delivery_id");
}

}  // namespace posthaste::test
