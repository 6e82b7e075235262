#!/usr/bin/env bash
# A buyer places an order; the seller hears of it, although the shop is still closed. The buyer does not wait for that.
. "$(dirname "$0")/../common.sh"
need python3

secret='supersecret123'

say 'The seller, who will not open before the third knock, and a warehouse'
WEBHOOK_SECRET=$secret start seller python3 -B "$examples/order-to-seller/seller.py" --port 0 --closed-for 2
wait_listening seller && seller=$url
start warehouse "$posthaste" listen --port 0 --json
wait_listening warehouse && warehouse=$url
echo "seller on $seller, warehouse on $warehouse"

say 'A server that knows the seller from WEBHOOK_TARGET_URL; the warehouse subscribes'
WEBHOOK_TARGET_URL=$seller/orders WEBHOOK_SECRET=$secret start_server
post /subscriptions/ "{\"target_url\": \"$warehouse/orders\", \"event_types\": [\"order_creation\"]}" | jq -c '{id, event_types}'

say 'An order: the answer comes at once, before anybody was told'
post /order '{"order_id": 123, "user_id": 7, "amount": 49.9}'
echo

say 'The warehouse has it, and after about three seconds the seller, too'
wait_for 'the delivery to the warehouse' is_in "$work/warehouse.log" '"body"'
grep '^{' "$work/warehouse.log" | jq -r '"warehouse: \(.body)"'
wait_for 'the third attempt' is_in "$work/seller.log" packed
grep '^{' "$work/seller.log" | sed 's/^/seller: /'

say "The server's log has a line for each attempt"
attempts() { grep '"attempt":' "$work/server.log" | jq -c '{event, status, delivery_time_ms, attempt, status_code, next}'; }
all() { [ "$(attempts | wc -l)" = 4 ]; }
wait_for 'the lines' all
attempts
