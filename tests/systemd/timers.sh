#!/usr/bin/env bash
# The units that timers start, without the daemon and beside it. Runs as root on a machine (or in a container) that may be thrown away, as
# unit.sh does.
# Usage: timers.sh FOLDER, where FOLDER holds newswire, newsweb, the units, newswire.sysusers.conf and lib.sh.
set -uo pipefail
parts=$1
source "$parts/lib.sh"
install_service "$parts" </dev/null
serve_newsweb "$parts"

result_of() { systemctl show "newswire-$1" --value -p Result; }
starts() { timeout 60 systemctl start "newswire-$1" || { systemctl status "newswire-$1" --no-pager; return 1; }; }
backups() { ls /var/lib/newswire/backups; }
backups_are() { [[ $(backups | wc -l) == "$1" ]] || { backups; return 1; }; }

for timer in fetch backup doctor; do
  check "newswire-$timer.timer starts" systemctl start "newswire-$timer.timer"
  check "and knows when it elapses next" [ -n "$(systemctl show "newswire-$timer.timer" --value -p NextElapseUSecRealtime)" ]
  systemctl stop "newswire-$timer.timer"
done
check "before there is a database there is nothing to back up, and that is no failure" starts backup
check "nor to look at" starts doctor
check "none is made for that" [ ! -e /var/lib/newswire/newswire.db ]

# --- in place of the daemon
check "what is due is fetched, though a source fails" starts fetch
check "articles have come" sql_is_more_than 20 'SELECT count(*) FROM articles'
check "a source has failed" sql_is_more_than 0 "SELECT count(*) FROM source_health WHERE error IS NOT NULL"
check "the files are the service's" [ "$(find /var/lib/newswire -printf '%u %g\n' | sort -u)" = "newswire newswire" ]
check "a monitor is told that all is well" as reader newswire --db "$database" status --check
n_fetches=$(sql 'SELECT count(*) FROM fetches')
check "the next run asks nobody who is not due" starts fetch
check "which is all of them" [ "$(sql 'SELECT count(*) FROM fetches')" = "$n_fetches" ]

# --- beside the daemon
check "the daemon starts" timeout 20 systemctl start newswire
check "the timer's run leaves the work to it" starts fetch
printf 'BACKUP_KEEP=2\n' >/etc/default/newswire
for number in 1 2 3; do
  check "backup $number is written" starts backup
  sleep 1.1
done
check "two are kept" backups_are 2
newest=/var/lib/newswire/backups/$(backups | tail -n 1)
check "for the group to read" [ "$(stat -c '%a %U %G' "$newest")" = "640 newswire newswire" ]
check "it holds the articles" [ "$(as reader newswire --db "$newest" sql 'SELECT count(*) FROM articles')" -gt 20 ]
check "the doctor finds all well" starts doctor
journalctl -u newswire-doctor -o cat --no-pager | sed 's/^/# /' | head -30
check "the daemon has gone on" restarts_are 0
check "and is not in its way" fails journal_has '.PRIORITY == "3"'
systemctl stop newswire

conclude
