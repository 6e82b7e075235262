#!/usr/bin/env bash
# Three receivers that verify: Python, Node, and openssl over a saved delivery; then three requests that must not get through.
. "$(dirname "$0")/../common.sh"
need python3 node openssl

# Two kinds of secrets: base64 behind whsec_, and any text.
encoded=whsec_$(openssl rand -base64 32)
text='my_secret_key'

say 'A server, and a receiver of each kind'
start_server
WEBHOOK_SECRET=$encoded start python python3 "$examples/receivers/receiver.py" --port 0 --database "$work/received.db"
WEBHOOK_SECRET=$text start node node "$examples/receivers/receiver.mjs" --port 0
start listen "$posthaste" listen --port 0 --json
wait_listening python && python=$url
wait_listening node && node=$url
wait_listening listen && listen=$url
echo "Python on $python, Node on $node, posthaste listen on $listen"

subscribe() { # URL secret: prints the id
    post /subscriptions/ "$(jq -n --arg url "$1/webhook" --arg secret "$2" '{target_url: $url, secret: $secret}')" | jq -r .id
}

say 'A subscription and an event for each'
event='{"event": "user.created", "data": {"id": 123, "name": "Jöhn"}}'
for subscription in "$(subscribe "$python" "$encoded")" "$(subscribe "$node" "$text")" "$(subscribe "$listen" "$text")"; do
    post "/webhooks/ingest/$subscription" "$event"
    echo
done

say 'Python and Node verified it'
for receiver in python node; do
    wait_for "a delivery to $receiver" is_in "$work/$receiver.log" accepted
    echo "$receiver: $(grep accepted "$work/$receiver.log")"
done

say 'openssl verifies what posthaste listen saved'
wait_for 'a delivery to posthaste listen' is_in "$work/listen.log" '"webhook_id"'
grep '^{' "$work/listen.log" >"$work/delivery.json"
WEBHOOK_SECRET=$text "$examples/receivers/verify.sh" "$work/delivery.json"

say 'The same message twice, one that is too old, one that somebody else signed'
expect() { # status why command...
    local status
    status=$("${@:3}")
    echo "$status: $2"
    [ "$status" = "$1" ] || die "$2: $1 was expected"
}
for receiver in "$python $encoded" "$node $text"; do
    read -r url WEBHOOK_SECRET <<<"$receiver"
    export WEBHOOK_SECRET
    deliver=("$examples/receivers/deliver.sh" "$url/webhook" '{"event": "order.paid"}')
    expect 200 'new' env ID=msg_1 "${deliver[@]}"
    expect 200 'sent again: answered well, done once' env ID=msg_1 "${deliver[@]}"
    expect 401 'ten minutes old' env AGE=600 "${deliver[@]}"
    expect 401 'signed with another secret' env WEBHOOK_SECRET=guessed "${deliver[@]}"
done
for receiver in python node; do
    [ "$(grep -c repeated "$work/$receiver.log")" = 1 ] || die "$receiver did not notice the repeat"
    [ "$(grep -c '"accepted"' "$work/$receiver.log")" = 2 ] || die "$receiver did not accept both messages once"
done
