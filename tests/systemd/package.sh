#!/usr/bin/env bash
# A Debian package's life: installed, upgraded at work, removed, installed again, purged. Runs as root on a machine (or in a container) that
# may be thrown away, as unit.sh does.
# Usage: package.sh FOLDER, where FOLDER holds newsweb, lib.sh, earlier.db (a database of an earlier version) and two packages, of which the second is
# newer, first.deb and second.deb.
set -uo pipefail
parts=$1
source "$parts/lib.sh"
export DEBIAN_FRONTEND=noninteractive
# Containers have a policy that nothing is started on installation.
rm -f /usr/sbin/policy-rc.d
mount -t tmpfs tmpfs /dev/shm
printf 'u reader - "a member of the group"\nm reader newswire\n' >/usr/lib/sysusers.d/reader.conf
dpkg_does() { dpkg "$@" </dev/null; }
is_enabled() { [[ $(systemctl is-enabled "$1") == "$2" ]]; }
version_is() { [[ $(dpkg-query -W -f '${Version}' newswire) == "$1" ]]; }

# --- installation
check "it is installed" dpkg_does -i "$parts/first.deb"
systemd-sysusers
check "the daemon runs" is_active
check "and will after a reboot" is_enabled newswire enabled
for unit in newswire.socket newswire-{fetch,backup,doctor}.timer; do
  check "$unit is off" is_enabled "$unit" disabled
done
check "the folder is closed to others" [ "$(stat -c '%a %U %G' /var/lib/newswire)" = "750 newswire newswire" ]
check "root's commands find its database" says 'paper' 0 newswire sources add http://paper.example/feed.xml --kind feed --slug paper
check "which has the source" [ "$(sql 'SELECT count(*) FROM sources')" = 1 ]
newswire config init /etc/other 2>/dev/null
sed -i 's:/var/lib/other/:/var/lib/newswire/:' /etc/other/newswire.toml
counting() { newswire --config "$1" config show | cut -f 1,2; }
check "its settings say what those say that config init writes" diff <(counting /etc/other/newswire.toml) <(counting /etc/newswire/newswire.toml)
check "and every key is explained" test -s /usr/share/doc/newswire/examples/newswire.toml
complaints() { systemd-analyze verify /usr/lib/systemd/system/newswire*.{service,timer} 2>&1 | grep -F newswire | grep -v 'man newswire'; }
check "the units verify" fails complaints
check "it has the manual, completions and a README" [ "$(dpkg -L newswire | grep -cE 'man1/newswire(-fetch)?\.1\.gz$|completions/newswire$|_newswire$|newswire\.fish$|README\.Debian$')" = 6 ]
newswire sources rm paper

# --- upgrade at work
follow_with_silence "$parts"
check "articles come" eventually 20 sql_is_more_than 0 'SELECT count(*) FROM articles'
check "a poll is in work that will not end" eventually 10 status_says '^[1-9][0-9]* polls'
before=$(property MainPID)
check "it is upgraded, without a question about settings that were changed" timeout 60 dpkg -i "$parts/second.deb" </dev/null
check "to the newer version" version_is 0.1.0-2
check "the daemon runs, and is the newer one" [ "$(systemctl is-active newswire)" = active -a "$(property MainPID)" != "$before" ]
check "the settings are those that were there" cmp /tmp/web/sources.toml /etc/newswire/sources.toml
check "all articles come" eventually 20 sql_is_more_than 30 'SELECT count(*) FROM articles'
twice="SELECT count(*) FROM (SELECT url FROM fetches WHERE purpose = 'article' AND status = 200 GROUP BY url HAVING count(*) > 1)"
check "and none was fetched twice" [ "$(sql "$twice")" = 0 ]
check "a backup is made" timeout 60 systemctl start newswire-backup
n_articles=$(sql 'SELECT count(*) FROM articles')

# --- removal
check "it is removed" timeout 60 dpkg -r newswire </dev/null
check "the daemon is gone" [ "$(systemctl is-active newswire)" != active ]
check "and so is the program" [ ! -e /usr/bin/newswire ]
check "the articles are there" [ "$(sql 'SELECT count(*) FROM articles')" = "$n_articles" ]
check "the settings are there" cmp /tmp/web/sources.toml /etc/newswire/sources.toml

# --- installed again, on a database of an earlier version
rm "$database"*
install -o newswire -g newswire -m 640 "$parts/earlier.db" "$database"
n_articles=$(sqlite3 -readonly "$database" 'SELECT count(*) FROM articles')
check "it is installed again" timeout 60 dpkg -i "$parts/second.deb" </dev/null
check "and goes on" eventually 10 is_active
check "with the database in its own version" sql_is_more_than 8 'SELECT user_version FROM pragma_user_version'
check "and with all articles" sql_is_more_than $((n_articles - 1)) 'SELECT count(*) FROM articles'

# --- purge
touch /var/lib/newswire/notes.txt /var/lib/newswire/backups/newswire-mine.db /etc/newswire/sites/own.toml
check "it is purged, without a question" timeout 60 dpkg -P newswire </dev/null
check "with database and backups, and nothing else of its folder" \
  [ "$(cd /var/lib/newswire && find . -type f | sort | xargs)" = "./backups/newswire-mine.db ./notes.txt" ]
check "with its settings, and nothing else of their folder" [ "$(cd /etc/newswire && find . -type f | xargs)" = ./sites/own.toml ]
check "the timers and the daemon leave no link" [ -z "$(find /etc/systemd/system -name 'newswire*')" ]
conclude
