#include "server/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "base/bytes.h"
#include "base/json_text.h"

namespace posthaste {

namespace {

std::string_view word(Severity severity) {
    switch (severity) {
        case Severity::debug: return "debug";
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "info";
}

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

Log::Log(int descriptor, Severity level, const Clock& clock)
    : descriptor_(descriptor), level_(level), clock_(clock), writer_([this] { run(); }) {}

Log::~Log() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    writer_.join();
}

void Log::write(Severity severity, std::string_view fields) {
    if (!wants(severity)) return;
    const std::string time = format_rfc3339(clock_.now());
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (buffer_.size() > kBufferedMax) {
            ++dropped_;
            return;
        }
        fmt::format_to(std::back_inserter(buffer_), R"({{"time":"{}","level":"{}",{}}})", time,
                       word(severity), fields);
        buffer_ += '\n';
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
            write_all(
                descriptor_,
                fmt::format("{{\"level\":\"warning\",\"area\":\"log\",\"message\":\"{} lines were "
                            "dropped: whoever reads this log is too slow\"}}\n",
                            dropped));
        if (last) return;
        lock.lock();
    }
}

void LogTelemetry::on_attempt(const Event& event, const Endpoint& endpoint,
                              const AttemptRecord& attempt, DeliveryState next) {
    const bool delivered = attempt.outcome == AttemptOutcome::delivered;
    const Severity severity = next == DeliveryState::dead ? Severity::warning : Severity::info;
    if (!log_.wants(severity)) return;
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
    log_.write(severity, line_);
}

void LogTelemetry::on_notice(Severity severity, std::string_view area, std::string_view sentence) {
    log_.notice(severity, area, sentence);
}

}  // namespace posthaste
