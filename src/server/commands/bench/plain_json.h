#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace posthaste {

// One line of JSON in which figures read as people write them: 1.5 where Boost.JSON says 1.5E0, and no more than four
// decimals. A number that JSON cannot spell is null.
[[nodiscard]] std::string to_plain_json(const boost::json::value& value);

}  // namespace posthaste
