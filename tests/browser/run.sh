#!/usr/bin/env bash
# Looks at the pages of `newswire serve` with Chromium, as a reader does: every page of a store with hostile articles asks nobody else for
# anything, breaks no rule of its own policy, writes nothing to the console, has nothing that axe finds hard to use, fits a narrow screen,
# and works without scripts and by keyboard alone. Every claim is an assertion of check.mjs beside this.
# Usage: run.sh [FOLDER], where FOLDER holds the built newswire; target/release by default:
#   cargo build --release --bin newswire && tests/browser/run.sh
# Where Node, Chromium or the packages are not to be had it says so, and ends with 0. The packages stay in a folder of target/. With
# KEEP=FOLDER pictures of the pages stay there.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
target=$(realpath -m "${CARGO_TARGET_DIR:-$checkout/target}")
build=$(realpath -m "${1:-$target/release}")
packages=(playwright-core@1.65.1 axe-core@4.14.1)
environment=$target/browser

skip() { echo "skipped: $1"; exit 0; }

[[ -x $build/newswire ]] || skip "$build/newswire is not built"
command -v node >/dev/null && command -v npm >/dev/null || skip "node and npm are not installed"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "Chromium is not installed"
if ! [[ -f $environment/installed && $(<"$environment/installed") == "${packages[*]}" ]]; then
  mkdir -p "$environment"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$environment" "${packages[@]}" ||
    skip "the packages cannot be installed"
  echo "${packages[*]}" >"$environment/installed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
NODE_MODULES=$environment/node_modules node "$here/check.mjs" "$build/newswire" "$chromium" "$work" "${KEEP:-}"
