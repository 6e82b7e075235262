#include "server/commands/listen_answer.h"

namespace posthaste {
namespace {

bool should_fail(const ListenOptions& options, std::uint64_t number, Duration uptime) {
    if (options.fail_every > 0 && number % options.fail_every == 0) return true;
    if (options.flap) {
        const Duration period = options.flap->up + options.flap->down;
        if (uptime % period >= options.flap->up) return true;
    }
    // A status without a rule of when to use it is meant for every answer.
    return options.status && options.fail_every == 0 && !options.flap;
}

}  // namespace

ListenAnswer choose_answer(const ListenOptions& options, std::uint64_t number, Duration uptime) {
    ListenAnswer answer;
    answer.delay = options.delay;
    if (should_fail(options, number, uptime)) answer.status = options.status.value_or(500);
    if (options.hang) {
        answer.body = AnswerBody::none_ever;
    } else if (options.endless) {
        answer.body = AnswerBody::endless;
    } else if (options.huge_bytes > 0) {
        answer.body = AnswerBody::sized;
        answer.body_bytes = options.huge_bytes;
    }
    return answer;
}

}  // namespace posthaste
