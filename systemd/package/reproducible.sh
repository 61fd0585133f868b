#!/usr/bin/env bash
# Builds the last commit twice, in folders of different names and depths, with another home of cargo, time zone, language and mode of new files,
# and compares program and package byte by byte. Takes two releases' time: minutes.
# Usage: reproducible.sh [FOLDER], where FOLDER is kept; without it a folder of its own is made and removed.
set -euo pipefail
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
folder=${1:-$(mktemp -d)}
[[ -n ${1:-} ]] || trap 'rm -rf "$folder"' EXIT
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
unset CARGO_TARGET_DIR
# Another may be made meanwhile.
commit=$(git -C "$checkout" rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git -C "$checkout" log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH
mkdir -p "$cargo_home/registry"

# build PLACE VARIABLE=VALUE...: a release of the last commit there. What cargo has fetched is there under another name.
build() {
  local place=$1
  shift
  mkdir -p "$place/cargo" "$place/newswire"
  ln -sfn "$(realpath "$cargo_home/registry")" "$place/cargo/registry"
  git -C "$checkout" archive "$commit" | tar -x -C "$place/newswire"
  env CARGO_HOME="$place/cargo" "$@" "$place/newswire/systemd/package/build.sh"
}
(umask 022 && build "$folder/one" TZ=UTC LC_ALL=C)
(umask 077 && build "$folder/an other/deeper" TZ=Pacific/Auckland LC_ALL=C.UTF-8)

failed=0
compare() {
  if cmp "$folder/one/newswire/target/$1" "$folder/an other/deeper/newswire/target/$1"; then
    echo "the same: $1, $(sha256sum "$folder/one/newswire/target/$1" | cut -d ' ' -f 1)"
  else
    failed=1
    diff <(strings -a "$folder/one/newswire/target/$1") <(strings -a "$folder/an other/deeper/newswire/target/$1") | head -n 20 || true
  fi
}
compare release/newswire
package=$(cd "$folder/one/newswire/target" && echo debian/newswire_*.deb)
if [[ -f $folder/one/newswire/target/$package ]]; then
  compare "$package"
else
  echo "skipped: the package, which needs dpkg and cargo-deb"
fi
exit $failed
