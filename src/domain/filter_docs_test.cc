// The examples of docs/filters.md do what the document says. A block of JSON follows a line that says what it is: "Filter:",
// "wants…" or "but not…"; a line may name the event: type `a`, channel `b`.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <array>
#include <fstream>
#include <string>
#include <string_view>

#include "domain/filter.h"

namespace posthaste {

namespace {

// The text in backticks behind `word`, or "".
std::string quoted(std::string_view line, std::string_view word) {
    const std::size_t found = line.find(std::string(word) + " `");
    if (found == std::string_view::npos) return "";
    line.remove_prefix(found + word.size() + 2);
    return std::string(line.substr(0, line.find('`')));
}

bool is_wanted(std::string_view filter, const std::string& payload, std::string_view line) {
    const auto compiled = Filter::compile(filter);
    EXPECT_TRUE(compiled) << filter;
    simdjson::dom::parser parser;
    simdjson::dom::element element;
    EXPECT_EQ(parser.parse(payload).get(element), simdjson::SUCCESS) << payload;
    const std::array channels = {quoted(line, "channel")};
    const std::string type = quoted(line, "type");
    return compiled && (*compiled)->matches({&element, type, channels});
}

TEST(FilterDocs, examples) {
    std::ifstream document(POSTHASTE_DOCS "/filters.md");
    ASSERT_TRUE(document) << POSTHASTE_DOCS;
    std::string line;
    std::string before;
    std::string filter;
    int wanted = 0;
    int unwanted = 0;
    while (std::getline(document, line)) {
        if (line != "```json") {
            before = line;
            continue;
        }
        std::string block;
        while (std::getline(document, line) && line != "```") block += line + "\n";
        if (before == "Filter:") {
            filter = block;
        } else if (before.starts_with("wants")) {
            EXPECT_TRUE(is_wanted(filter, block, before)) << filter << block;
            ++wanted;
        } else if (before.starts_with("but not")) {
            EXPECT_FALSE(is_wanted(filter, block, before)) << filter << block;
            ++unwanted;
        } else {
            FAIL() << "what is this example? " << before;
        }
    }
    EXPECT_GE(wanted, 12);
    EXPECT_EQ(wanted, unwanted);
}

// The fault that the document shows.
TEST(FilterDocs, fault) {
    const auto compiled = Filter::compile(R"({"amount": {"$greater": 5}})");
    ASSERT_FALSE(compiled);
    EXPECT_EQ(compiled.error().offset, 12U);
    EXPECT_EQ(compiled.error().path, "/amount/$greater");
    EXPECT_TRUE(compiled.error().message.starts_with(
        "There is no operator $greater; there are $eq, $ne, $in, "));
}

}  // namespace

}  // namespace posthaste
