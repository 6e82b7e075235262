#include "server/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/json_text.h"
#include "domain/url.h"
#include "ports/http.h"
#include "server/log_text.h"

namespace posthaste {

namespace {

void write_all(int descriptor, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // nobody reads the log any more; serving goes on
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

constexpr std::chrono::milliseconds kFlushEvery{50};
constexpr std::size_t kFlushAt = 64 << 10;
constexpr std::size_t kResponseMax = 200;

}  // namespace

Log::Log(int descriptor, Severity level, const Clock& clock, LogFormat format)
    : descriptor_(descriptor),
      level_(level),
      clock_(clock),
      format_(format),
      writer_(&Log::run, this) {}

Log::~Log() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
}

std::string Log::line(Severity severity, std::string_view fields) const {
    return format_ == LogFormat::text ? text_line(clock_.now(), severity, fields)
                                      : json_line(clock_.now(), severity, fields);
}

void Log::write(Severity severity, std::string_view fields) {
    if (!wants(severity)) return;
    const std::string spelled = line(severity, fields);
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (buffer_.size() > kBufferedMax) {
            ++dropped_;
            return;
        }
        buffer_ += spelled;
        wake = buffer_.size() > kFlushAt || severity >= Severity::warning;
    }
    if (wake) wake_.notify_one();
}

void Log::notice(Severity severity, std::string_view area, std::string_view sentence) {
    if (!wants(severity)) return;
    std::string fields = fmt::format(R"("area":"{}","message":)", area);
    append_json_string(fields, sentence);
    write(severity, fields);
}

void Log::run() {
    std::string leaving;
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait_for(lock, kFlushEvery,
                       [this] { return stopping_ || buffer_.size() > kFlushAt; });
        leaving.clear();
        leaving.swap(buffer_);
        const std::uint64_t dropped = std::exchange(dropped_, 0);
        const bool last = stopping_;
        lock.unlock();
        write_all(descriptor_, leaving);
        if (dropped > 0)
            write_all(descriptor_,
                      line(Severity::warning,
                           fmt::format("\"area\":\"log\",\"message\":\"{} lines were dropped: "
                                       "whoever reads this log is too slow\"",
                                       dropped)));
        if (last) return;
        lock.lock();
    }
}

// ---- what engines report

namespace {

// The words that operators of the contacts API's original look for: one of these for each attempt, under the delivery's id.
std::string task_of(const Event& event) {
    return "Task process_webhook_event_high_priority[" + to_uuid(event.id) + "]";
}

std::string_view message_of(const AttemptRecord& attempt) {
    if (attempt.outcome == AttemptOutcome::delivered) return "Webhook delivered successfully";
    return attempt.status_code > 0 ? "Webhook delivery failed" : "Webhook request failed";
}

}  // namespace

void LogTelemetry::on_attempt_started(const Event& event, const Endpoint& endpoint) {
    if (endpoint.profile != Profile::contacts || !log_.wants(Severity::info)) return;
    log_.notice(Severity::info, "worker", task_of(event) + " received");
}

void LogTelemetry::on_attempt(const Event& event, const Endpoint& endpoint,
                              const AttemptRecord& attempt, DeliveryState next) {
    const bool delivered = attempt.outcome == AttemptOutcome::delivered;
    const Severity severity = next == DeliveryState::dead ? Severity::warning : Severity::info;
    if (!log_.wants(severity)) return;
    const bool is_traced = endpoint.profile == Profile::contacts;
    if (is_traced) trace_request(endpoint, attempt);
    line_.clear();
    line_ += "\"event\":";
    append_json_string(line_, event.type);
    fmt::format_to(
        std::back_inserter(line_),
        R"(,"status":"{}","delivery_time_ms":{},"event_id":"{}","endpoint_id":"{}","attempt":{},)"
        R"("outcome":"{}","status_code":{},"next":"{}")",
        delivered ? "success" : "failed", attempt.timings.total.count() / 1000, to_uuid(event.id),
        to_uuid(endpoint.id), attempt.number, to_string(attempt.outcome), attempt.status_code,
        to_string(next));
    if (!delivered) {
        line_ += ",\"error\":";
        // Of an attempt that was rejected the text is the receiver's; otherwise it is ours.
        const bool is_hidden =
            answers_ == Answers::hidden && attempt.outcome == AttemptOutcome::rejected;
        append_json_string(line_, is_hidden ? fmt::format("answered {}", attempt.status_code)
                                            : utf8_prefix(attempt.response, kResponseMax));
    }
    if (is_traced)
        fmt::format_to(std::back_inserter(line_), R"(,"message":"{}","webhook_id":"{}")",
                       message_of(attempt), to_uuid(endpoint.id));
    log_.write(severity, line_);
    if (is_traced) trace_end(event, attempt, next);
}

void LogTelemetry::trace_request(const Endpoint& endpoint, const AttemptRecord& attempt) {
    if (attempt.status_code == 0) return;
    log_.notice(
        Severity::info, "worker",
        fmt::format("HTTP Request: POST {} \"HTTP/1.1 {} {}\"", without_credentials(endpoint.url),
                    attempt.status_code, reason_phrase(attempt.status_code)));
}

void LogTelemetry::trace_end(const Event& event, const AttemptRecord& attempt, DeliveryState next) {
    const double seconds = std::chrono::duration<double>(attempt.timings.total).count();
    const std::string_view end = next == DeliveryState::delivered ? "succeeded in"
                                 : next == DeliveryState::parked  ? "failed, to be retried, after"
                                                                  : "failed for good after";
    log_.notice(Severity::info, "worker",
                fmt::format("{} {} {:.6f}s", task_of(event), end, seconds));
}

void LogTelemetry::on_published(const Event& event, UserId user, std::uint64_t contacts) {
    if (!log_.wants(Severity::info)) return;
    log_.write(Severity::info,
               fmt::format(R"("message":"Webhook event published","event_id":"{}",)"
                           R"("event_type":"{}","subscriber_count":{},"user_id":"{}")",
                           event.uid.value_or(""), event.type, contacts, to_uuid(user)));
}

void LogTelemetry::on_notice(Severity severity, std::string_view area, std::string_view sentence) {
    log_.notice(severity, area, sentence);
}

}  // namespace posthaste
