#!/bin/sh
# Gives Debian's compiler the static musl target that `rustup target add` would download: the
# standard library from its sources, and musl's and gcc's own start files and libraries.
set -eu
target=$(uname -m)-unknown-linux-musl
sysroot=$(rustc --print sysroot)/lib/rustlib/$target/lib
musl=/usr/lib/$(uname -m)-linux-musl
gcc=$(dirname "$(gcc -print-libgcc-file-name)")

ln -s gcc /usr/bin/cc
cat /usr/share/ca-certificates/mozilla/*.crt > /etc/ssl/certs/ca-certificates.crt
# musl-gcc looks into musl's folder only; the kernel's headers are the same for both.
for headers in linux asm-generic; do ln -s "/usr/include/$headers" "/usr/include/$(uname -m)-linux-musl/$headers"; done
ln -s "/usr/include/$(uname -m)-linux-gnu/asm" "/usr/include/$(uname -m)-linux-musl/asm"

mkdir -p "$sysroot/self-contained"
cp "$musl"/*crt*.o "$musl/libc.a" "$gcc"/crtbegin.o "$gcc"/crtbeginS.o "$gcc"/crtend.o "$gcc"/crtendS.o \
  "$sysroot/self-contained/"
cp "$gcc/libgcc_eh.a" "$sysroot/self-contained/libunwind.a"

mkdir -p /tmp/empty/src
cd /tmp/empty
touch src/lib.rs
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' > Cargo.toml
library=$(rustc --print sysroot)/lib/rustlib/src/rust/library
RUSTC_BOOTSTRAP=1 cargo build --quiet --release --target "$target" -Z build-std=std,panic_abort --offline \
  --config 'source.crates-io.replace-with="library"' \
  --config "source.library.directory=\"$library/vendor\""
cp "target/$target/release/deps/"*.rlib "$sysroot/"
rm -r /tmp/empty "$sysroot"/libempty-*
