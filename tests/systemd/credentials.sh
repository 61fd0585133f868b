#!/usr/bin/env bash
# A source behind a login whose password the service manager hands over (LoadCredential=): it is let in, and nobody else gets to know the
# password. As unit.sh.
# Usage: credentials.sh FOLDER
set -uo pipefail
parts=$1
# shellcheck source=lib.sh
source "$parts/lib.sh"

command -v python3 >/dev/null || { echo "skipped: the server that asks for a password needs python3"; exit 0; }

# keep PASSWORD: what the server asks for, and what only root can read.
keep() {
  echo "ana:$1" >/tmp/password
  install -m 600 /dev/null /root/council
  echo "basic ana:$1" >/root/council
}
# The password itself, and as it travels.
signs_of() { printf '%s\n%s\n' "$1" "$(printf 'ana:%s' "$1" | base64)"; }
journal_has_signs_of() { journalctl --no-pager -o export | grep -aF "$(signs_of "$1")"; }
database_has_signs_of() { cat "$database"* | grep -aF "$(signs_of "$1")"; }

# What the service manager hands over it mounts from a namespace of its own, which is seen where mounts are shared. They are on a machine;
# a container may have others.
mount --make-rshared /
# The log says as much as it can.
install_service "$parts" <<<$'LoadCredential=council:/root/council\nEnvironment=NEWSWIRE__LOG__LEVEL=trace'
keep zq7KeyOfOurs
printf '[fetch]\nhost_delay_ms = 20\nresolve = ["council.example=127.0.0.1:8098"]\n' >/etc/newswire/newswire.toml
printf '[[source]]\nslug = "council"\nurl = "http://council.example/feed.xml"\ncredentials = "council"\n' >/etc/newswire/sources.toml
python3 "$parts/login_server.py" 8098 /tmp/password &
server=$!
trap 'kill $server' EXIT
asked_with() { curl -s -o /dev/null -w '%{http_code}' "$@" http://council.example:8098/feed.xml --resolve council.example:8098:127.0.0.1; }
check "the server asks for a password" eventually 5 says '^401|401$' 0 asked_with
check "and lets in who has it" says '200$' 0 asked_with -u ana:zq7KeyOfOurs

say_what_failed() { sql "SELECT DISTINCT url, status, error_class, error FROM fetches WHERE error IS NOT NULL" | sed 's/^/# /'; }
check "the daemon starts" timeout 30 systemctl start newswire
check "it is let in to the feed and to the article" eventually 20 sql_is_more_than 0 'SELECT count(*) FROM articles'
say_what_failed
journalctl -u newswire -p 6 --no-pager -o cat | head -40 | sed 's/^/# /'
check "with no request refused" [ "$(sql "SELECT count(*) FROM fetches WHERE status = 401")" = 0 ]
check "its user cannot read what root keeps" fails as newswire cat /root/council
check "nor is it in the environment of the process" fails grep -aF zq7KeyOfOurs "/proc/$(property MainPID)/environ"
check "the log has much to say" eventually 5 journal_has '.PRIORITY == "7"'
check "and has no word of the password" fails journal_has_signs_of zq7KeyOfOurs
check "nor has the database" fails database_has_signs_of zq7KeyOfOurs

# --- another password: a restart reads what the service manager hands over; whether a reload does is for systemd to say
as_daemon=(setpriv --reuid newswire --regid newswire --init-groups newswire --config /etc/newswire/newswire.toml --db "$database")
last_status() { sql "SELECT status FROM fetches WHERE url LIKE '%/feed.xml' ORDER BY id DESC LIMIT 1"; }
last_status_is() { [[ $(last_status) == "$1" ]]; }
keep xk3AnotherOne
"${as_daemon[@]}" fetch council >/dev/null 2>&1
check "with the old password it is let in no more" eventually 20 last_status_is 401
check "a reload succeeds" systemctl reload newswire
systemctl restart newswire
"${as_daemon[@]}" fetch council >/dev/null 2>&1
check "but it is after a restart" eventually 20 last_status_is 200
check "the journal has no word of either password" fails journal_has_signs_of xk3AnotherOne
check "nor of the first" fails journal_has_signs_of zq7KeyOfOurs
check "stop succeeds" timeout 60 systemctl stop newswire
check "the database has none" fails database_has_signs_of xk3AnotherOne
conclude
