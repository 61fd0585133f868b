#!/usr/bin/env bash
# The way in that docs/service.md describes, and the wrong turns that root takes on it. Runs as root on a machine (or in a container) that
# may be thrown away, as unit.sh does.
# Usage: way_in.sh FOLDER, where FOLDER holds newswire, the units, newswire.sysusers.conf and lib.sh.
set -uo pipefail
parts=$1
source "$parts/lib.sh"
install_service "$parts" <<<RestartSec=1s
elsewhere=$(mktemp -d)
chmod 777 "$elsewhere"
cd "$elsewhere"
feed=http://paper.example/feed.xml

owners() { find /var/lib/newswire -printf '%u\n' | sort -u; }
owned_by() { [[ $(owners) == "$1" ]] || { find /var/lib/newswire -printf '%u %p\n'; return 1; }; }
nothing_here() { [[ -z $(ls -A "$elsewhere") ]] || { ls -lA "$elsewhere"; return 1; }; }

# --- settings
check "config init writes the settings of the service" says 'the database is /var/lib/newswire/newswire.db' 0 newswire config init /etc/newswire
check "they say where its database is" grep -x 'path = "/var/lib/newswire/newswire.db"' /etc/newswire/newswire.toml
check "they hold in every folder" says '^store.path.*/var/lib/newswire/newswire.db.*/etc/newswire/newswire.toml' 0 newswire config show
check "before the first start root is told that there is no folder" says 'no folder /var/lib/newswire' 1 newswire sources add "$feed" --kind feed
check "and has made nothing" nothing_here

# --- root beside the service
check "the service starts" timeout 20 systemctl start newswire
check "root adds a source to its database" says 'paper' 0 newswire sources add "$feed" --kind feed --slug paper
check "which has it" [ "$(sql "SELECT url FROM sources WHERE slug = 'paper'")" = "$feed" ]
check "and all of its files are still its own" owned_by newswire
check "there is no other database" nothing_here
check "a monitor is told that it runs" says '^wrong: no source has answered|^ok: ' "$(newswire status --check >/dev/null; echo $?)" newswire status --check
systemctl stop newswire
check "a monitor is told that it was stopped" says '^wrong: the daemon was stopped at 2' 1 as reader newswire status --check
check "somebody else is told whose it is" says 'it belongs to newswire:newswire, mode 0750, and this process runs as stranger' 1 as stranger newswire ls
check "root does its work while it is stopped" says 'paper.example cannot be resolved' 1 newswire fetch --due
check "and all of its files are still its own" owned_by newswire
rm "$database-lock"
check "root makes no file of its own in the folder" says 'belongs to newswire.*runuser -u newswire -- newswire' 1 newswire fetch --due
check "there is none" owned_by newswire
check "the user does" runuser -u newswire -- newswire sources ls
rm /var/lib/newswire/newswire.db*
check "root makes no database in the folder" says 'belongs to newswire.*runuser -u newswire -- newswire' 1 newswire sources add "$feed" --kind feed --slug paper
check "there is none" [ -z "$(ls -A /var/lib/newswire)" ]
check "the user makes one" runuser -u newswire -- newswire sources add "$feed" --kind feed --slug paper
check "of its own" owned_by newswire

# --- a copy that root has put there
cp "$database" "$elsewhere/copy.db" && rm "$database"*
install -m 640 "$elsewhere/copy.db" "$database" && rm "$elsewhere/copy.db"
systemctl start --no-block newswire
told='belongs to root:root, mode 0640, and this process runs as newswire'
check "the journal says whose the file is, and who cannot write to it" eventually 10 journal_says "newswire.db: .*$told" '.PRIORITY == "3"'
chown newswire:newswire "$database"
check "when it is given back the service goes on by itself" eventually 10 is_active
systemctl stop newswire

# --- settings that the service cannot read
chmod 600 /etc/newswire/newswire.toml
check "the service does not start on settings that it cannot read" fails timeout 20 systemctl start newswire
told='newswire.toml: Permission denied.*belongs to root:root, mode 0600, and this process runs as newswire'
check "the journal says whose they are" eventually 5 journal_says "$told" '.PRIORITY == "3"'
chmod 644 /etc/newswire/newswire.toml
systemctl reset-failed newswire

# --- settings that leave open where the database is, as earlier versions wrote them
sed -i 's:^path = .*:path = "newswire.db":' /etc/newswire/newswire.toml
told='newswire.toml, which holds in every folder, leaves open where it is: write `path = "/var/lib/newswire/newswire.db"`'
check "no database is made in the working directory" says "$told" 1 newswire sources add "$feed" --kind feed --slug paper
check "nor by a restore" says "$told" 1 newswire restore "$database"
check "nor by somebody else" says "$told" 1 as stranger newswire fetch --due
check "there is none" nothing_here
# A checkout has settings too.
mkdir config && echo >config/newswire.toml
check "root makes none beside the service's by settings that happen to be there" says '`--db newswire.db` a new one here' 1 newswire fetch --due
check "there is none" [ "$(ls -A)" = config ]
check "but where it is named" newswire --db newswire.db fetch --due
check "there is one" [ -f newswire.db ]

conclude
