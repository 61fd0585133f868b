#!/usr/bin/env bash
# Builds a release, and a Debian package of it where cargo-deb and dpkg are installed: the same bytes from the same commit, whatever the folder
# of the checkout and that of cargo, with the same compiler, linker and C compiler. reproducible.sh checks that.
# Usage: build.sh. The program is target/release/newswire, the package target/debian/newswire_*.deb.
set -euo pipefail
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
target=$(realpath -ms "${CARGO_TARGET_DIR:-$checkout/target}")
cargo_home=$(realpath -ms "${CARGO_HOME:-$HOME/.cargo}")
export CARGO_TARGET_DIR=$target
cd "$checkout"
# Files in the package are as old as the commit; an archive that git made of it has them so too.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)}
export SOURCE_DATE_EPOCH
umask 022
host=$(rustc --version --verbose | sed -n 's/^host: //p')
cargo fetch --locked --target "$host"

# Places of sources stand in messages of panics, and in C where it asserts. Of two names that fit a path the later one counts.
names=("$checkout=/newswire" "$cargo_home=/cargo" "$target=/newswire/target")
for registry in "$cargo_home"/registry/src/*/; do
  names+=("${registry%/}=/cargo/crates")
done
# Where the standard library's source is installed, the compiler knows it by its place on this machine.
release=$(rustc --version --verbose | sed -n 's/^commit-hash: //p')
names+=("$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$release")

separator=$'\x1f'
CARGO_ENCODED_RUSTFLAGS=$(printf -- "--remap-path-prefix=%s$separator" "${names[@]}")
export CARGO_ENCODED_RUSTFLAGS=${CARGO_ENCODED_RUSTFLAGS%"$separator"}
# Quoted as a shell would have it.
export CC_SHELL_ESCAPED_FLAGS=1
CFLAGS="${CFLAGS:-} $(printf -- '-ffile-prefix-map=%q ' "${names[@]}")"
export CFLAGS
# A seventh smaller, for a longer build than whoever works on the program would want.
export CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
cargo build --release --locked

# What is in the program of this machine would be different on another. A folder may be called as the names are that it has there.
named=$(grep -aoF -e "$checkout/" -e "$cargo_home/" -e "$target/" "$target/release/newswire" | grep -vxE '/(newswire|cargo)/' | sort | uniq -c || true)
if [[ -n $named ]]; then
  printf 'the program names folders of this machine:\n%s\n' "$named" >&2
  exit 1
fi

made=("$target/release/newswire")
if command -v dpkg >/dev/null && command -v cargo-deb >/dev/null; then
  systemd/package/prepare.sh "$target/release/newswire"
  rm -f "$target"/debian/newswire_*.deb
  cargo deb --quiet --no-build --no-strip
  made+=("$target"/debian/newswire_*.deb)
else
  echo "no package: it needs dpkg and cargo-deb (cargo install cargo-deb)" >&2
fi
rustc --version
sha256sum "${made[@]}"
