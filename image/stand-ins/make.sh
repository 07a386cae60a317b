#!/usr/bin/env bash
# Makes the stand-ins for the two base images, unless they are there, and prints the options that
# select them. Needs podman, mmdebstrap and cargo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
engine=$root/image/engine
context=$root/target/image/stand-ins
packages=rustc-web,cargo-web,rust-web-src,musl-tools,gcc,libc6-dev,linux-libc-dev,make
packages+=,dash,coreutils,sed,grep,mawk,findutils,busybox-static,ca-certificates

# A toolchain of the crates' age is among Debian's security updates.
debian() {
  mmdebstrap --quiet --variant=extract --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/src/rustc-*/compiler/*' \
    bookworm "$1" \
    'deb http://deb.debian.org/debian bookworm main' \
    'deb http://deb.debian.org/debian-security bookworm-security main'
}

age=$(cat "$here"/* "$root/Cargo.lock" | sha256sum | cut -c1-12)
if ! "$engine" image exists "localhost/stand-in-base:$age"; then
  mkdir -p "$context"
  cp "$here"/* "$context/"
  [[ -f $context/debian.tar ]] || { debian "$context/new.tar" && mv "$context/new.tar" "$context/debian.tar"; }
  rm -rf "$context/vendor"
  cargo vendor --quiet --locked --manifest-path "$root/Cargo.toml" "$context/vendor" >/dev/null
  for target in build base; do
    "$engine" build --quiet --target "$target" --tag "localhost/stand-in-$target:$age" "$context" >/dev/null
  done
fi
echo "--build-arg BUILD_IMAGE=localhost/stand-in-build:$age --build-arg BASE_IMAGE=localhost/stand-in-base:$age"
