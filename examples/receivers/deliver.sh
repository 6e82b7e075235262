#!/usr/bin/env bash
# Sends one signed delivery with curl, as posthaste would, and prints the answer's status: to try a receiver without a server.
#
#   WEBHOOK_SECRET=whsec_... deliver.sh http://127.0.0.1:9000/ '{"event": "user.created"}'
#
# ID=msg_1 names it (to send it twice), AGE=400 makes it that many seconds old. While openssl runs, ps shows the key.
set -euo pipefail
[ $# = 2 ] && [ -n "${WEBHOOK_SECRET:-}" ] || {
    echo "usage: WEBHOOK_SECRET=... deliver.sh URL BODY" >&2
    exit 2
}
case $WEBHOOK_SECRET in
    whsec_*) key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n') ;;
    *) key=$(printf %s "$WEBHOOK_SECRET" | od -An -v -tx1 | tr -d ' \n') ;;
esac
id=${ID:-msg_$(openssl rand -hex 12)}
timestamp=$(($(date +%s) - ${AGE:-0}))
signature=$(printf '%s.%s.%s' "$id" "$timestamp" "$2" |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
exec curl --silent --show-error --output /dev/null --write-out '%{http_code}\n' "$1" -H 'Content-Type: application/json' \
    -H "webhook-id: $id" -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature" --data-binary "$2"
