#!/usr/bin/env bash
# Uses the database as people do, with Datasette, sqlite-utils, pandas and DuckDB, while articles come in. Every claim is an
# assertion of check.py beside this. Before that the official client of the Model Context Protocol calls each tool of `newswire mcp`: agent.py.
# Usage: run.sh [FOLDER [ARTICLES]], where FOLDER holds the built newswire; target/release and 100,000 by default:
#   cargo build --release --bin newswire && tests/tools/run.sh
# Where Python or the packages are not to be had it says so, and ends with 0. The packages stay in a folder of target/. With
# KEEP=FOLDER the pages of Datasette that were looked at stay there, as pictures too where a headless Chromium is to be had.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
target=$(realpath -m "${CARGO_TARGET_DIR:-$checkout/target}")
build=$(realpath -m "${1:-$target/release}")
n_articles=${2:-100000}
# DuckDB reads SQLite by an extension, which it fetches from its own server; as a package it comes without one. Both are of one version.
packages=(datasette==0.65.5 sqlite-utils==4.2.1 pandas==3.1.1 duckdb==1.5.5 duckdb-extension-sqlite-scanner==1.5.5)
# The client of the Model Context Protocol stands by itself: what it needs is of other versions.
client=(mcp==2.3.0)
environment=$target/tools

skip() { echo "skipped: $1"; exit 0; }

[[ -x $build/newswire ]] || skip "$build/newswire is not built"
command -v python3 >/dev/null || skip "python3 is not installed"
if ! [[ -f $environment/installed && $(<"$environment/installed") == "${packages[*]}" ]]; then
  python3 -m venv --clear "$environment" 2>/dev/null || skip "python3 makes no virtual environments here"
  "$environment/bin/pip" install -q --disable-pip-version-check "${packages[@]}" || skip "the packages cannot be installed"
  echo "${packages[*]}" >"$environment/installed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! [[ -f $environment-mcp/installed && $(<"$environment-mcp/installed") == "${client[*]}" ]]; then
  python3 -m venv --clear "$environment-mcp"
  if "$environment-mcp/bin/pip" install -q --disable-pip-version-check "${client[@]}"; then
    echo "${client[*]}" >"$environment-mcp/installed"
  else
    echo "skipped: the client of the Model Context Protocol cannot be installed"
  fi
fi
[[ ! -f $environment-mcp/installed ]] || "$environment-mcp/bin/python" "$here/agent.py" "$build/newswire" "$work/agent"

"$environment/bin/python" "$here/check.py" "$build/newswire" "$work" "$n_articles" "${KEEP:-}"
