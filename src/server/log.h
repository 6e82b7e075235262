#pragma once

// Log lines to a descriptor: JSON, one object per line, or text for people (log_text.h). Writers append to a buffer under a
// short lock; a thread of its own writes it out, so a slow terminal or pipe never holds up a reactor. When the reader falls
// behind by more than the bound, lines are dropped and counted, and the count is logged: memory stays bounded and
// deliveries go on.

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "ports/clock.h"
#include "ports/telemetry.h"
#include "server/log_text.h"

namespace posthaste {

class Log {
public:
    static constexpr std::size_t kBufferedMax = 8u << 20;

    Log(int descriptor, Severity level, const Clock& clock, LogFormat format = LogFormat::json);
    ~Log();  // writes out what is buffered
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    [[nodiscard]] bool wants(Severity severity) const { return severity >= level_; }
    // `fields` is the inside of a JSON object, whatever the format; time and level are put before it. Thread-safe.
    void write(Severity severity, std::string_view fields);
    // A sentence, with its area.
    void notice(Severity severity, std::string_view area, std::string_view sentence);

private:
    [[nodiscard]] std::string line(Severity severity, std::string_view fields) const;
    void run();

    const int descriptor_;
    const Severity level_;
    const Clock& clock_;
    const LogFormat format_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::string buffer_;
    std::uint64_t dropped_ = 0;
    bool stopping_ = false;
    std::thread writer_;
};

// Whether the log may show what receivers answer: where payloads are sealed, answers that may repeat them are not shown.
enum class Answers : bool { hidden, shown };

// What one reactor's engine reports, as log lines.
class LogTelemetry final : public Telemetry {
public:
    LogTelemetry(Log& log, Answers answers) : log_(log), answers_(answers) {}
    void on_attempt_started(const Event& event, const Endpoint& endpoint) override;
    void on_attempt(const Event& event, const Endpoint& endpoint, const AttemptRecord& attempt,
                    DeliveryState next) override;
    void on_published(const Event& event, UserId user, std::uint64_t contacts) override;
    void on_notice(Severity severity, std::string_view area, std::string_view sentence) override;

private:
    void trace_request(const Endpoint& endpoint, const AttemptRecord& attempt);
    void trace_end(const Event& event, const AttemptRecord& attempt, DeliveryState next);

    Log& log_;
    const Answers answers_;
    std::string line_;
};

}  // namespace posthaste
