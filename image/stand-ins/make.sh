#!/usr/bin/env bash
# Makes the stand-ins for the two base images, and prints the options that select them. The program
# is built on this machine: static as in the real image, but with glibc in the place of musl. Needs
# podman or docker, cargo, and Debian's busybox-static and ca-certificates.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
context=$root/target/image/stand-ins
program=$root/target/image/program
target=$(uname -m)-unknown-linux-gnu

RUSTFLAGS='-C target-feature=+crt-static' cargo build --quiet --release --locked --bin destination-ai-voice \
  --manifest-path "$root/Cargo.toml" --target "$target" --target-dir "$program" >&2
mkdir -p "$context"
cp "$here"/* /bin/busybox /etc/ssl/certs/ca-certificates.crt "$program/$target/release/destination-ai-voice" "$context/"
for stage in build base; do
  "$root/image/engine" build --quiet --target "$stage" --tag "localhost/stand-in-$stage" "$context" >/dev/null
done
echo "--build-arg BUILD_IMAGE=localhost/stand-in-build --build-arg BASE_IMAGE=localhost/stand-in-base"
