#pragma once

// The order as POST /order takes it: order_id and user_id are whole numbers, amount is a number, and all three are read as
// generously as by the original (pydantic 1): numbers in texts, truth values, and 7.9 for 7. Members beside these are no
// concern of ours. Pure.

#include <expected>
#include <string>
#include <string_view>

namespace posthaste::orders {

// The values as the answer shows them: JSON numbers, whole ones of any size.
struct Order {
    std::string order_id;
    std::string user_id;
    std::string
        amount;  // the shortest text that reads back as the same number, with a fraction or an exponent

    friend bool operator==(const Order&, const Order&) = default;
};

// The order; else what is wrong, as the items of a 422's "detail" without the brackets around them.
[[nodiscard]] std::expected<Order, std::string> read_order(std::string_view body);

// What is wrong with a body that says it is something else than JSON, in the same form.
[[nodiscard]] std::string no_object();

}  // namespace posthaste::orders
