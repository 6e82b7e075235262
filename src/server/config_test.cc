#include "server/config.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"
#include "server/settings.h"

namespace posthaste {
namespace {

using Values = std::map<std::string, std::string>;

Result<ServerConfig> load(const Values& flags, const Values& environment = {},
                          const std::string& file = "") {
    auto look_up = [&environment](const std::string& name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    };
    return load_config(file, look_up, flags);
}

class ConfigFile : public ::testing::Test {
protected:
    std::string write(const std::string& text) {
        std::ofstream(path_) << text;
        return path_;
    }
    void TearDown() override { std::filesystem::remove(path_); }
    const std::string path_ =
        ::testing::TempDir() + "posthaste_config_" + std::to_string(::getpid()) + ".toml";
};

TEST_F(ConfigFile, LaterSourcesWin) {
    const std::string file = write(
        "auth = \"open\"\nlisten = \"127.0.0.1:1000\"\nlog_level = \"error\"\nreactors = 3\n"
        "allow_net = [\"10.0.0.0/8\", \"127.0.0.0/8\"]\n");
    const auto config = load({{"listen", "127.0.0.1:3000"}},
                             {{"POSTHASTE_LISTEN", "127.0.0.1:2000"},
                              {"POSTHASTE_LOG_LEVEL", "DEBUG"},
                              {"LOG_LEVEL", "INFO"}},
                             file);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->listen_port, 3000);
    EXPECT_EQ(config->log_level, Severity::debug) << "POSTHASTE_LOG_LEVEL goes before its alias";
    EXPECT_EQ(config->reactors, 3U);
    EXPECT_EQ(config->allow_net.size(), 2U);
}

TEST_F(ConfigFile, AnUnknownKeyNamesItsLine) {
    const auto config = load({}, {}, write("auth = \"open\"\nlissen = \"127.0.0.1:1\"\n"));
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find(":2: lissen: no such setting"), std::string::npos)
        << config.error().message;
}

TEST_F(ConfigFile, BrokenTomlNamesItsLine) {
    const auto config = load({}, {}, write("auth = \"open\"\nlisten = \n"));
    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message.find(".toml:"), std::string::npos) << config.error().message;
}

TEST(Config, OldNamesAreHonoured) {
    const auto config = load({{"auth", "open"}}, {{"WEBHOOK_MAX_RETRIES", "2"},
                                                  {"WEBHOOK_RETRY_DELAY", "60"},
                                                  {"LOG_LEVEL", "INFO"},
                                                  {"REDIS_URL", "redis://redis:6379/0"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->subscriptions_attempts_max, 2U);
    EXPECT_EQ(config->subscriptions_retry_base, 60s);
    EXPECT_EQ(config->notes.size(), 1U);
}

// S0-07: the names of the orders API's .env.
TEST(Config, TheNamesOfOrdersAreHonoured) {
    const auto config = load({{"auth", "open"}}, {{"APP_ENV", "staging"},
                                                  {"APP_PORT", "8000"},
                                                  {"REDIS_URL", "redis://redis:6379/0"},
                                                  {"WEBHOOK_SECRET", "supersecret123"},
                                                  {"WEBHOOK_TARGET_URL", "HTTP://h"},
                                                  {"WEBHOOK_URL", "http://other/"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->app_env, "staging");
    EXPECT_EQ(config->orders_secret, "supersecret123");
    EXPECT_EQ(config->orders_target, "http://h/");
    EXPECT_EQ(config->greeting, Greeting::subscriptions);
    EXPECT_EQ(config->notes.size(), 2U) << "APP_PORT and REDIS_URL";

    const auto fallback = load({{"auth", "open"}, {"greeting", "orders"}, {"orders_secret", ""}},
                               {{"WEBHOOK_URL", "http://other/"}, {"WEBHOOK_SECRET", "x"}});
    ASSERT_TRUE(fallback) << fallback.error().message;
    EXPECT_EQ(fallback->orders_target, "http://other/");
    EXPECT_EQ(fallback->orders_secret, std::nullopt) << "an empty one is none";
    EXPECT_EQ(fallback->greeting, Greeting::orders);
}

TEST(Config, TheContactsApiAndTheLogHaveTheirSettings) {
    const auto config = load({{"auth", "required"},
                              {"signup", "open"},
                              {"contacts_webhooks_max", "3"},
                              {"contacts_http_hosts", "Receiver, *"},
                              {"log_format", "text"},
                              {"access_log", "true"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->is_signup_open, true);
    EXPECT_EQ(config->contacts_webhooks_max, 3U);
    EXPECT_EQ(config->contacts_http_hosts, (std::vector<std::string>{"receiver", "*"}));
    EXPECT_EQ(config->log_format, LogFormat::text);
    EXPECT_TRUE(config->access_log);
    const auto plain = load({{"auth", "required"}});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->is_signup_open, std::nullopt) << "follows --auth";
    EXPECT_EQ(plain->contacts_webhooks_max, 10U);
}

TEST(Config, TrustedProxiesAreNetworks) {
    const auto config =
        load({{"auth", "open"}}, {{"POSTHASTE_TRUSTED_PROXIES", "10.0.0.0/8, [fd00::1]"}});
    EXPECT_FALSE(config) << "brackets are for ports";
    const auto good = load({{"auth", "open"}, {"trusted_proxies", "10.0.0.0/8, fd00::1"}});
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->trusted_proxies.size(), 2U);
    EXPECT_TRUE(good->allow_net.empty());
    EXPECT_TRUE(load({{"auth", "open"}})->trusted_proxies.empty());
}

TEST(Config, SvixVariablesAreHonoured) {
    const auto config =
        load({{"auth", "open"}}, {{"SVIX_LISTEN_ADDRESS", "127.0.0.1:8071"},
                                  {"SVIX_JWT_SECRET", "x"},
                                  {"SVIX_JWT_ALGORITHM", "HS512"},
                                  {"SVIX_RETRY_SCHEDULE", "[1, 2,0]"},
                                  {"SVIX_WORKER_REQUEST_TIMEOUT", "15"},
                                  {"SVIX_WORKER_MAX_TASKS", "0"},
                                  {"SVIX_ENDPOINT_FAILURE_DISABLE_AFTER", "24"},
                                  {"SVIX_WHITELIST_SUBNETS", "[127.0.0.1/32, 172.17.0.0/16]"},
                                  {"SVIX_ENDPOINT_HTTPS_ONLY", "true"},
                                  {"SVIX_WHITELABEL_HEADERS", "true"},
                                  {"SVIX_DEFAULT_SIGNATURE_TYPE", "ed25519"},
                                  {"SVIX_OPERATIONAL_WEBHOOK_ADDRESS", "http://127.0.0.1:8071"},
                                  {"SVIX_DANGEROUS_DISABLE_TLS_VERIFICATION", "true"},
                                  {"SVIX_LOG_LEVEL", "debug"},
                                  {"SVIX_LOG_FORMAT", "pretty"},
                                  {"SVIX_WORKER_ENABLED", "false"},
                                  {"SVIX_OPENTELEMETRY_ADDRESS", "http://127.0.0.1:4317"},
                                  {"SVIX_DB_DSN", "postgresql://x"},
                                  {"SVIX_QUEUE_TYPE", "redis"},
                                  {"SVIX_MAIN_SECRET", "s"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->encryption_keys.size(), 1U);
    EXPECT_EQ(config->listen_port, 8071);
    EXPECT_EQ(config->jwt_secret, "x");
    EXPECT_EQ(config->jwt_algorithm, "HS512");
    EXPECT_EQ(config->retry_schedule, (std::vector<Duration>{1s, 2s, 0s}));
    EXPECT_EQ(config->request_timeout, 15s);
    EXPECT_EQ(config->in_flight_max, 100'000U);
    EXPECT_EQ(config->disable_after, 24h);
    EXPECT_EQ(config->allow_net.size(), 2U);
    EXPECT_TRUE(config->https_only);
    EXPECT_EQ(config->signature_headers, SignatureHeaders::webhook);
    EXPECT_EQ(config->signature_type, KeyKind::ed25519);
    EXPECT_TRUE(config->operational_webhooks);
    EXPECT_FALSE(config->verify_tls);
    EXPECT_EQ(config->log_level, Severity::debug);
    EXPECT_EQ(config->log_format, LogFormat::text);
    EXPECT_EQ(config->notes.size(), 5U);
}

TEST(Config, BreakersCanBeTunedAndSwitchedOff) {
    const auto config = load({{"auth", "open"},
                              {"breaker_failures", "0"},
                              {"breaker_after_seconds", "0"},
                              {"breaker_pause_seconds", "5"}},
                             {{"POSTHASTE_BREAKER_PAUSE_MAX_SECONDS", "50"},
                              {"POSTHASTE_BREAKER_DELAY_MAX_SECONDS", "500"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->breaker, (BreakerRules{0, 0s, 5s, 50s, 500s}));
    const auto plain = load({{"auth", "open"}});
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(plain->breaker, BreakerRules{});
}

TEST(Config, WhatAnotherServerHasByDefaultIsNotWorthANote) {
    const auto config = load({{"auth", "open"}, {"encryption_key", std::string(64, 'a')}},
                             {{"SVIX_LOG_FORMAT", "default"},
                              {"SVIX_API_ENABLED", "true"},
                              {"SVIX_WORKER_ENABLED", "true"},
                              {"SVIX_SENTRY_DSN", ""}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->log_format, LogFormat::text);
    EXPECT_TRUE(config->notes.empty());
}

TEST(Config, EncryptionKeysAreSeveralAndTheFirstSeals) {
    const std::string raw(32, 'k');
    const std::string given = to_hex(raw) + ", " + to_base64(std::string(32, 'l'));
    const auto config = load({{"auth", "open"}}, {{"POSTHASTE_ENCRYPTION_KEY", given}});
    ASSERT_TRUE(config) << config.error().message;
    ASSERT_EQ(config->encryption_keys.size(), 2U);
    EXPECT_EQ(config->encryption_keys[0].id(), SealingKey::parse(to_hex(raw))->id());
    EXPECT_TRUE(config->notes.empty());
    const auto weak = load({{"auth", "open"}, {"encryption_key", "guess me"}});
    ASSERT_TRUE(weak);
    ASSERT_EQ(weak->notes.size(), 1U);
    EXPECT_NE(weak->notes[0].find("openssl rand"), std::string::npos);
}

TEST(Config, AnEmptyRetryScheduleMeansOneAttempt) {
    const auto config = load({{"auth", "open"}, {"retry_schedule", "[]"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->retry_schedule, std::vector<Duration>());
}

TEST(Config, WithoutASettingEverybodyHasToLogIn) {
    const auto config = load({{"listen", "0.0.0.0:8000"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->auth, AuthMode::required);
}

TEST(Config, OpenIsForLoopbackOrForThoseWhoSaySo) {
    for (const char* listen : {"127.0.0.1:1", "[::1]:1", "127.1.2.3:1"})
        EXPECT_TRUE(load({{"auth", "open"}, {"listen", listen}})) << listen;
    for (const char* listen : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "192.0.2.1:1"}) {
        EXPECT_FALSE(load({{"auth", "open"}, {"listen", listen}})) << listen;
        EXPECT_TRUE(load({{"auth", "open"}, {"listen", listen}, {"insecure_open", "true"}}))
            << listen;
    }
}

TEST(Config, SessionsHaveAKeyAndAnEnd) {
    const auto config = load({{"session_hours", "12"}}, {{"SECRET_KEY", "sixteen letters!"}});
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(config->session_secret, "sixteen letters!");
    EXPECT_EQ(config->session_lifetime, 12h);
}

struct BadCase {
    Values flags;
    std::string part;  // of the message
};

TEST(Config, BadValuesSayWhatIsWrongAndWhatIsRight) {
    const std::vector<BadCase> cases = {
        {{{"auth", "maybe"}}, "--auth: 'maybe' is not 'open' or 'required'"},
        {{{"auth", "open"}, {"listen", "0.0.0.0:8000"}}, "--insecure-open true"},
        {{{"session_secret", "too short"}}, "--session-secret: must have at least 16"},
        {{{"session_hours", "0"}}, "from 1 to 8760"},
        {{{"auth", "open"}, {"encryption_key", " , "}}, "--encryption-key: it holds no key"},
        {{{"auth", "open"}, {"encryption_key", "some text"}, {"encryption_key_file", "x"}},
         "in one place"},
        {{{"auth", "open"}, {"listen", "8000"}}, "--listen: '8000' is not HOST:PORT"},
        {{{"auth", "open"}, {"listen", "127.0.0.1:99999"}}, "from 0 to 65535"},
        {{{"auth", "open"}, {"listen", "example.com:80"}}, "an address and a port"},
        {{{"auth", "open"}, {"database", "mysql://x"}}, "sqlite:PATH"},
        {{{"auth", "open"}, {"data_dir", "x"}}, "--data-dir goes with PostgreSQL"},
        {{{"auth", "open"}, {"allow_net", "10.0.0.0/99"}}, "--allow-net"},
        {{{"auth", "open"}, {"log_level", "loud"}}, "debug, info, warning or error"},
        {{{"auth", "open"}, {"webhook_max_retries", "0"}}, "from 1 to 1000"},
        {{{"auth", "open"}, {"orders_target_url", "seller"}}, "a URL that orders can be sent to"},
        {{{"auth", "open"}, {"orders_secret", "whsec_!"}}, "--orders-secret: "},
        {{{"auth", "open"}, {"greeting", "hello"}}, "subscriptions or orders"},
        {{{"auth", "open"}, {"retention_hours", "-1"}}, "from 1 to"},
        {{{"auth", "open"}, {"log_format", "xml"}}, "json or text"},
        {{{"auth", "open"}, {"access_log", "maybe"}}, "--access-log"},
        {{{"auth", "open"}, {"breaker_failures", "-1"}},
         "--breaker-failures: '-1' is not a whole number from 0 to 1000"},
        {{{"auth", "open"}, {"breaker_pause_seconds", "0"}},
         "--breaker-pause-seconds: '0' is not a whole number from 1 to 604800"},
        {{{"auth", "open"}, {"breaker_pause_seconds", "700"}},
         "breaker_pause_max_seconds is less than breaker_pause_seconds"},
        {{{"auth", "open"}, {"signup", "yes"}}, "--signup: 'yes' is not 'open' or 'closed'"},
        {{{"auth", "open"}, {"contacts_webhooks_max", "0"}}, "from 1 to"},
        {{{"auth", "open"}, {"jwt_algorithm", "none"}}, "HS256, HS384"},
        {{{"auth", "open"}, {"jwt_secret", ""}}, "a secret"},
        {{{"auth", "open"}, {"retry_schedule", "5,x"}}, "--retry-schedule: 'x' is not"},
        {{{"auth", "open"}, {"signature_headers", "none"}}, "webhook, svix or both"},
        {{{"auth", "open"}, {"public_url", "example.com"}}, "a URL"},
        {{{"auth", "open"}, {"proxy_addr", "socks5://x"}}, "proxy"},
    };
    for (const BadCase& each : cases) {
        const auto config = load(each.flags);
        ASSERT_FALSE(config) << each.part;
        EXPECT_NE(config.error().message.find(each.part), std::string::npos)
            << config.error().message;
    }
}

TEST(Config, OpenIsFineOnLoopbackAndWhenInsisted) {
    for (const char* listen : {"127.0.0.1:0", "[::1]:8000", "localhost:8000"})
        EXPECT_TRUE(load({{"auth", "open"}, {"listen", listen}})) << listen;
    EXPECT_TRUE(load({{"auth", "open"}, {"listen", "0.0.0.0:8000"}, {"insecure_open", "true"}}));
}

TEST(Config, EverySettingHasAFlagAndAVariable) {
    for (const Setting& setting : settings()) {
        EXPECT_TRUE(flag_of(setting).starts_with("--"));
        EXPECT_EQ(flag_of(setting).find('_'), std::string::npos);
        EXPECT_TRUE(variable_of(setting).starts_with("POSTHASTE_"));
        EXPECT_FALSE(setting.help.empty());
    }
}

}  // namespace
}  // namespace posthaste
