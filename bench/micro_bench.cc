// The pieces every delivery pays for, one at a time, in nanoseconds: signing, ids, headers, the payload check, the scheduler.
// Run with ./dev bench micro; compare medians within one run (--benchmark_repetitions=9).

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <memory>
#include <string>

#include "api/native/message_in.h"
#include "api/native/message_out.h"
#include "api/payload.h"
#include "base/id.h"
#include "domain/fair_scheduler.h"
#include "domain/filter.h"
#include "domain/sealing.h"
#include "domain/signing.h"
#include "engine/attempt.h"

namespace {

using namespace posthaste;

std::string payload_of(std::size_t bytes) {
    std::string payload = R"({"event":"user.created","data":{"text":")";
    payload.append(bytes - payload.size() - 3, 'x');
    return payload + "\"}}";
}

Event event_of(std::size_t bytes) {
    Event event;
    event.id = EventId{0x0190a5b27c3d7abcULL, 0x8def0123456789abULL};
    event.payload = payload_of(bytes);
    return event;
}

void sign_standard(benchmark::State& state) {
    const auto signer =
        Signer::create({parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value()}).value();
    const Event event = event_of(static_cast<std::size_t>(state.range(0)));
    const std::string id = to_base62("msg", event.id);
    std::string out;
    for (auto _ : state) {
        out.clear();
        signer->append_standard(out, id, 1'700'000'000, event.payload, Timestamp{});
        benchmark::DoNotOptimize(out.data());
    }
}
BENCHMARK(sign_standard)->Arg(256)->Arg(1024)->Arg(16384);

// What encrypt_payloads adds to an event's way to the disk.
void seal_a_payload(benchmark::State& state) {
    SealingKey::Bytes key{};
    SealingCipher cipher(key);
    const std::string payload = payload_of(static_cast<std::size_t>(state.range(0)));
    SealingNonce nonce{};
    std::string sealed;
    for (auto _ : state) {
        ++nonce[0];
        sealed.clear();
        cipher.seal(sealed, nonce, "payload of one event", payload);
        benchmark::DoNotOptimize(sealed.data());
    }
}
BENCHMARK(seal_a_payload)->Arg(256)->Arg(1024)->Arg(16384);

void attempt_headers_of_a_subscription(benchmark::State& state) {
    auto prepared = std::make_shared<PreparedEndpoint>();
    prepared->config.profile = Profile::subscriptions;
    prepared->config.secret = "my_secret_key";
    const Route route = make_route(prepared);
    const Event event = event_of(1024);
    for (auto _ : state) benchmark::DoNotOptimize(attempt_headers(event, route, Timestamp{}));
}
BENCHMARK(attempt_headers_of_a_subscription);

void spell_an_id(benchmark::State& state) {
    const Event event = event_of(256);
    for (auto _ : state) benchmark::DoNotOptimize(to_base62("msg", event.id));
}
BENCHMARK(spell_an_id);

void check_a_payload(benchmark::State& state) {
    PayloadReader reader;
    std::string body = payload_of(static_cast<std::size_t>(state.range(0)));
    const std::size_t size = body.size();
    body.append(64, ' ');
    for (auto _ : state) {
        const PayloadCheck check = reader.check(std::string_view(body).substr(0, size));
        benchmark::DoNotOptimize(check.event_type->data());
    }
}
BENCHMARK(check_a_payload)->Arg(256)->Arg(1024)->Arg(16384);

// Four conditions over a payload of 1 KB, most of it one long text, as is usual; its tree is there already.
void match_a_filter(benchmark::State& state) {
    const auto filter =
        Filter::compile(R"({"type": {"$startsWith": "order."}, "amount": {"$gte": 1000},
        "customer.country": {"$in": ["AT", "CH", "DE"]}, "items.sku": {"$like": "A-*"}})")
            .value();
    std::string payload =
        R"({"type":"order.paid","id":"ord_1","text":")" + std::string(800, 'x') +
        R"(","amount":1050,"customer":{"id":7,"name":"Ada","country":"DE"},)"
        R"("items":[{"sku":"B-1","qty":1},{"sku":"C-9","qty":2},{"sku":"A-4","qty":3}]})";
    simdjson::dom::parser parser;
    const simdjson::dom::element element = parser.parse(payload).value();
    const FilterInput input{&element, "order.paid", {}};
    for (auto _ : state) benchmark::DoNotOptimize(filter->matches(input));
}
BENCHMARK(match_a_filter);

std::string message_of(std::size_t bytes) {
    return R"({"eventType":"user.created","payload":)" + payload_of(bytes) + "}";
}

// What POST /app/{app_id}/msg pays where the ingest route pays check_a_payload.
void read_a_message(benchmark::State& state) {
    native::MessageReader reader;
    std::string body = message_of(static_cast<std::size_t>(state.range(0)));
    const std::size_t size = body.size();
    body.append(64, ' ');
    for (auto _ : state) {
        const auto message = reader.read(std::string_view(body).substr(0, size));
        benchmark::DoNotOptimize(message->payload.data());
    }
}
BENCHMARK(read_a_message)->Arg(256)->Arg(1024)->Arg(16384);

void answer_a_message(benchmark::State& state) {
    Event event = event_of(1024);
    event.type = "user.created";
    const auto content = state.range(0) == 0 ? native::Content::omitted : native::Content::shown;
    for (auto _ : state)
        benchmark::DoNotOptimize(native::message_json(event, content, Timestamp{}));
}
BENCHMARK(answer_a_message)->ArgName("with_content")->Arg(0)->Arg(1);

void choose_a_lane(benchmark::State& state) {
    FairScheduler scheduler;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        scheduler.set_ready(
            scheduler.add_lane(ApplicationId{static_cast<std::uint64_t>(i % 100), 1}), true);
    for (auto _ : state) benchmark::DoNotOptimize(scheduler.next());
}
BENCHMARK(choose_a_lane)->Arg(50)->Arg(100'000);

}  // namespace

BENCHMARK_MAIN();
