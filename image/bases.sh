#!/usr/bin/env bash
# Sees to it that the Dockerfile's two bases are here: as they are, pulled, or, where no registry of images can be
# reached, made under their public names of Debian's packages and this machine's compiler.
#   image/bases.sh
# What is made here is labelled `stand-in=true`, and so is every image on it: good for tests, not to be shipped.
# Making needs root and Debian's debootstrap; a minute or two, once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
engine=$here/engine
build_image=$(sed -n 's/^ARG BUILD_IMAGE=//p' "$root/Dockerfile")
base_image=$(sed -n 's/^ARG BASE_IMAGE=//p' "$root/Dockerfile")

is_here() {
  "$engine" image inspect "$1" >/dev/null 2>&1 || "$engine" pull --quiet "$1" >/dev/null 2>&1
}

if is_here "$base_image" && is_here "$build_image"; then
  exit
fi
echo "no registry of images gives the bases: making stand-ins for them" >&2

mkdir -p "$root/target"
work=$(mktemp -d "$root/target/bases.XXXXXX")
trap 'rm -rf "$work"' EXIT
system=$work/system

# import NAME OPTIONS...: makes an image of everything in the system.
import() {
  tar --create --numeric-owner --directory "$system" . |
    "$engine" import --change 'LABEL stand-in=true' "${@:2}" - "$1" >/dev/null
}

# The smallest Debian, without the pages that its image for containers leaves out, too.
suite=${base_image#*:}
debootstrap --variant=minbase "${suite%-slim}" "$system" >"$work/log" || { cat "$work/log" >&2; exit 1; }
rm -rf "$system"/usr/share/{doc,groff,info,lintian,locale,man}/* "$system"/var/{cache/apt,lib/apt/lists,log}/*
import "$base_image" --change 'CMD ["bash"]'

# And with a C compiler, authorities (this machine's: it may trust one more), and the compiler that this folder asks for.
cp /etc/resolv.conf "$system/etc/resolv.conf"
DEBIAN_FRONTEND=noninteractive chroot "$system" sh -c \
  'apt-get update && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev' >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
cp --remove-destination /etc/ssl/certs/ca-certificates.crt "$system/etc/ssl/certs/ca-certificates.crt"
toolchain=$(cd "$root" && rustc --print sysroot)
mkdir -p "$system/usr/local/cargo"
cp --recursive "$toolchain/bin" "$toolchain/lib" "$system/usr/local/cargo/"
import "$build_image" --change 'ENV CARGO_HOME=/usr/local/cargo' \
  --change 'ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
