// Orders: whatever is taken is printed as JSON numbers that read the same again; whatever is refused gets a sound answer.

#include <string>

#include "api/json_scan.h"
#include "api/orders/order.h"
#include "base/assert.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

namespace {

bool is_number(std::string_view text) {
    const JsonScan scan = scan_json(text);
    return !scan.fault && (scan.first == '-' || (scan.first >= '0' && scan.first <= '9'));
}

}  // namespace

void run_order(std::string_view input) {
    const auto order = orders::read_order(input);
    const JsonScan scan = scan_json(input);
    if (!order) {
        const JsonScan answer = scan_json("[" + order.error() + "]");
        ASSERT(!answer.fault && answer.first == '[');
        ASSERT(order.error().size() < (16u << 10));
        return;
    }
    ASSERT(!scan.fault && scan.first == '{');
    for (const std::string& number : {order->order_id, order->user_id, order->amount})
        ASSERT(is_number(number));
    ASSERT(order->order_id.find_first_of(".eE") == std::string::npos);
    ASSERT(order->amount.find_first_of(".e") != std::string::npos);
    const auto again =
        orders::read_order("{\"order_id\":" + order->order_id + ",\"user_id\":" + order->user_id +
                           ",\"amount\":" + order->amount + "}");
    ASSERT(again && *again == *order);
}

}  // namespace posthaste::fuzz
