#!/usr/bin/env bash
# The native API from two programs: Node with the SDK of Svix, Python with nothing.
. "$(dirname "$0")/../common.sh"
need python3 node npm

folder=$examples/with-an-sdk
[ -d "$folder/node_modules/svix" ] || npm --prefix "$folder" ci --silent --no-audit --no-fund

say 'A server, and a token for its native API'
start_server
make_token
export POSTHASTE_URL=$server POSTHASTE_TOKEN=$token

say 'Node, with npm install svix'
node "$folder/app.mjs"

say 'Python, with urllib, and a filter: only amounts from 100'
python3 -B "$folder/app.py"
