# What the examples' run.sh scripts share: a server of their own, waiting for conditions, cleaning up. Sourced, not run.
#
# An example starts its processes with `start`, on ports that the system picks, and works in $work. Whatever way the script
# ends, those processes are ended by their ids, and $work is removed; EXAMPLE_WORK=FOLDER names a folder to use and keep.

set -euo pipefail
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { # what happens next; bold where there is a terminal
    if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n== %s\n' "$*"; fi
}
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

find_posthaste() {
    local built=$examples/../build/release/posthaste
    posthaste=${POSTHASTE_BINARY:-$built}
    [ -n "${POSTHASTE_BINARY:-}" ] || [ -x "$built" ] || posthaste=$(command -v posthaste || echo "$built")
    [ -x "$posthaste" ] || die "$posthaste is not there; build it with ./dev build, or set POSTHASTE_BINARY"
}

need() { # command...
    local command
    for command in "$@"; do command -v "$command" >/dev/null || die "this example needs $command"; done
}

# ---- processes

declare -A pid_of=()

clean_up() {
    local status=$? name
    trap - EXIT
    if [ $status != 0 ]; then
        for name in "${!pid_of[@]}"; do printf -- '-- end of %s.log\n%s\n' "$name" "$(tail -n 20 "$work/$name.log")"; done >&2
    fi
    # All that this shell has started, also what a signal kept from being noted in pid_of.
    jobs -p | xargs -r kill 2>/dev/null || true
    wait
    [ -n "${EXAMPLE_WORK:-}" ] || rm -rf "$work"
    exit $status
}

start() { # name command...: in the background, its output in $work/NAME.log
    local name=$1
    shift
    : >"$work/$name.log" # here and not by the process: nobody is to read what an earlier run left
    "$@" >>"$work/$name.log" 2>&1 </dev/null &
    pid_of[$name]=$!
}

stop() { # name
    kill "${pid_of[$1]}" 2>/dev/null || true
    wait "${pid_of[$1]}" 2>/dev/null || true
    unset "pid_of[$1]"
}

# ---- waiting

wait_for() { # what command...: until the command succeeds, for at most 30 seconds
    local what=$1 deadline=$((SECONDS + 30))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || die "$what did not come about within 30 s"
        sleep 0.05
    done
}

is_in() { # file pattern
    grep -q -e "$2" "$1" 2>/dev/null
}

is_listening() { # name
    kill -0 "${pid_of[$1]}" 2>/dev/null || die "$1 ended at its start"
    is_in "$work/$1.log" 'listen.* http://'
}

wait_listening() { # name: sets url
    wait_for "the start of $1" is_listening "$1"
    url=$(grep -o -m 1 'http://[0-9.]*:[0-9]*' "$work/$1.log")
}

# ---- the server

start_server() { # argument...: sets server, its URL
    start server "$posthaste" serve --listen 127.0.0.1:0 --database "sqlite:$work/data" --auth open --allow-net 127.0.0.0/8 "$@"
    wait_listening server
    server=$url
    echo "posthaste runs on $server, for this example only"
}

call() { # curl's arguments...: prints the answer; fails unless it is 2xx
    curl --silent --show-error --fail-with-body --max-time 30 -H 'Content-Type: application/json' "$@"
}
post() { call -X POST "$server$1" -d "$2"; } # path JSON
get() { call "$server$1"; }                  # path

# The native API, with a token of the default organization.
make_token() { token=$("$posthaste" token --database "sqlite:$work/data" | sed 's/.*: //'); }
native_post() { call -H "Authorization: Bearer $token" -X POST "$server/api/v1$1" -d "$2"; }
native_get() { call -H "Authorization: Bearer $token" "$server/api/v1$1"; }

# An operator's settings are not the example's.
begin() {
    find_posthaste
    need curl jq
    local name
    for name in $(compgen -e); do
        case $name in POSTHASTE_* | WEBHOOK_* | SVIX_* | DATABASE_URL | LOG_LEVEL) unset "$name" ;; esac
    done
    work=${EXAMPLE_WORK:-$(mktemp -d "${TMPDIR:-/tmp}/posthaste-example-XXXXXX")}
    mkdir -p "$work"
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}
begin
