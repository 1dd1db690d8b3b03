#!/bin/sh
# layer_target.sh ARCH: the Rust target that the layer's programs are built for, x86_64 or aarch64.
#
# Static, with musl: such a program needs no library of Amazon Linux 2 or 2023, and no loader that LD_PRELOAD or a
# package's libraries could lead astray. Rust's standard library for it is added where that can be done.
set -eu

static="$1-unknown-linux-musl"
sysroot=$(rustc --print sysroot)
if [ -d "$sysroot/lib/rustlib/$static/lib" ] || rustup target add "$static" >&2; then
    echo "$static"
    exit
fi
cat >&2 <<NOTE
note: there is no Rust standard library for $static (rustup target add $static).
      The layer is built with this machine's C library instead: good for tests on this machine, slower to start, and
      not to be published.
NOTE
echo "$1-unknown-linux-gnu"
