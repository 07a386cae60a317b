#!/usr/bin/env bash
# Builds the image with podman or docker.
#   image/build.sh TAG [OPTIONS OF THE ENGINE'S BUILD]
# Another platform: image/build.sh TAG --platform linux/arm64
# Where no registry of images can be reached: image/bases.sh && image/build.sh TAG --pull=never --network=host
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
(($#)) || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
tag=$1
shift

# The same commit gives the same image.
SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
options=(--build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH")
options+=(--label "org.opencontainers.image.revision=$(git -C "$root" rev-parse HEAD)")
if "$here/engine" --version | grep --quiet podman; then
  options+=(--timestamp "$SOURCE_DATE_EPOCH" --layers)
fi

"$here/engine" build --tag "$tag" "${options[@]}" "$@" "$root"
