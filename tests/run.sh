#!/usr/bin/env bash
# Passes the tests on a clean clone: brings the real servers (tests/peers.sh), then checks
# format, lints, documentation and features, and runs every test. Ends with the first failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() { printf '\n== %s\n' "$*"; "$@"; }

# What the crates' C code and the scripts need; a developer's machine has it.
if ! command -v cc >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "run: a C compiler is needed (Debian: apt-get install gcc libc6-dev)" >&2
    exit 1
  fi
  apt-get update -q && apt-get install -y -q gcc libc6-dev
fi

step bash tests/peers.sh
step cargo fmt --check
step cargo clippy --locked --all-targets --all-features -- -D warnings
step cargo clippy --locked --no-default-features -- -D warnings
step cargo clippy --locked --no-default-features --features blocking,object_store,reqwest,suppaftp -- -D warnings
step cargo clippy --locked --no-default-features --features ws -- -D warnings
# The examples with manifests of their own; examples/engines is too long to build.
step cargo fmt --check --manifest-path examples/engines/Cargo.toml
step cargo fmt --check --manifest-path examples/ec2/Cargo.toml
step cargo clippy --locked --manifest-path examples/ec2/Cargo.toml --target-dir target -- -D warnings
RUSTDOCFLAGS='-D warnings' step cargo doc --locked --no-deps --all-features
step cargo test --locked --all-features
