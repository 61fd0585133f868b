# What the scripts in this folder check with. Sourced.
n_checks=0 n_failed=0
database=/var/lib/newswire/newswire.db

# check WHAT COMMAND...: prints a line, and what the command printed when it failed.
check() {
  local what=$1 output
  shift
  n_checks=$((n_checks + 1))
  if output=$("$@" 2>&1); then
    echo "ok $n_checks - $what"
  else
    n_failed=$((n_failed + 1))
    echo "not ok $n_checks - $what"
    sed 's/^/#   /' <<<"$output"
  fi
}

# eventually SECONDS COMMAND...: until the command succeeds.
eventually() {
  local deadline=$((SECONDS + $1)) output
  shift
  until output=$("$@" 2>&1); do
    ((SECONDS < deadline)) || { echo "still not after the time given: $*"; echo "$output"; return 1; }
    sleep 0.2
  done
}

# says PATTERN CODE COMMAND...: the command ends with that code, and prints something that the pattern matches.
says() {
  local pattern=$1 expected=$2 output code=0
  shift 2
  output=$("$@" 2>&1) || code=$?
  echo "exit code $code: $output"
  ((code == expected)) && grep -qE -- "$pattern" <<<"$output"
}

fails() { ! "$@"; }
as() { setpriv --reuid "$1" --regid "$1" --init-groups --reset-env "${@:2}"; }
sql() { as reader sqlite3 -readonly "$database" "$1"; }
sql_is_more_than() { (($(sql "$2") > $1)); }
property() { systemctl show newswire --value -p "$1"; }
is_active() { [[ $(systemctl is-active newswire) == active ]]; }
restarts_are() { [[ $(property NRestarts) == "$1" ]] && is_active; }
result_is() { [[ $(property Result) == "$1" ]]; }
status_says() { property StatusText | grep -E "$1"; }
# journal_has FILTER: whether an entry of the unit satisfies the jq filter. An entry takes a moment to arrive.
journal_has() { journalctl -u newswire -o json --no-pager | jq -es "map(select($1)) | length > 0"; }
# The message is an array of bytes where it is not plain text; `tostring` keeps jq from stopping there.
journal_says() { journal_has "(.MESSAGE | tostring | test(\"$1\")) and $2"; }

# install_service PARTS: as the unit's first lines describe it, with a reader and a stranger beside. A drop-in of [Service] comes from
# standard input.
install_service() {
  # When the unit stops, RemoveIPC= removes what its user owns in /dev/shm. A throw-away root may itself stand there; it
  # must not lose the database by that.
  mount -t tmpfs tmpfs /dev/shm
  install -m 755 "$1/newswire" /usr/local/bin/newswire
  install -D -m 644 "$1/newswire.sysusers.conf" /usr/lib/sysusers.d/newswire.conf
  install -m 644 "$1"/*.service "$1"/*.timer /etc/systemd/system/
  printf 'u reader - "a member of the group"\nm reader newswire\nu stranger - "not a member"\n' >/usr/lib/sysusers.d/reader.conf
  systemd-sysusers
  mkdir -p /etc/newswire /etc/systemd/system/newswire.service.d
  { echo '[Service]'; cat; } >/etc/systemd/system/newswire.service.d/test.conf
  systemctl daemon-reload
}

# serve_newsweb PARTS: the demo's news web, with settings and sources for it in /etc/newswire, until the script ends.
serve_newsweb() {
  "$1/newsweb" /etc/newswire &
  newsweb=$!
  trap 'kill $newsweb' EXIT
  check "a news web is served" eventually 5 test -s /etc/newswire/newswire.toml
}

# follow_with_silence PARTS: has the running service follow the demo's news web, and a server that never answers.
follow_with_silence() {
  "$1/newsweb" /tmp/web >/dev/null &
  newsweb=$!
  trap 'kill $newsweb' EXIT
  check "a news web is served" eventually 5 test -s /tmp/web/newswire.toml
  systemd-run --quiet --socket-property=ListenStream=127.0.0.1:8099 sleep infinity
  sed -i 's/^resolve = \[/&\n    "silent.example=127.0.0.1:8099",/' /tmp/web/newswire.toml
  printf '[[source]]\nslug = "silent"\nurl = "http://silent.example/feed.xml"\nkind = "feed"\n' >>/tmp/web/sources.toml
  cp /tmp/web/{newswire,sources}.toml /etc/newswire
  check "it takes up settings" systemctl reload newswire
}

# serve_generated PARTS SITES ARTICLES: so many generated sites, the same ones every time, with settings and sources for them.
serve_generated() {
  "$1/newsweb" /etc/newswire "$2" "$3" &
  newsweb=$!
  trap 'kill $newsweb' EXIT
  check "a news web is served" eventually 100 test -s /etc/newswire/newswire.toml
  # Slow enough that there is work left at the last kill, and nothing that fails waits for minutes.
  sed -i 's/^host_delay_ms = .*/host_delay_ms = 60/' /etc/newswire/newswire.toml
  printf '\n[schedule]\npoll_interval_min_s = 5\npoll_interval_first_s = 5\npoll_interval_max_s = 10\nbackoff_min_s = 1\nbackoff_max_s = 2\n' \
    >>/etc/newswire/newswire.toml
}

# check_all_is_there NUMBER SECONDS: that so many articles come, none twice, and that the file is sound.
check_all_is_there() {
  check "all $1 articles come" eventually "$2" eval "[[ \$(sql 'SELECT count(*) FROM _links WHERE article_id IS NOT NULL AND due_at IS NULL') == $1 ]]"
  check "none of them twice" [ "$(sql 'SELECT count(*), count(DISTINCT url), max(revision) FROM articles')" == "$1|$1|1" ]
  check "each was seen once" [ "$(sql 'SELECT count(*) FROM sightings')" == "$1" ]
  check "doctor finds nothing" as newswire newswire --db "$database" doctor
}

# conclude: the last lines, and the exit code.
conclude() {
  echo "1..$n_checks"
  echo "# $((n_checks - n_failed)) of $n_checks checks hold"
  ((n_failed == 0))
}
