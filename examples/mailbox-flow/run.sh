#!/usr/bin/env bash
# A mailbox: events go in with its key, and out to its URL. The second half is about a receiver that fails, and a retry by hand.
. "$(dirname "$0")/../common.sh"

start_server

start receiver "$posthaste" listen --port 0 --json
wait_listening receiver && receiver=$url

say 'A mailbox. Its api_key is what senders need'
mailbox=$(post /api/mailboxes "{\"name\": \"Order Service\", \"target_url\": \"$receiver/orders\"}")
jq . <<<"$mailbox"
id=$(jq -r .id <<<"$mailbox") key=$(jq -r .api_key <<<"$mailbox")

send() { # event: prints the tracking number
    call -X POST "$server/webhooks/$id" -H "x-api-key: $key" -d "$1" | jq -r .tracking_number
}
row() { get /api/webhooks | jq -c ".[] | select(.tracking_number == \"$1\")"; } # of the list
is() { [ "$(row "$1" | jq -r .status)" = "$2" ]; }                              # tracking number, status

say 'An event, with the key, and one with a wrong key'
first=$(send '{"event": "order.completed", "data": {"order_id": "ORD-001", "amount": 299.99}}')
echo "tracking number $first"
status=$(curl -s -o "$work/refused" -w '%{http_code}' -X POST "$server/webhooks/$id" -H 'x-api-key: guessed' -d '{}')
echo "$status $(cat "$work/refused")"
[ "$status" = 401 ] || die 'a wrong key was taken'

say 'It is delivered; the list says so'
wait_for 'the delivery' is "$first" delivered
row "$first"
grep '^{' "$work/receiver.log" | jq -r '"received: \(.body)"'

say 'The receiver breaks: three attempts, 2 and 4 seconds apart, then the delivery has failed'
stop receiver
start broken "$posthaste" listen --port "${receiver##*:}" --json --status 500
wait_listening broken
second=$(send '{"event": "order.completed", "data": {"order_id": "ORD-002", "amount": 18.5}}')
wait_for 'the third attempt' is "$second" failed
row "$second"

say 'The receiver is repaired, and the delivery retried by hand'
stop broken
start repaired "$posthaste" listen --port "${receiver##*:}" --json
wait_listening repaired
call -X POST "$server/api/webhooks/$second/retry"
echo
wait_for 'the delivery' is "$second" delivered
row "$second"

say 'Everything that was tried'
get "/api/webhooks/$second" | jq -c '.attempts[] | {attempt_number, status, error, attempted_at}'
