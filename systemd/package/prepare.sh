#!/usr/bin/env bash
# Makes what a package of the system has beside the program: manual and completions from the program's own command line, the settings of
# the service, and units for a program in /usr/bin. `cargo deb` takes it from target/package; build.sh does all of it.
# Usage: prepare.sh NEWSWIRE [FOLDER], where NEWSWIRE is the built program.
set -euo pipefail
checkout=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
newswire=$(realpath "$1")
folder=${2:-$checkout/target/package}

rm -rf "$folder"
mkdir -p "$folder"/{man,completions,systemd,etc/sites}
"$newswire" man --out "$folder/man"
for shell in bash zsh fish; do
  "$newswire" completions "$shell" >"$folder/completions/newswire.$shell"
done
for unit in "$checkout"/systemd/*.{service,timer,socket}; do
  sed 's:/usr/local/bin/:/usr/bin/:' "$unit" >"$folder/systemd/${unit##*/}"
done
# Few keys: every version has some that the one before had not, and an upgrade would ask whoever has changed theirs what to do.
cp "$checkout/systemd/package/newswire.toml" "$checkout/config/sources.toml" "$folder/etc"
cp "$checkout/config/sites/example.toml" "$folder/etc/sites"
