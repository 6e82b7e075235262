#!/usr/bin/env bash
# Verifies saved deliveries with openssl: each line of the file, as `posthaste listen --json` writes them.
#
#   WEBHOOK_SECRET=whsec_... verify.sh deliveries.json        # - reads standard input
#
# NOW=1763850000 checks as at that time. To try things by hand: while openssl runs, ps shows the key to users of the machine.
set -feuo pipefail # -f: what came from outside is not a pattern

tolerance=300 # seconds, in both directions

die() {
    printf 'verify.sh: %s\n' "$*" >&2
    exit 2
}
[ $# = 1 ] || die "say which file, or -"
[ -n "${WEBHOOK_SECRET:-}" ] || die "WEBHOOK_SECRET is not set"
case $WEBHOOK_SECRET in
    whsec_*) key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n') ;;
    *) key=$(printf %s "$WEBHOOK_SECRET" | od -An -v -tx1 | tr -d ' \n') ;;
esac
[ -n "$key" ] || die "there must be base64 behind whsec_"

body() { printf %s "$body" | openssl base64 -d -A; }
mac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary; }

standard() { # {webhook-id}.{webhook-timestamp}.{body}, in base64, one entry per valid secret
    local age expected entry
    [[ $timestamp =~ ^[0-9]{1,12}$ ]] || { echo 'no timestamp' && return; }
    age=$((${NOW:-$(date +%s)} - 10#$timestamp))
    [ ${age#-} -le $tolerance ] || { echo "not from now: $age s old" && return; }
    expected="v1,$({ printf '%s.%s.' "$id" "$timestamp" && body; } | mac | openssl base64 -A)"
    for entry in $signatures; do
        # A file tells nobody how long a comparison took; a server compares in constant time.
        [ "$entry" != "$expected" ] || { echo valid && return; }
    done
    echo INVALID
}

plain() { # header's value: hexadecimal digits over the body alone, so they say nothing of the time
    if [ "$1" = "$(body | mac | od -An -v -tx1 | tr -d ' \n')" ]; then echo valid; else echo INVALID; fi
}

report() { # header verdict
    printf '  %-20s %s\n' "$1" "$2"
    [ "$2" = valid ] || failed=yes
}

# The bodies in base64, so that they stay the bytes they are.
headers='["webhook-id", "webhook-timestamp", "webhook-signature", "x-webhook-signature", "x-signature"]'
file=$1
[ "$file" != - ] || file=/dev/stdin
deliveries=$(jq -r --argjson names "$headers" \
    'select(.headers and .body) | [.headers[$names[]]] + [.body | @base64] | map(. // "") | join("\u001f")' "$file") ||
    die "$1 has something else than deliveries"
[ -n "$deliveries" ] || die "no deliveries in $1"

failed=''
while IFS=$'\x1f' read -r id timestamp signatures webhook_signature signature body; do
    echo "${id:-without a webhook-id}"
    [ -z "$signatures" ] || report webhook-signature "$(standard)"
    [ -z "$webhook_signature" ] || report x-webhook-signature "$(plain "$webhook_signature")"
    [ -z "$signature" ] || report x-signature "$(plain "$signature")"
    [ -n "$signatures$webhook_signature$signature" ] || report 'no signature' INVALID
done <<<"$deliveries"
[ -z "$failed" ]
