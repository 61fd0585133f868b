#!/usr/bin/env bash
# Reads the feeds of `newswire serve` with the programs in which people read: newsboat, sfeed, Python's feedparser and reader, Node's
# rss-parser and feedsmith. The store has hostile articles, copies and a story; between readings the story grows and an article is
# revised. Every claim is an assertion of check.py beside this, which also prints what each reader saw.
# Usage: run.sh [FOLDER], where FOLDER holds the built newswire; target/release by default:
#   cargo build --release --bin newswire && tests/readers/run.sh
# marks.py has newsboat read over the Google Reader API, and mark what is read and starred.
# A reader that is not to be had is left out, and it says so; without Python it ends with 0. The packages stay in a folder of target/.
# feed-rs and newswire itself read the feeds in tests/it/syndication.rs and tests/it/pages.rs.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
target=$(realpath -m "${CARGO_TARGET_DIR:-$checkout/target}")
build=$(realpath -m "${1:-$target/release}")
# `reader` needs sgmllib3k and does not say so.
packages=(feedparser==6.0.14 reader==3.26 sgmllib3k==1.0.0)
node_packages=(rss-parser@3.13.0 feedsmith@3.0.1)
environment=$target/readers

skip() { echo "skipped: $1"; exit 0; }

[[ -x $build/newswire ]] || skip "$build/newswire is not built"
command -v python3 >/dev/null || skip "python3 is not installed"
if ! [[ -f $environment/installed && $(<"$environment/installed") == "${packages[*]}" ]]; then
  python3 -m venv --clear "$environment" 2>/dev/null || skip "python3 makes no virtual environments here"
  "$environment/bin/pip" install -q --disable-pip-version-check "${packages[@]}" || skip "the packages cannot be installed"
  echo "${packages[*]}" >"$environment/installed"
fi
modules=$environment/node
if command -v node >/dev/null && command -v npm >/dev/null; then
  if ! [[ -f $modules/installed && $(<"$modules/installed") == "${node_packages[*]}" ]]; then
    mkdir -p "$modules"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$modules" "${node_packages[@]}" &&
      echo "${node_packages[*]}" >"$modules/installed" || echo "skipped: Node's packages cannot be installed"
  fi
else
  echo "skipped: node and npm are not installed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/marks"
"$environment/bin/python" "$here/marks.py" "$build/newswire" "$work/marks"
NODE_MODULES=$modules/node_modules "$environment/bin/python" "$here/check.py" "$build/newswire" "$work"
