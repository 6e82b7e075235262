#pragma once

// Coverage marks: rare things that a batch of worlds must have gone through, or the simulator proves less than it seems.
// They only observe. Shared by all worlds of a process and thread-safe.

#include <string_view>
#include <vector>

namespace posthaste::sim {

#define POSTHASTE_SIM_MARKS(X)                                                                 \
    X(crash_before_write)     /* ids are issued, nothing is durable */                         \
    X(crash_before_answer)    /* durable, nobody has been told */                              \
    X(crash_in_flight)        /* requests are under way */                                     \
    X(crash_in_recovery)      /* before the engines run again */                               \
    X(recovery_parked)        /* recovery found a tail */                                      \
    X(recovery_found_lanes)   /* and rows that were parked before */                           \
    X(clean_stop)             /* drained and restarted */                                      \
    X(stop_interrupted)       /* the drain's deadline cut requests */                          \
    X(commit_refused)         /* unavailable */                                                \
    X(commit_unknown_applied) /* ambiguous, and durable */                                     \
    X(commit_unknown_lost)    /* ambiguous, and gone */                                        \
    X(ambiguous_event)        /* an event is durable although its producer was not told */     \
    X(update_repeated)        /* the same update reached the disk twice */                     \
    X(read_refused)           /* a page of parked rows could not be read */                    \
    X(accept_overloaded)      /* a producer was told to come again */                          \
    X(accept_stopping)        /* a producer met a stopping engine */                           \
    X(parked_for_room)        /* the window was full */                                        \
    X(parked_for_retry)       /* an attempt failed */                                          \
    X(page_in)                /* a parked row was sent */                                      \
    X(retried_to_success)     /* delivered by a later attempt */                               \
    X(dead_exhausted)         /* no attempt left */                                            \
    X(dead_too_old)           /* no age left */                                                \
    X(cancelled)              /* the endpoint was deleted */                                   \
    X(cancelled_in_flight)    /* while its request was under way */                            \
    X(edit_conflict_or_doubt) /* an edit failed */                                             \
    X(paused_with_backlog)    /* an endpoint was inactive with deliveries waiting */           \
    X(timed_out)              /* a receiver hung */                                            \
    X(retry_after)            /* a receiver asked for patience */                              \
    X(duplicate_after_crash)  /* the receiver saw a delivery twice, as at-least-once allows */ \
    X(clock_forward)          /* the wall clock jumped */                                      \
    X(clock_back)             /* the wall clock jumped back */                                 \
    X(cross_reactor)          /* an event was accepted on another reactor than its lane's */   \
    X(cap_reached)            /* an endpoint's in-flight cap was used up */                    \
    X(event_dropped)          /* retention dropped a finished event */                         \
    X(rate_used_up)           /* a throttle let all through that it may in one second */       \
    X(resend_of_settled)      /* a manual attempt of a delivery that was over */               \
    X(resend_of_parked)       /* of one that waited for its retry */                           \
    X(resend_to_new_target)   /* to an endpoint the event was not for */                       \
    X(resend_not_needed)      /* of one that was about to leave */                             \
    X(resend_failed)          /* whoever asked was told that it could not be kept */           \
    X(restarted)              /* a dead delivery began its schedule again */                   \
    X(restart_not_needed)     /* one that was not dead any more did not */                     \
    X(retried_after_restart)  /* and was retried */                                            \
    X(manual_delivered)       /* a manual attempt was answered 2xx */                          \
    X(manual_failed)          /* and nothing followed */                                       \
    X(schedule_resumed)       /* a manual attempt failed, and the retry planned before came */ \
    X(expunged_before_sent)   /* what waited was cancelled because its payload was deleted */  \
    X(job_refused)            /* whoever asked for a job was told that it could not be kept */ \
    X(job_recovered)          /* a job asked for attempts of what had failed */                \
    X(job_filled_gaps)        /* of what an endpoint had no delivery of */                     \
    X(job_replayed)           /* of whatever it was told to */                                 \
    X(job_purged)             /* a job deleted all payloads of an application */               \
    X(job_went_on)            /* a job of an earlier life of the cluster ended */              \
    X(job_failed)             /* its endpoint was deleted or inactive */                       \
    X(request_repeated)       /* a producer was told of its first event */                     \
    X(uid_taken)              /* a producer was told that the name is taken */                 \
    X(endpoint_given_up)      /* the engine made an endpoint inactive */                       \
    X(breaker_opened)         /* different deliveries failed in a row */                       \
    X(breaker_probed)         /* one of them was tried after the pause */                      \
    X(breaker_closed)         /* and was delivered */                                          \
    X(breaker_opened_again)   /* or failed, too */                                             \
    X(breaker_let_overdue)    /* what had waited for too long left meanwhile */                \
    X(breaker_let_manual)     /* and so did what somebody had asked for */

enum class Mark {
#define X(name) name,
    POSTHASTE_SIM_MARKS(X)
#undef X
};

void reached(Mark mark);
[[nodiscard]] std::vector<std::string_view> marks_missed();
void forget_marks();

#define REACHED(name) ::posthaste::sim::reached(::posthaste::sim::Mark::name)

}  // namespace posthaste::sim
