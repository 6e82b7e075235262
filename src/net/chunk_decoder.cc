#include "net/chunk_decoder.h"

#include "base/bytes.h"

#include <algorithm>

namespace posthaste {

namespace {

// What a line may hold between its ends: visible bytes, blanks, and bytes above ASCII.
bool is_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

ChunkDecoder::Event ChunkDecoder::next(std::string_view& input) {
    while (state_ != State::done) {
        if (input.empty()) return Event::need_more;
        if (state_ == State::body) {
            const auto take =
                static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
            data_ = input.substr(0, take);
            input.remove_prefix(take);
            left_ -= take;
            if (left_ == 0) state_ = State::body_cr;
            return Event::data;
        }
        const Event event = step(input.front());
        if (event != Event::need_more) return event;
        input.remove_prefix(1);
    }
    return Event::done;
}

// One byte of framing. need_more stands for "go on".
ChunkDecoder::Event ChunkDecoder::step(char c) {
    const auto expect = [&](char wanted, State then) {
        if (c != wanted) return Event::malformed;
        state_ = then;
        return Event::need_more;
    };
    switch (state_) {
        case State::size_first:
            digits_ = 0;
            left_ = 0;
            extension_bytes_ = 0;
            if (hex_value(c) < 0) return Event::malformed;
            state_ = State::size;
            return step_size(c);
        case State::size:
        case State::extension: return step_size(c);
        case State::size_lf: return expect('\n', left_ == 0 ? State::line_first : State::body);
        case State::body_cr: return expect('\r', State::body_lf);
        case State::body_lf: return expect('\n', State::size_first);
        case State::line_first:
        case State::trailer: return step_trailer(c);
        case State::trailer_lf: return expect('\n', State::line_first);
        case State::end_lf: return expect('\n', State::done);
        case State::body:
        case State::done: break;
    }
    return Event::malformed;
}

ChunkDecoder::Event ChunkDecoder::step_size(char c) {
    if (c == '\r') {
        state_ = State::size_lf;
        return Event::need_more;
    }
    const int digit = hex_value(c);
    if (state_ == State::size && digit >= 0) {
        if (++digits_ > 16) return Event::malformed;
        left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
        return Event::need_more;
    }
    // A size is followed by nothing, or by an extension that begins with ';'.
    if (state_ == State::size && c != ';') return Event::malformed;
    state_ = State::extension;
    if (!is_text(c)) return Event::malformed;
    if (++extension_bytes_ > kExtensionBytesMax || ++extension_total_ > kExtensionTotalMax)
        return Event::too_large;
    return Event::need_more;
}

ChunkDecoder::Event ChunkDecoder::step_trailer(char c) {
    if (c == '\r') {
        state_ = state_ == State::line_first ? State::end_lf : State::trailer_lf;
        return Event::need_more;
    }
    // A line that begins with a blank would be a folded one.
    if (!is_text(c) || (state_ == State::line_first && (c == ' ' || c == '\t')))
        return Event::malformed;
    state_ = State::trailer;
    return ++trailer_bytes_ > kTrailerBytesMax ? Event::too_large : Event::need_more;
}

}  // namespace posthaste
