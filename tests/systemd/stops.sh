#!/usr/bin/env bash
# How the service ends and what it outlives: signals at every stage, a full disk, a network that is gone, threads that hang. Runs as root on
# a machine (or in a container) that may be thrown away, as unit.sh does.
# Usage: stops.sh FOLDER, where FOLDER holds newswire, newsweb, the units, newswire.sysusers.conf, lib.sh, stop_thread.py and earlier.db,
# a database of an earlier version.
set -uo pipefail
parts=$1
source "$parts/lib.sh"
install_service "$parts" <<<$'WatchdogSec=3s\nRestartSec=1s\nTimeoutStartSec=4s'
serve_newsweb "$parts"
printf '\n[daemon]\ngrace_period_s = 20\n' >>/etc/newswire/newswire.toml
# A server that never answers: something is always in work.
systemd-run --quiet --socket-property=ListenStream=127.0.0.1:8099 sleep infinity
sed -i 's/^resolve = \[/&\n    "silent.example=127.0.0.1:8099",/' /etc/newswire/newswire.toml
printf '[[source]]\nslug = "silent"\nurl = "http://silent.example/feed.xml"\nkind = "feed"\n' >>/etc/newswire/sources.toml
# A small disk.
mkdir -p /var/lib/newswire
mount -t tmpfs -o size=40m tmpfs /var/lib/newswire

ended_well() { [[ "$(property Result) $(property ExecMainStatus) $(property ActiveState)" == "success 0 inactive" ]] || { systemctl status newswire --no-pager; return 1; }; }
runs() { timeout 20 systemctl start newswire && is_active; }
restarts() { property NRestarts; }
# fetched_twice: addresses of articles that were fetched more than once.
fetched_twice() { sql "SELECT count(*) FROM (SELECT url FROM fetches WHERE purpose = 'article' AND status = 200 GROUP BY url HAVING count(*) > 1)"; }

# --- a network that is gone
check "it starts" runs
check "articles come" eventually 20 sql_is_more_than 20 'SELECT count(*) FROM articles'
kill -STOP "$newsweb"
runuser -u newswire -- newswire --db "$database" fetch dailytimes harbour-post >/dev/null 2>&1
sleep 7
check "hosts that do not answer for longer than the watchdog waits restart nothing" restarts_are 0
kill -CONT "$newsweb"

# --- a drain
check "a poll is in work that will not end" eventually 10 status_says '^[1-9][0-9]* polls'
systemctl stop --no-block newswire
check "while it drains it says so" eventually 5 status_says 'finishing [1-9][0-9]* pieces of work'
systemctl kill --signal TERM --kill-who main newswire
check "a second SIGTERM ends it at once" eventually 2 ended_well
check "what was in work is given back" [ "$(sql 'SELECT count(*) FROM _source_schedule WHERE claim_id IS NOT NULL')" = 0 ]

# --- a full disk
check "it starts" runs
dd if=/dev/zero of=/var/lib/newswire/ballast bs=64k status=none 2>/dev/null
check "of a full disk the status line says that it is full" eventually 20 status_says 'cannot be written: .*newswire.db: the disk is full'
sleep 7
check "it is waited out for longer than the watchdog waits" restarts_are 0
rm /var/lib/newswire/ballast
check "and when there is space it goes on" eventually 10 status_says 'in work; since the start'
check "and says so" eventually 5 journal_says 'the database can be written again' 'true'
check "none of it was fetched twice" [ "$(fetched_twice)" = 0 ]

# --- threads that hang
if python3 -c 'import ctypes' 2>/dev/null; then
  for thread in store main; do
    n_before=$(restarts) pid=$(property MainPID)
    timeout 20 python3 "$parts/stop_thread.py" "$pid" "$thread" &
    check "when the thread $thread stands still there is no sign of life" eventually 15 result_is watchdog
    check "and it is started anew" eventually 15 restarts_are $((n_before + 1))
    wait $!
  done
else
  echo "# skipped: to stop a thread needs python3"
fi
check "stop succeeds" timeout 30 systemctl stop newswire
check "none of it was fetched twice" [ "$(fetched_twice)" = 0 ]

# --- before it is ready: a database of an earlier version, which takes long to be brought to this one
rm "$database"*
install -o newswire -g newswire -m 640 "$parts/earlier.db" "$database"
sqlite3 "$database" "UPDATE fetches SET url = 'https://ana:secret@paper.example/' WHERE id = (SELECT min(id) FROM fetches);
  CREATE VIEW slow AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000000) SELECT count(*) AS n FROM n;
  CREATE TRIGGER slow_update AFTER UPDATE ON fetches BEGIN SELECT n FROM slow; END;"
systemctl start --no-block newswire
check "the status line says what it does" eventually 10 status_says '^bringing the database to this version'
sleep 5
check "the start goes on after TimeoutStartSec= has passed" [ "$(property ActiveState) $(property NRestarts)" = "activating 0" ]
systemctl stop --no-block newswire
check "SIGTERM ends it" eventually 5 ended_well
check "the journal says why" eventually 5 journal_says 'stopped while .* was brought to this version' 'true'
check "the last step was not taken" [ "$(sql 'PRAGMA user_version')" -lt 10 ]
sqlite3 "$database" "DROP TRIGGER slow_update; DROP VIEW slow"
check "the next start takes it" runs
check "stop succeeds" timeout 30 systemctl stop newswire
conclude
