#include "api/native/payload_text.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "api/json_members.h"
#include "api/json_scan.h"
#include "base/json_text.h"

namespace posthaste::native {

namespace {

// One member of one object of the document.
struct Member {
    std::string_view key;     // decoded
    bool is_escaped = false;  // in the text
    std::size_t begin = 0;    // of its value
    std::size_t end = 0;      // behind its value and the space that follows
    std::size_t objects = 0;  // objects opened before its value
};

struct Object {
    std::size_t first = 0;  // its members as they are shown: [first, last) of Outline::members
    std::size_t last = 0;
    std::size_t end = 0;   // behind its '}'
    std::size_t next = 0;  // objects opened before what follows it
};

// Every object of the document in the order in which they open. Arrays need nothing: their order stays.
struct Outline {
    std::vector<Object> objects;
    std::vector<Member> members;
    std::deque<std::string> decoded;  // keys that are written with escapes
};

class Outliner {
public:
    explicit Outliner(std::string_view text) : text_(text) {}

    Outline run() {
        while (at_ < text_.size()) step();
        return std::move(outline_);
    }

private:
    struct Open {
        bool is_object = false;
        std::size_t object = 0;
        std::size_t first_member = 0;  // in open_members_
        bool is_key_next = true;
    };

    void step() {
        switch (text_[at_]) {
            case '{':
            case '[': open(text_[at_] == '{'); return;
            case '}':
            case ']': close(); return;
            case ',': go_on(); return;
            case '"':
                if (!open_.empty() && open_.back().is_object && open_.back().is_key_next)
                    read_key();
                else
                    at_ = skip_string(text_, at_);
                return;
            default: ++at_;
        }
    }

    void open(bool is_object) {
        open_.push_back({is_object, outline_.objects.size(), open_members_.size(), true});
        if (is_object) outline_.objects.emplace_back();
        ++at_;
    }

    void read_key() {
        const std::size_t end = skip_string(text_, at_);
        const std::string_view literal = text_.substr(at_, end - at_);
        Member member;
        member.key = literal.substr(1, literal.size() - 2);
        if (member.key.find('\\') != std::string_view::npos) {
            member.key = outline_.decoded.emplace_back(unescape_json(literal));
            member.is_escaped = true;
        }
        at_ = skip_space(text_, skip_space(text_, end) + 1);
        member.begin = at_;
        member.objects = outline_.objects.size();
        open_members_.push_back(member);
        open_.back().is_key_next = false;
    }

    void end_member() {
        if (open_members_.size() > open_.back().first_member) open_members_.back().end = at_;
    }

    void go_on() {
        if (open_.back().is_object) end_member();
        open_.back().is_key_next = true;
        ++at_;
    }

    void close() {
        const Open closed = open_.back();
        if (closed.is_object) end_member();
        open_.pop_back();
        ++at_;
        if (!closed.is_object) return;
        Object& object = outline_.objects[closed.object];
        object.end = at_;
        object.next = outline_.objects.size();
        object.first = outline_.members.size();
        keep_sorted(open_members_.begin() + static_cast<std::ptrdiff_t>(closed.first_member));
        object.last = outline_.members.size();
        open_members_.resize(closed.first_member);
    }

    // UTF-8 sorts by its bytes as its code points do. Of equal keys the last one counts, so their places decide.
    void keep_sorted(std::vector<Member>::iterator first) {
        const auto by_key = [](const Member& a, const Member& b) {
            const int order = a.key.compare(b.key);
            return order != 0 ? order < 0 : a.begin < b.begin;
        };
        if (!std::is_sorted(first, open_members_.end(), by_key))
            std::sort(first, open_members_.end(), by_key);
        for (auto member = first; member != open_members_.end(); ++member) {
            const auto behind = member + 1;
            if (behind == open_members_.end() || behind->key != member->key)
                outline_.members.push_back(*member);
        }
    }

    const std::string_view text_;
    std::size_t at_ = 0;
    Outline outline_;
    std::vector<Open> open_;
    std::vector<Member> open_members_;
};

class Writer {
public:
    Writer(std::string& out, std::string_view text, const Outline& outline)
        : out_(out), text_(text), outline_(outline) {}

    void run() {
        steps_.push_back({Kind::stretch, 0, text_.size(), 0});
        while (!steps_.empty()) {
            if (steps_.back().kind == Kind::stretch)
                write_stretch();
            else
                write_member();
        }
    }

private:
    enum class Kind : unsigned char { stretch, object };
    struct Step {
        Kind kind = Kind::stretch;
        std::size_t at = 0;       // stretch: in the text; object: in Outline::members
        std::size_t end = 0;      // exclusive
        std::size_t objects = 0;  // stretch: objects opened before `at`
        bool is_first = true;     // object: no member is written yet
    };

    // Text up to the next object, or all there is.
    void write_stretch() {
        Step& step = steps_.back();
        while (step.at < step.end) {
            const char c = text_[step.at];
            if (c == '{') {
                const Object& object = outline_.objects[step.objects];
                step.at = object.end;
                step.objects = object.next;
                out_ += '{';
                steps_.push_back({Kind::object, object.first, object.last, 0, true});
                return;
            }
            if (c == '"')
                step.at = write_string(step.at);
            else if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
                ++step.at;
            else
                out_ += text_[step.at++];
        }
        steps_.pop_back();
    }

    std::size_t write_string(std::size_t at) {
        const std::size_t end = skip_string(text_, at);
        const std::string_view literal = text_.substr(at, end - at);
        if (literal.find('\\') == std::string_view::npos)
            out_ += literal;
        else
            append_json_string(out_, unescape_json(literal));
        return end;
    }

    void write_member() {
        Step& step = steps_.back();
        if (step.at == step.end) {
            out_ += '}';
            steps_.pop_back();
            return;
        }
        if (!step.is_first) out_ += ',';
        step.is_first = false;
        const Member& member = outline_.members[step.at++];
        if (member.is_escaped)
            append_json_string(out_, member.key);
        else
            out_.append("\"").append(member.key).append("\"");
        out_ += ':';
        steps_.push_back({Kind::stretch, member.begin, member.end, member.objects, true});
    }

    std::string& out_;
    const std::string_view text_;
    const Outline& outline_;
    std::vector<Step> steps_;
};

}  // namespace

void append_payload(std::string& out, std::string_view payload) {
    if (scan_json(payload).fault) {
        out += kExpiredPayload;
        return;
    }
    const Outline outline = Outliner(payload).run();
    out.reserve(out.size() + payload.size());
    Writer(out, payload, outline).run();
}

}  // namespace posthaste::native
