#!/usr/bin/env bash
# An older package, as somebody has it who comes from there, is upgraded at work to this one: what it had stored is there afterwards, and as
# it was. As package.sh.
# Usage: upgrade.sh FOLDER, where FOLDER holds newsweb, lib.sh, and the packages old.deb and second.deb.
set -uo pipefail
parts=$1
# shellcheck source=lib.sh
source "$parts/lib.sh"
export DEBIAN_FRONTEND=noninteractive
rm -f /usr/sbin/policy-rc.d
mount -t tmpfs tmpfs /dev/shm
printf 'u reader - "a member of the group"\nm reader newswire\n' >/usr/lib/sysusers.d/reader.conf
version() { dpkg-query -W -f '${Version}' newswire; }
schema() { sql 'SELECT user_version FROM pragma_user_version'; }
# What was there before must be there after, under its number.
stored() { sql "SELECT id, url, title, body, first_seen_at, story_id FROM articles WHERE id <= $1 ORDER BY id"; }
sightings() { sql "SELECT article_id, source_id, url, first_seen_at FROM sightings WHERE article_id <= $1 ORDER BY 1, 2, 3"; }
followed() { sql "SELECT id, slug, url, state, origin FROM sources ORDER BY id"; }

check "the older package is installed" timeout 60 dpkg -i "$parts/old.deb" </dev/null
systemd-sysusers
check "its daemon runs" eventually 10 is_active
follow_with_silence "$parts"
check "its articles come" eventually 20 sql_is_more_than 10 'SELECT count(*) FROM articles'
check "a poll is in work that will not end" eventually 10 status_says '^[1-9][0-9]* polls'
last=$(sql 'SELECT max(id) FROM articles')
stored "$last" >/tmp/stored
sightings "$last" >/tmp/sightings
followed >/tmp/followed
before="$(property MainPID)" schema_before=$(schema)
echo "# from $(version), schema $schema_before, $last articles"

# What both the package and somebody have changed stays theirs, as with unattended upgrades.
check "it is upgraded" timeout 60 dpkg --force-confold -i "$parts/second.deb" </dev/null
echo "# to $(version), schema $(schema)"
check "the daemon runs, and is the newer one" [ "$(systemctl is-active newswire)" = active -a "$(property MainPID)" != "$before" ]
check "the database has the version of the newer one, or one that is the same" [ "$(schema)" -ge "$schema_before" ]
check "the settings are those that were there" cmp /tmp/web/newswire.toml /etc/newswire/newswire.toml
check "the sources are" diff /tmp/followed <(followed)
check "all other articles come" eventually 20 sql_is_more_than 30 'SELECT count(*) FROM articles'
check "every article is as it was" diff /tmp/stored <(stored "$last")
check "and every sighting of it" sh -c 'diff /tmp/sightings "$1" | { ! grep "^<"; }' - <(sightings "$last")
twice="SELECT count(*) FROM (SELECT url FROM fetches WHERE purpose = 'article' AND status = 200 GROUP BY url HAVING count(*) > 1)"
check "none was fetched twice" [ "$(sql "$twice")" = 0 ]
check "doctor finds nothing wrong" newswire --db "$database" doctor
check "status finds nothing wrong" newswire --db "$database" status --check
check "the older program refuses the newer file, or reads it where the version is the same" sh -c '
  dpkg-deb --fsys-tarfile "$1/old.deb" | tar -xO ./usr/bin/newswire >/tmp/older && chmod +x /tmp/older
  /tmp/older --db "$2" ls >/dev/null 2>/tmp/said; code=$?; cat /tmp/said
  if [ "$3" -eq "$4" ]; then [ $code -eq 0 ]; else [ $code -eq 78 ]; fi' - "$parts" "$database" "$schema_before" "$(schema)"
check "it is purged" timeout 60 dpkg -P newswire </dev/null
conclude
