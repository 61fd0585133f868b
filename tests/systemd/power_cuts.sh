#!/usr/bin/env bash
# Ends a whole machine at once, again and again, while the service works, and boots it again over the same database.
# Usage: power_cuts.sh BOX FOLDER CUTS, with a tool that boots a systemd and the folder that boots.sh wants.
set -euo pipefail
box=$1 parts=$2 n_cuts=$3
n_sites=$((n_cuts + 4)) n_articles=40
mkdir "$parts/power" "$parts/power/state"
life=(--bind "$parts" --seconds 110 "$parts/boots.sh" "$parts" "$parts/power/state" $n_sites $n_articles)
# end_all PID...: these processes and all that they have started.
end_all() {
  local child
  for child in "$@"; do
    # No new ones while the others end.
    kill -STOP "$child" 2>/dev/null || true
    end_all $(pgrep -P "$child" || true)
    kill -KILL "$child" 2>/dev/null || true
  done
}
RANDOM=2047
for ((cut = 0; cut < n_cuts; cut++)); do
  rm -f "$parts/power/is_up"
  "$box" "${life[@]}" >"$parts/power/log" 2>&1 &
  machine=$!
  for ((look = 0; look < 300; look++)); do
    [[ ! -e $parts/power/is_up ]] || break
    sleep 0.1
  done
  [[ -e $parts/power/is_up ]] || { echo "the machine did not boot"; cat "$parts/power/log"; exit 1; }
  sleep "0.$((RANDOM % 900 + 50))"
  end_all $machine
  wait $machine 2>/dev/null || true
done
echo "# the power was cut $n_cuts times"
exec "$box" "${life[@]}" finish
