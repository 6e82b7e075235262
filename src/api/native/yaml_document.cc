// read_yaml(): libyaml's events, composed into a JSON value.

#include <yaml.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "api/native/document_text.h"
#include "api/native/yaml_scalar.h"

namespace posthaste::native {

namespace json = boost::json;

namespace {

// What aliases and merge keys may unfold to, a value and each 16 bytes of its text counted as one: a text may grow to a few
// times its size, not to thousands.
constexpr std::size_t kCostMax = 1'000'000;

std::string_view text_of(const yaml_char_t* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

class YamlComposer {
public:
    // libyaml wants an address even of nothing.
    explicit YamlComposer(std::string_view text) : text_(text.empty() ? "" : text) {
        is_made_ = yaml_parser_initialize(&parser_) != 0;
        if (is_made_)
            yaml_parser_set_input_string(
                &parser_, reinterpret_cast<const unsigned char*>(text_.data()), text_.size());
    }
    ~YamlComposer() {
        if (is_made_) yaml_parser_delete(&parser_);
    }
    YamlComposer(const YamlComposer&) = delete;
    YamlComposer& operator=(const YamlComposer&) = delete;

    DocumentValue compose() {
        if (!is_made_) return std::unexpected(TextFault{1, 1, "out of memory"});
        while (!fault_ && !is_over_) {
            yaml_event_t event;
            if (yaml_parser_parse(&parser_, &event) == 0) return std::unexpected(parser_fault());
            at_ = event.start_mark;
            take(event);
            yaml_event_delete(&event);
        }
        if (fault_) return std::unexpected(*std::move(fault_));
        return std::move(root_);
    }

private:
    struct Frame {
        json::value value;  // an array or an object
        std::string anchor;
        std::size_t cost = 1;
        std::optional<std::string> key;  // an object's, whose value comes next
        bool is_merge_key = false;
        std::vector<json::object> merged;
    };
    struct Anchored {
        json::value value;
        std::size_t cost = 0;
    };

    void refuse(std::string message) {
        if (!fault_) fault_ = TextFault{at_.line + 1, at_.column + 1, std::move(message)};
    }

    TextFault parser_fault() const {
        if (parser_.problem == nullptr) return {1, 1, "out of memory"};
        if (parser_.error == YAML_READER_ERROR)
            return fault_at(text_, parser_.problem_offset, parser_.problem);
        const yaml_mark_t& mark = parser_.problem_mark;
        return {mark.line + 1, mark.column + 1, parser_.problem};
    }

    void take(const yaml_event_t& event) {
        switch (event.type) {
            case YAML_DOCUMENT_START_EVENT:
                if (++documents_ > 1) refuse("there is a second document");
                break;
            case YAML_STREAM_END_EVENT:
                if (documents_ == 0) refuse("there is no document");
                is_over_ = true;
                break;
            case YAML_ALIAS_EVENT: take_alias(text_of(event.data.alias.anchor)); break;
            case YAML_SCALAR_EVENT: take_scalar(event.data.scalar); break;
            case YAML_SEQUENCE_START_EVENT:
                begin(json::array(), text_of(event.data.sequence_start.anchor),
                      text_of(event.data.sequence_start.tag), YAML_SEQ_TAG);
                break;
            case YAML_MAPPING_START_EVENT:
                begin(json::object(), text_of(event.data.mapping_start.anchor),
                      text_of(event.data.mapping_start.tag), YAML_MAP_TAG);
                break;
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT: end(); break;
            case YAML_NO_EVENT:
            case YAML_STREAM_START_EVENT:
            case YAML_DOCUMENT_END_EVENT: break;
        }
    }

    [[nodiscard]] bool expects_key() const {
        return !frames_.empty() && frames_.back().value.is_object() && !frames_.back().key;
    }

    bool spend(std::size_t cost) {
        spent_ += cost;
        if (spent_ > kCostMax) refuse("aliases unfold to too much");
        return !fault_;
    }

    void begin(json::value container, std::string_view anchor, std::string_view tag,
               std::string_view own_tag) {
        if (expects_key()) return refuse("a key must be a scalar");
        if (!tag.empty() && tag != own_tag && tag != "!")
            return refuse("the tag " + std::string(tag) + " is not known");
        if (frames_.size() == kDocumentDepthMax) return refuse("this is nested too deeply");
        Frame& frame = frames_.emplace_back();
        frame.value = std::move(container);
        frame.anchor = anchor;
    }

    void end() {
        Frame frame = std::move(frames_.back());
        frames_.pop_back();
        // What is written here goes before what is merged, and what is merged first before the rest.
        for (json::object& merged : frame.merged)
            for (auto& member : merged)
                frame.value.as_object().emplace(member.key(), std::move(member.value()));
        put(std::move(frame.value), frame.cost, frame.anchor);
    }

    void take_scalar(const decltype(yaml_event_t::data.scalar)& scalar) {
        const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
        const std::string_view tag = text_of(scalar.tag);
        if (expects_key()) return take_key(text, scalar.style == YAML_PLAIN_SCALAR_STYLE);
        const std::size_t cost = 1 + text.size() / 16;
        const std::string_view anchor = text_of(scalar.anchor);
        const bool is_text = tag.empty() && scalar.style != YAML_PLAIN_SCALAR_STYLE;
        if (is_text || tag == YAML_STR_TAG) return put(json::string(text), cost, anchor);
        if (!tag.empty() && !is_known_tag(tag))
            return refuse("the tag " + std::string(tag) + " is not known");
        std::optional<json::value> value = resolve_yaml_scalar(text);
        if (!value) return refuse("JSON has no number " + std::string(text));
        if (!tag.empty() && !has_tag(*value, tag))
            return refuse("\"" + std::string(text) + "\" is not what its tag says");
        put(*std::move(value), cost, anchor);
    }

    static bool is_known_tag(std::string_view tag) {
        return tag == YAML_NULL_TAG || tag == YAML_BOOL_TAG || tag == YAML_INT_TAG ||
               tag == YAML_FLOAT_TAG;
    }
    static bool has_tag(const json::value& value, std::string_view tag) {
        if (tag == YAML_NULL_TAG) return value.is_null();
        if (tag == YAML_BOOL_TAG) return value.is_bool();
        if (tag == YAML_INT_TAG) return value.is_int64() || value.is_uint64();
        return value.is_number();
    }

    void take_key(std::string_view text, bool is_plain) {
        Frame& frame = frames_.back();
        frame.is_merge_key = is_plain && text == "<<";
        if (!frame.is_merge_key && frame.value.as_object().contains(text))
            return refuse("the key \"" + std::string(text) + "\" is there twice");
        frame.key.emplace(text);
        frame.cost += 1 + text.size() / 16;
    }

    void take_alias(std::string_view name) {
        if (expects_key()) return refuse("a key must be a scalar");
        const auto found = anchors_.find(name);
        if (found == anchors_.end())
            return refuse("there is no anchor " + std::string(name) + " before this");
        if (spend(found->second.cost)) put(found->second.value, found->second.cost, {});
    }

    // A value is complete.
    void put(json::value value, std::size_t cost, std::string_view anchor) {
        if (!anchor.empty()) {
            if (!spend(cost)) return;
            anchors_.insert_or_assign(std::string(anchor), Anchored{value, cost});
        }
        if (frames_.empty()) {
            root_ = std::move(value);
            return;
        }
        Frame& frame = frames_.back();
        frame.cost += cost;
        if (frame.value.is_array()) {
            frame.value.as_array().push_back(std::move(value));
        } else if (frame.is_merge_key) {
            frame.key.reset();
            merge(frame, std::move(value));
        } else {
            frame.value.as_object()[*frame.key] = std::move(value);
            frame.key.reset();
        }
    }

    void merge(Frame& frame, json::value value) {
        if (value.is_object()) {
            frame.merged.push_back(std::move(value.as_object()));
            return;
        }
        if (!value.is_array()) return refuse("only mappings can be merged");
        for (json::value& one : value.as_array()) {
            if (!one.is_object()) return refuse("only mappings can be merged");
            frame.merged.push_back(std::move(one.as_object()));
        }
    }

    std::string_view text_;
    yaml_parser_t parser_{};
    bool is_made_ = false;
    bool is_over_ = false;
    std::size_t documents_ = 0;
    std::size_t spent_ = 0;
    yaml_mark_t at_{};  // where the current event begins
    std::vector<Frame> frames_;
    std::map<std::string, Anchored, std::less<>> anchors_;
    json::value root_;
    std::optional<TextFault> fault_;
};

}  // namespace

DocumentValue read_yaml(std::string_view text) { return YamlComposer(text).compose(); }

}  // namespace posthaste::native
