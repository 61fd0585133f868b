#!/usr/bin/env bash
# Kills the service again and again while it works: its process, all of its processes, its writer in the middle of a
# transaction. Then nothing may be lost or doubled. Runs as root on a machine (or in a container) that may be thrown away.
# Usage: kills.sh FOLDER [KILLS], where FOLDER holds newswire, newsweb, the units, newswire.sysusers.conf and lib.sh.
set -uo pipefail
parts=$1 n_kills=${2:-12}
source "$parts/lib.sh"
n_sites=$((n_kills / 4 + 2)) n_articles=40

install_service "$parts" <<<$'RestartSec=100ms\n[Unit]\nStartLimitIntervalSec=0'
serve_generated "$parts" $n_sites $n_articles
check "the service starts" timeout 20 systemctl start newswire
# The same moments in every run.
RANDOM=1021
main_pid() { property MainPID; }
for ((kill = 0; kill < n_kills; kill++)); do
  sleep ".$((100 + RANDOM % 500))"
  pid=$(main_pid)
  case $((kill % 3)) in
    0) systemctl kill --kill-whom=main -s KILL newswire 2>/dev/null ;;
    1) systemctl kill -s KILL newswire 2>/dev/null ;;
    2)
      # What is in the write-ahead log changes while a transaction is under way.
      before=$(stat -c '%Y %s %z' "$database-wal" 2>/dev/null)
      for ((look = 0; look < 500; look++)); do
        [[ $(stat -c '%Y %s %z' "$database-wal" 2>/dev/null) == "$before" ]] || break
      done
      systemctl kill --kill-whom=main -s KILL newswire 2>/dev/null
      ;;
  esac
  # The next life is another process.
  eventually 20 eval '(($(main_pid) != 0 && $(main_pid) != pid))' || break
done
n_all=$((n_sites * n_articles))
check "it was killed $n_kills times and is there again" eventually 20 eval '(($(property NRestarts) == n_kills)) && is_active'
echo "# stored at the last kill: $(sql 'SELECT count(*) FROM articles') of $n_all"
check_all_is_there $n_all $((60 + n_kills))
conclude
