#!/usr/bin/env bash
# Lives through a service's life under a real systemd: start, reload, failure, watchdog, stop. Runs as root on a machine
# (or in a container) that may be thrown away: it installs to /usr/local/bin and /etc. `run.sh` beside it finds one.
# Usage: unit.sh FOLDER, where FOLDER holds newswire, newsweb, the units, newswire.sysusers.conf and lib.sh.
set -uo pipefail
parts=$1
source "$parts/lib.sh"

# Waiting times for a test: two minutes of silence, and ten seconds between two starts, are long.
install_service "$parts" <<<$'WatchdogSec=3s\nRestartSec=1s'

# --- a news web to follow
serve_newsweb "$parts"
# A closed port, a port that answers TLS with plain text, a name that does not exist, and a server that never answers.
systemd-run --quiet --socket-property=ListenStream=127.0.0.1:8099 sleep infinity
port=$(grep -oEm1 '127\.0\.0\.1:[0-9]+' /etc/newswire/newswire.toml)
sed -i "s/^resolve = \[/&\n    \"closed.example=127.0.0.1:1\",\n    \"plain.example=$port\",\n    \"silent.example=127.0.0.1:8099\",/" /etc/newswire/newswire.toml
printf '\n[daemon]\ngrace_period_s = 1\n' >>/etc/newswire/newswire.toml
for site in https://closed.example https://plain.example https://nowhere.invalid http://silent.example; do
  host=${site#*//}
  printf '[[source]]\nslug = "%s"\nurl = "%s/feed.xml"\nkind = "feed"\n\n' "${host%.*}" "$site"
done >>/etc/newswire/sources.toml
# The last source joins at the reload.
cp /etc/newswire/sources.toml /tmp/sources.all
awk 'BEGIN { RS = "" } !/slug = "meridian-wire"/ { print $0 "\n" }' /tmp/sources.all >/etc/newswire/sources.toml

# --- start
check "start returns when the daemon is ready" timeout 20 systemctl start newswire
check "it is active" is_active
check "systemctl status shows the live figures" eventually 20 status_says '[1-9][0-9]* polls .* [1-9][0-9]* articles'
systemctl status newswire --no-pager --lines 3 | sed 's/^/# /'
check "the process has no capabilities" grep -E '^CapEff:\s+0+$' "/proc/$(property MainPID)/status"
check "a filter of system calls is in force" grep -E '^Seccomp:\s+2$' "/proc/$(property MainPID)/status"
check "the folder is closed to others" [ "$(stat -c '%a %U %G' /var/lib/newswire)" = "750 newswire newswire" ]
check "the file is readable for the group" [ "$(stat -c '%a %U %G' "$database")" = "640 newswire newswire" ]

# --- reading while it writes
check "a member of the group reads articles" eventually 20 sql_is_more_than 20 'SELECT count(*) FROM articles'
check "a member of the group cannot write" fails as reader sqlite3 "$database" 'DELETE FROM articles'
check "others cannot read" fails as stranger sqlite3 -readonly "$database" 'SELECT 1'
check "newswire ls works for a member of the group" as reader newswire --db "$database" ls
check "newswire status works for a member of the group" as reader newswire --db "$database" status
as reader newswire --db "$database" status | sed 's/^/# /'

# --- TLS and name resolution under the hardening: failures are rows, not crashes
check "a closed port is a failed exchange of class connect" eventually 20 sql_is_more_than 0 \
  "SELECT count(*) FROM fetches WHERE url LIKE 'https://closed.example/%' AND error_class = 'connect'"
check "a server without TLS is a failed exchange" eventually 20 sql_is_more_than 0 \
  "SELECT count(*) FROM fetches WHERE url LIKE 'https://plain.example/%' AND error_class IS NOT NULL"
check "a name that does not exist is a failed exchange" eventually 20 sql_is_more_than 0 \
  "SELECT count(*) FROM fetches WHERE url LIKE 'https://nowhere.invalid/%' AND error_class IS NOT NULL"
sql "SELECT DISTINCT url, error_class, error FROM fetches WHERE error_class IS NOT NULL" | sed 's/^/# /'
check "none of it has restarted the daemon" restarts_are 0

# --- the journal's native fields
check "the journal has the start at level info" eventually 5 journal_says '^newswire .* started' '.PRIORITY == "6"'
check "a failed poll is a warning with the fields of its source" eventually 5 journal_has \
  '.PRIORITY == "4" and .SOURCE == "closed" and .URL == "https://closed.example/feed.xml" and .CLASS == "connect"'
check "entries name the program and the module" journal_has '.SYSLOG_IDENTIFIER == "newswire" and (.TARGET | strings | startswith("newswire::"))'
check "no entry came through stderr" fails journal_has '._TRANSPORT == "stdout"'
journalctl -u newswire --no-pager -o json | jq -rs 'map(select(.SOURCE == "closed"))[0] // {} | del(.__CURSOR) | with_entries(select(.key | test("^_") | not)) | tojson' | sed 's/^/# /'

# --- reload
before=$(property MainPID)
cp /tmp/sources.all /etc/newswire/sources.toml
check "reload succeeds" systemctl reload newswire
check "the new source is followed" eventually 20 sql_is_more_than 0 \
  "SELECT count(*) FROM articles JOIN sources ON sources.id = source_id WHERE slug = 'meridian-wire'"
check "the journal says what is new" eventually 5 journal_says 'sources new: meridian-wire' 'true'
cp /etc/newswire/newswire.toml /tmp/newswire.good
printf '\n[schedule]\njitter_percent = 900\n' >>/etc/newswire/newswire.toml
check "reload with broken settings fails" fails systemctl reload newswire
check "the journal says what is broken" eventually 5 journal_says 'schedule.jitter_percent = 900' '.PRIORITY == "3"'
check "the daemon is told nothing and runs on" [ "$(property MainPID) $(systemctl is-active newswire)" = "$before active" ]
systemctl kill --signal HUP --kill-who main newswire
check "the daemon itself refuses them at level error" eventually 5 journal_says 'the settings are not reloaded' '.PRIORITY == "3"'
check "and runs on" [ "$(property MainPID) $(systemctl is-active newswire)" = "$before active" ]
cp /tmp/newswire.good /etc/newswire/newswire.toml

# --- killed, hung
n_articles=$(sql 'SELECT count(*) FROM articles')
systemctl kill --signal KILL --kill-who main newswire
check "a member of the group reads after a kill" sql_is_more_than $((n_articles - 1)) 'SELECT count(*) FROM articles'
check "systemd starts it again after a kill" eventually 10 restarts_are 1
# Every source comes due again at a start only by its schedule; a new one shows that work goes on.
as_daemon=(setpriv --reuid newswire --regid newswire --init-groups newswire --config /etc/newswire/newswire.toml --db "$database")
check "the daemon's user adds a source while it runs" "${as_daemon[@]}" sources add http://valley-chronicle.example/feed/?again
check "work goes on after the kill" eventually 20 sql_is_more_than 0 \
  "SELECT count(*) FROM fetches WHERE url LIKE '%/feed/?again' AND status = 200"
kill -STOP "$(property MainPID)"
check "the watchdog ends it when it hangs" eventually 20 result_is watchdog
check "systemd starts it again after that" eventually 10 restarts_are 2
check "every article is still there" sql_is_more_than $((n_articles - 1)) 'SELECT count(*) FROM articles'

# --- stop
# Two processes have died with the poll of the silent server in their hands: it waits, unless it is asked for.
check "a source that is asked for is handed to the daemon" "${as_daemon[@]}" fetch silent
check "a poll is in work that will not end" eventually 10 status_says '^1 polls'
check "stop succeeds" timeout 60 systemctl stop newswire
check "what did not end in the grace period is given back" eventually 5 journal_says '1 pieces of work did not end within 1 s' '.PRIORITY == "4"'
check "no claim is left" [ "$(sql 'SELECT count(*) FROM _source_schedule WHERE claim_id IS NOT NULL')" = 0 ]
check "it ended by itself, without a failure" [ "$(property Result) $(property ExecMainStatus)" = "success 0" ]
check "the journal has its last figures" eventually 5 journal_says '^stopped after' 'true'
check "the log is folded into the file" [ "$(stat -c %s "$database-wal")" = 0 ]
check "a member of the group reads with sqlite3 after the stop" sql_is_more_than $((n_articles - 1)) 'SELECT count(*) FROM articles'
check "a member of the group reads with newswire after the stop" as reader newswire --db "$database" ls
check "the file is sound" [ "$(sql 'PRAGMA integrity_check')" = ok ]

# --- what is restarted and what is not
echo 'no_such_key = 1' >>/etc/newswire/newswire.toml
check "start fails on broken settings" fails timeout 20 systemctl start newswire
sleep 2
check "and is not tried again" [ "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" = "failed 78 0" ]
cp /tmp/newswire.good /etc/newswire/newswire.toml
systemctl reset-failed newswire
flock "$database-lock" sleep 3 &
check "start fails while another writer holds the file" fails timeout 20 systemctl start newswire
check "it takes over when the other writer is done" eventually 15 is_active
check "after having been told to try again" eventually 5 journal_has '.MESSAGE | tostring | test("another process is writing")'
systemctl stop newswire

conclude
