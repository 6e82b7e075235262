#!/usr/bin/env bash
# A mailing list that tells: each new contact of a user is an event for that user's webhooks.
. "$(dirname "$0")/../common.sh"

start_server

say 'A user, who signs in. In this API everything belongs to a user'
user=$(post /api/v1/users/ '{"email": "user@example.com", "password": "correct horse battery", "full_name": "User"}')
jq . <<<"$user"
token=$(curl --silent --show-error --fail-with-body --data-urlencode 'username=user@example.com' \
    --data-urlencode 'password=correct horse battery' "$server/api/v1/login/access-token" | jq -r .access_token)
as_user=(-H "Authorization: Bearer $token")

say 'A webhook of this user, for new contacts'
start receiver "$posthaste" listen --port 0 --json --secret my_secret_key
wait_listening receiver
webhook=$(call "${as_user[@]}" -X POST "$server/api/v1/webhooks" \
    -d "{\"url\": \"$url/contacts\", \"events\": [\"subscriber.created\"], \"secret\": \"my_secret_key\"}")
jq . <<<"$webhook"

say 'Does it work? A test event says so'
call "${as_user[@]}" -X POST "$server/api/v1/webhooks/$(jq -r .id <<<"$webhook")/test"
echo

say 'Two contacts sign up. With --auth open that needs no login: a form on a website may do it'
for name in Ada Grace; do
    post /api/v1/subscribers "$(jq -n --arg name "$name" --argjson user "$user" \
        '{email: ($name + "@example.com" | ascii_downcase), first_name: $name, last_name: "", tags: ["news"], user_id: $user.id}')" |
        jq -c '{id, email, status, tags}'
done

say 'What the receiver got, and whether the signatures are valid'
told() { [ "$(grep -c '"webhook_id"' "$work/receiver.log")" = 3 ]; }
wait_for 'all deliveries' told
grep '^{' "$work/receiver.log" | jq -r '"\(.signature): \(.body)"'

say "The user's contacts, those with ada in their address"
call "${as_user[@]}" "$server/api/v1/subscribers?search=ada" | jq -c '{total, items: [.items[] | .email]}'
