#!/usr/bin/env bash
# Train, measure, test, analyse: four services that know nothing of each other, chained by webhooks.
. "$(dirname "$0")/../common.sh"
need python3 openssl

say 'A server. It tries again after a second, so that you need not wait'
start_server --retry-schedule 1,1,1
make_token

say 'An application and its event types'
native_post /app '{"name": "Training", "uid": "ml"}' | jq -c '{id, uid}'
for type in dataset.ready model.trained metrics.computed tests.finished report.ready; do
    native_post /event-type "{\"name\": \"$type\", \"description\": \"of the pipeline\"}" | jq -r .name
done

connect() { # name event-type URL secret: the endpoint that gets these events
    native_post /app/ml/endpoint "$(jq -n --arg uid "$1" --arg type "$2" --arg url "$3" --arg secret "$4" \
        '{uid: $uid, eventTypes: [$type], url: $url, secret: $secret}')" | jq -r '"\(.eventTypes[0]) -> \(.uid) at \(.url)"'
}
stage() { # name event-type argument...: starts NAME.py, and sends it these events
    local secret
    secret=whsec_$(openssl rand -base64 24)
    POSTHASTE_URL=$server POSTHASTE_TOKEN=$token POSTHASTE_APP=ml WEBHOOK_SECRET=$secret \
        start "$1" python3 -B "$examples/ml-pipeline/$1.py" "${@:3}"
    wait_listening "$1"
    connect "$1" "$2" "$url/" "$secret"
}

say 'Four services, each with an endpoint of its own. Metrics will fail at first'
stage train dataset.ready
stage metrics model.trained --failures 1
stage checks metrics.computed
stage analysis tests.finished

say 'Whoever wants the report subscribes to it'
secret=whsec_$(openssl rand -base64 24)
start reader "$posthaste" listen --port 0 --json --secret "$secret"
wait_listening reader
connect reader report.ready "$url/" "$secret"

say 'One event sets it off'
dataset=$(native_post /app/ml/msg '{"eventType": "dataset.ready", "payload": {"run": "first", "seed": 7, "rows": 200}}' | jq -r .id)
echo "dataset.ready is $dataset"
wait_for 'the report' is_in "$work/reader.log" '"signature":"valid"'

say 'What the services did'
for name in train metrics checks analysis; do
    wait_for "the end of $name" is_in "$work/$name.log" '^200 '
    grep '^[0-9]' "$work/$name.log" | sed "s/^/$name: /"
done

say 'The attempts that posthaste made at metrics: one failed, the next did it'
attempts() { native_get /app/ml/attempt/endpoint/metrics | jq -r '.data | reverse[] | "\(.timestamp) \(.responseStatusCode) \(.statusText)"'; }
both() { [ "$(attempts | wc -l)" = 2 ]; }
wait_for 'the record of both attempts' both
attempts

say 'The report'
grep '^{' "$work/reader.log" | jq -r '.body | fromjson | .report[]'
grep '^{' "$work/reader.log" | jq -e '.body | fromjson | .approved' >/dev/null || die 'the model was not approved'

say 'That event once more, as after a crash: train works again, but what it publishes is recognised, and goes no further'
native_post "/app/ml/msg/$dataset/endpoint/train/resend" '' >/dev/null
worked_twice() { [ "$(grep -c '^200 ' "$work/train.log")" = 2 ]; }
wait_for 'the second work of train' worked_twice
sed -n 's/^200.*published/train published/p' "$work/train.log"
[ "$(sed -n 's/^200.*published//p' "$work/train.log" | sort -u | wc -l)" = 1 ] || die 'the event was published twice'
