#!/usr/bin/env bash
# Writes docs/errors-compared.md: what clients tell of eleven faulty proxies. Needs curl, and brings
# reqwest, ureq and object_store as crates; no part of the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(cd ../.. && pwd)
(cd "$root" && cargo build --locked --quiet)
cargo build --locked --quiet
OUTBOUND=${OUTBOUND:-${CARGO_TARGET_DIR:-$root/target}/debug/outbound}
DAY=$(date -u +%Y-%m-%d)
export OUTBOUND DAY
# Neither the caller's proxies nor settings count.
new=$(mktemp)
cat head.md > "$new"
env -u http_proxy -u https_proxy -u all_proxy -u no_proxy -u HTTP_PROXY -u HTTPS_PROXY \
  -u ALL_PROXY -u NO_PROXY -u REQUEST_METHOD \
  "${CARGO_TARGET_DIR:-target}/debug/compare" >> "$new"
install -m 644 "$new" "$root/docs/errors-compared.md"
rm "$new"
