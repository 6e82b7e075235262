#include "server/commands/bench/plain_json.h"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <limits>

namespace posthaste {
namespace {

TEST(PlainJson, WritesFiguresPlainly) {
    boost::json::object object;
    object["a"] = 1.5;
    object["b"] = 31234.56789;
    object["c"] = 3.0;
    object["d"] = 7U;
    object["e"] = boost::json::array{0.00001, nullptr, "x\"", true};
    object["f"] = std::numeric_limits<double>::quiet_NaN();
    object["g"] = boost::json::object{};
    object["h"] = boost::json::array{boost::json::array{}, boost::json::array{1}};
    EXPECT_EQ(
        to_plain_json(object),
        R"({"a": 1.5, "b": 31234.5679, "c": 3, "d": 7, "e": [0, null, "x\"", true], "f": null, )"
        R"("g": {}, "h": [[], [1]]})");
}

}  // namespace
}  // namespace posthaste
