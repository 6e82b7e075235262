#include "domain/lane.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace posthaste {

namespace {

std::optional<Timestamp> earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
    if (!a) return b;
    if (!b) return a;
    return std::min(*a, *b);
}

}  // namespace

Lane::Verdict verdict_on(AttemptOutcome outcome, int status) {
    switch (outcome) {
        case AttemptOutcome::delivered: return Lane::Verdict::success;
        case AttemptOutcome::interrupted: return Lane::Verdict::unknown;
        case AttemptOutcome::rejected: break;
        case AttemptOutcome::timed_out:
        case AttemptOutcome::connect_failed:
        case AttemptOutcome::dns_failed:
        case AttemptOutcome::tls_failed:
        case AttemptOutcome::blocked:
        case AttemptOutcome::broken: return Lane::Verdict::failure;
    }
    constexpr std::array kAboutPayload = {400, 409, 413, 415, 422};
    if (std::ranges::find(kAboutPayload, status) != kAboutPayload.end())
        return Lane::Verdict::neutral;
    const bool is_refusal = status < 500 && status != 408 && status != 429;
    return is_refusal ? Lane::Verdict::refused : Lane::Verdict::failure;
}

Lane::Lane(EndpointId endpoint, LaneLimits limits)
    : endpoint_(endpoint),
      limits_(limits),
      cap_(std::min(limits.in_flight_initial, limits.in_flight_max)),
      breaker_(limits.breaker) {}

bool Lane::has_room(Timestamp now) const {
    // When older rows wait on disk, going ahead of them would starve them for as long as fresh
    // events keep coming.
    return mode_ == Mode::live && breaker_.is_closed() && queue_.size() < window() &&
           !is_backlogged(now);
}

void Lane::admit(QueuedDelivery delivery) {
    ASSERT(mode_ == Mode::live && !delivery.parked_due);
    queue_.push_back(std::move(delivery));
}

bool Lane::is_ready() const {
    return mode_ == Mode::live && !queue_.empty() && in_flight_ < cap_ && !held_until_;
}

QueuedDelivery Lane::take() {
    ASSERT(is_ready());
    QueuedDelivery delivery = std::move(queue_.front());
    queue_.pop_front();
    ++in_flight_;
    breaker_.started(delivery.event->id);
    if (let_in_ > 0) --let_in_;
    return delivery;
}

void Lane::finished(EventId event, Verdict verdict, Timestamp now, double draw) {
    ASSERT(in_flight_ > 0);
    --in_flight_;
    if (verdict == Verdict::success) {
        suspect_ = false;
        cap_ = std::min(cap_ + 1, limits_.in_flight_max);
    } else if (verdict == Verdict::failure) {
        suspect_ = true;
        const std::uint32_t floor = std::min({limits_.in_flight_min, limits_.in_flight_max, cap_});
        cap_ = std::max(cap_ / 2, floor);
    }
    learn(event, verdict, now, draw);
}

void Lane::learn(EventId event, Verdict verdict, Timestamp now, double draw) {
    const bool was_closed = breaker_.is_closed();
    switch (verdict) {
        case Verdict::success: breaker_.succeeded(); break;
        case Verdict::failure:
        case Verdict::refused: breaker_.failed(event, now, draw); break;
        case Verdict::neutral:
            if (!was_closed) breaker_.succeeded();  // who reads payloads is there again
            break;
        case Verdict::unknown: breaker_.passed(event); break;
    }
    if (was_closed == breaker_.is_closed()) return;
    let_in_ = 0;
    pass_.reset();
    if (breaker_.is_closed()) cap_ = 1;
}

void Lane::forget_failures() {
    breaker_.reset();
    suspect_ = false;
    pass_.reset();
}

std::vector<QueuedDelivery> Lane::shed() {
    const std::size_t allowed = breaker_.is_closed() ? window() : let_in_;
    const std::size_t keep = mode_ == Mode::live ? allowed : 0;
    std::vector<QueuedDelivery> leaving;
    while (queue_.size() > keep) {
        QueuedDelivery& last = queue_.back();
        if (mode_ != Mode::cancelling) forget_row(last);
        leaving.push_back(std::move(last));
        queue_.pop_back();
    }
    std::reverse(leaving.begin(), leaving.end());
    let_in_ = std::min(let_in_, queue_.size());
    return leaving;
}

std::optional<QueuedDelivery> Lane::withdraw(EventId event) {
    const auto found =
        std::ranges::find(queue_, event, [](const auto& delivery) { return delivery.event->id; });
    if (found == queue_.end()) return std::nullopt;
    if (found - queue_.begin() < static_cast<std::ptrdiff_t>(let_in_)) --let_in_;
    QueuedDelivery leaving = std::move(*found);
    queue_.erase(found);
    forget_row(leaving);
    return leaving;
}

// Its row still stands, and will be read again; a page that is being read may have left it out because it was here.
void Lane::forget_row(const QueuedDelivery& leaving) {
    if (!leaving.parked_due) return;
    loaded_.erase(leaving.event->id);
    parked(*leaving.parked_due);
}

void Lane::parked(Timestamp due) {
    earliest_parked_ = earlier(earliest_parked_, due);
    if (page_under_way_) parked_during_page_ = earlier(parked_during_page_, due);
}

void Lane::settled(EventId event) { loaded_.erase(event); }

Lane::Place Lane::place_of(EventId event) const {
    const auto is_it = [&](const QueuedDelivery& delivery) { return delivery.event->id == event; };
    if (std::ranges::any_of(queue_, is_it)) return Place::queued;
    if (page_under_way_) return Place::reading;
    if (loaded_.contains(event) || std::ranges::find(resending_, event) != resending_.end())
        return Place::settling;
    return Place::absent;
}

void Lane::begin_resend(EventId event) {
    ASSERT(place_of(event) == Place::absent);
    resending_.push_back(event);
}

void Lane::end_resend(EventId event, Timestamp due) {
    ASSERT(std::erase(resending_, event) == 1);
    parked(due);
}

void Lane::let_pass(EventId event, Timestamp due) {
    // One that is due later was asked for before the clock was set back.
    if (!breaker_.is_closed() && (!pass_ || pass_->due > due)) pass_ = Pass{event, due};
}

// ---- parked rows

std::optional<Lane::Exception> Lane::exception_at(Timestamp now) const {
    if (!queue_.empty()) return std::nullopt;
    if (pass_ && pass_->due <= now) return Exception::passing;
    if (!is_backlogged(now)) return std::nullopt;
    if (now - *earliest_parked_ >= limits_.breaker.delay_max) return Exception::overdue;
    const std::optional<Timestamp> probe_at = breaker_.probe_at();
    return probe_at && *probe_at <= now ? std::optional(Exception::probe) : std::nullopt;
}

std::optional<Timestamp> Lane::next_exception() const {
    if (!queue_.empty()) return std::nullopt;  // asked again once these have left
    const std::optional<Timestamp> pass_at = pass_ ? std::optional(pass_->due) : std::nullopt;
    if (!earliest_parked_) return pass_at;
    Timestamp next = *earliest_parked_ + limits_.breaker.delay_max;
    if (const std::optional<Timestamp> probe_at = breaker_.probe_at())
        next = std::min(next, std::max(*probe_at, *earliest_parked_));
    return earlier(next, pass_at);
}

Lane::PageRequest Lane::request_for(Exception exception, Timestamp now) const {
    const std::size_t several = std::min(limits_.window_suspect, limits_.window);
    switch (exception) {
        case Exception::passing: return {pass_->due, pass_->due, several, {}};
        case Exception::overdue:
            return {std::nullopt, now - limits_.breaker.delay_max, several, {}};
        case Exception::probe: break;
    }
    return {std::nullopt, now, 1, {}};
}

std::size_t Lane::page_size() const {
    if (mode_ == Mode::cancelling) return limits_.page;
    const std::size_t room = window() > queue_.size() ? window() - queue_.size() : 0;
    return std::min(limits_.page, room);
}

bool Lane::wants_page(Timestamp now) const {
    if (page_under_way_ || mode_ == Mode::paused) return false;
    if (page_not_before_ && *page_not_before_ > now) return false;
    // Cancelling does not wait for due times, and takes one page at a time: the next waits until
    // this one's rows are gone.
    if (mode_ == Mode::cancelling) return earliest_parked_.has_value() && loaded_.empty();
    if (!breaker_.is_closed()) return exception_at(now).has_value();
    return is_backlogged(now) && queue_.size() <= window() / 4 && page_size() > 0;
}

Lane::PageRequest Lane::begin_page(Timestamp now) {
    ASSERT(wants_page(now));
    page_under_way_ = true;
    page_not_before_.reset();
    parked_during_page_.reset();
    const Timestamp due_until = mode_ == Mode::cancelling ? Timestamp::max() : now;
    PageRequest request{std::nullopt, due_until, page_size(), {}};
    page_is_exception_ = mode_ == Mode::live && !breaker_.is_closed();
    page_is_for_pass_ = page_is_exception_ && exception_at(now) == Exception::passing;
    if (page_is_exception_) request = request_for(*exception_at(now), now);
    request.exclude = {loaded_.begin(), loaded_.end()};
    request.exclude.insert(request.exclude.end(), resending_.begin(), resending_.end());
    // Iteration order of a hash set must not leak into what is read.
    std::sort(request.exclude.begin(), request.exclude.end());
    return request;
}

void Lane::end_page(std::vector<QueuedDelivery> rows, std::optional<Timestamp> next_due,
                    const std::vector<EventId>& leaving) {
    ASSERT(page_under_way_);
    page_under_way_ = false;
    if (page_is_for_pass_)  // it looked at the rows from this one on
        earliest_parked_ = earlier(earliest_parked_, next_due);
    else
        earliest_parked_ = earlier(next_due, parked_during_page_);
    if (page_is_exception_) let_in(rows);
    loaded_.insert(leaving.begin(), leaving.end());
    for (QueuedDelivery& row : rows) {
        ASSERT(row.parked_due);
        const bool fresh = loaded_.insert(row.event->id).second;
        ASSERT(fresh);
        queue_.push_back(std::move(row));
    }
}

// Rows that are due in the same moment as the one that may pass came with it, and are shed again.
void Lane::let_in(std::vector<QueuedDelivery>& rows) {
    if (!page_is_for_pass_) {
        let_in_ += rows.size();
        return;
    }
    const auto passing = std::ranges::find_if(
        rows, [this](const QueuedDelivery& row) { return pass_ && row.event->id == pass_->event; });
    if (passing != rows.end()) {
        std::rotate(rows.begin(), passing, passing + 1);
        ++let_in_;
    }
    pass_.reset();
}

void Lane::fail_page(Timestamp retry_at) {
    ASSERT(page_under_way_);
    page_under_way_ = false;
    page_not_before_ = retry_at;
}

std::optional<Timestamp> Lane::wake_at() const {
    if (page_under_way_ || mode_ == Mode::paused || !earliest_parked_) return std::nullopt;
    if (mode_ == Mode::live && !breaker_.is_closed()) {
        const std::optional<Timestamp> next = next_exception();
        return next ? std::optional(std::max(*next, page_not_before_.value_or(*next)))
                    : std::nullopt;
    }
    const Timestamp not_before = page_not_before_.value_or(Timestamp());
    if (mode_ == Mode::cancelling)
        return loaded_.empty() ? std::optional(not_before) : std::nullopt;
    return std::max(*earliest_parked_, not_before);
}

void Lane::set_mode(Mode mode) { mode_ = mode; }

void Lane::set_in_flight_max(std::uint32_t in_flight_max) {
    limits_.in_flight_max = std::max(in_flight_max, 1U);
    cap_ = std::min(cap_, limits_.in_flight_max);
}

bool Lane::is_empty() const {
    return queue_.empty() && loaded_.empty() && resending_.empty() && in_flight_ == 0 &&
           !earliest_parked_ && !page_under_way_;
}

}  // namespace posthaste
