#!/usr/bin/env bash
# Checks the units: their hardening, their grammar, and in a throw-away systemd the way in (way_in.sh), a service's life (unit.sh), its ends
# and what it outlives (stops.sh), what timers start (timers.sh), a worker (work.sh, which needs nats-server, on the path or named by NATS_SERVER),
# figures (metrics.sh), passwords (credentials.sh), a Debian package's life (package.sh, which needs cargo-deb), and what is left after kills (kills.sh, KILLS=N) and after cuts of the power
# (power_cuts.sh, CUTS=N).
# ONLY="unit timers" runs these alone. OLD_DEB=FILE names an older package, from which one goes over to this one (upgrade.sh).
# Usage: run.sh [FOLDER], where FOLDER holds the built newswire and examples/newsweb; target/release by default:
#   cargo build --release --bin newswire --example newsweb && tests/systemd/run.sh
# Where something that it needs is missing it says what, and ends with 0. SYSTEMD_BOX names the tool that boots a systemd:
# `systemd-box --bind FOLDER --seconds N SCRIPT ARGUMENT...`; without it, ../shared/tools/systemd-box is tried.
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
checkout=$(realpath "$here/../..")
build=${1:-${CARGO_TARGET_DIR:-$checkout/target}/release}
box=${SYSTEMD_BOX:-$checkout/../shared/tools/systemd-box}

skip() { echo "skipped: $1"; exit 0; }

# build_packages: two packages of the built program, whose versions differ.
build_packages() {
  command -v dpkg >/dev/null || { echo "skipped: a package needs dpkg"; return 1; }
  command -v cargo-deb >/dev/null || { echo "skipped: a package needs cargo-deb; cargo install cargo-deb"; return 1; }
  # Where `cargo deb` looks for a program that is built; this one need not be a release.
  mkdir -p "$parts/target/release"
  strip -o "$parts/target/release/newswire" "$build/newswire"
  "$checkout/systemd/package/prepare.sh" "$build/newswire"
  local name number=1
  for name in first second; do
    (cd "$checkout" && CARGO_TARGET_DIR=$parts/target cargo deb -q --no-build --no-strip --fast --deb-version "0.1.0-$number" -o "$parts/$name.deb")
    number=$((number + 1))
  done
  rm -r "$parts/target"
  chmod a+r "$parts"/*.deb
}

command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"

# Twelve tenths: what is left is access to the network and files that a group may read.
echo "== systemd-analyze security"
for unit in "$checkout"/systemd/*.service; do
  systemd-analyze security --offline=true --threshold=12 --no-pager "$unit" | tail -n 1
done

[[ -x $build/newswire ]] || skip "the rest needs $build/newswire; cargo build --release"
[[ -x $build/examples/newsweb ]] || skip "the rest needs $build/examples/newsweb; cargo build --release --example newsweb"
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT
cp "$build/newswire" "$build/examples/newsweb" "$checkout"/systemd/*.* "$checkout/config/monitoring/alerts.yml" "$here"/*.sh "$here"/*.py "$parts"

# The last step to the present version takes long there, once stops.sh has prepared it.
gunzip -c "$checkout/tests/fixtures/stores/version-8.db.gz" >"$parts/earlier.db"

# `verify` wants the programs that the units name to be there, and complains of any other unit on the machine as well;
# so it is given the units with the program's present place, and only what it says of these counts.
echo "== systemd-analyze verify"
mkdir "$parts/verify"
cp "$checkout"/systemd/*.{service,timer,socket} "$parts/verify"
sed -i "s:/usr/local/bin/newswire:$parts/newswire:" "$parts"/verify/*.service
complaints=$(systemd-analyze verify --man=no "$parts"/verify/* 2>&1 | grep -F newswire || true)
[[ -z $complaints ]] || { echo "$complaints" >&2; exit 1; }
echo "no complaints"

[[ $(id -u) == 0 ]] || skip "the life of a service needs root"
[[ -x /lib/systemd/systemd ]] || skip "the life of a service needs systemd"
for program in dbus-daemon sqlite3 jq setpriv flock; do
  command -v "$program" >/dev/null || skip "the life of a service needs $program"
done
[[ -x $box ]] || skip "the life of a service needs a throw-away systemd; SYSTEMD_BOX names the tool that boots one"

# Each script in a box of its own; all are run, whatever becomes of the first.
chmod -R a+rX "$parts"
scripts=(${ONLY:-way_in unit stops timers work metrics credentials package kills power_cuts})
if [[ -n ${OLD_DEB:-} ]]; then
  cp "$OLD_DEB" "$parts/old.deb"
  [[ -n ${ONLY:-} ]] || scripts+=(upgrade)
fi
failed=()
for script in "${scripts[@]}"; do
  echo "== $script"
  began=$SECONDS
  if [[ $script =~ ^(package|upgrade)$ && ! -e $parts/second.deb ]] && ! build_packages; then
    continue
  fi
  if [[ $script == work && ! -e $parts/nats-server ]]; then
    server=$(command -v "${NATS_SERVER:-nats-server}") || { echo "skipped: a worker needs nats-server"; continue; }
    cp "$server" "$parts/nats-server"
    chmod a+rx "$parts/nats-server"
  fi
  case $script in
    power_cuts) "$here/power_cuts.sh" "$box" "$parts" "${CUTS:-3}" || failed+=("$script") ;;
    kills) "$box" --bind "$parts" --seconds $((110 + 5 * ${KILLS:-12})) "$parts/kills.sh" "$parts" "${KILLS:-12}" || failed+=("$script") ;;
    *) "$box" --bind "$parts" --seconds 110 "$parts/$script.sh" "$parts" || failed+=("$script") ;;
  esac
  echo "# $((SECONDS - began)) s"
done
((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}" >&2; exit 1; }
