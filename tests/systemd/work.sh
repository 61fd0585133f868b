#!/usr/bin/env bash
# A worker's life, beside a daemon that hands it work. Runs as root on a machine (or in a container) that may be thrown away, as unit.sh does.
# Usage: work.sh FOLDER, where FOLDER holds newswire, newsweb, nats-server, the units, newswire.sysusers.conf and lib.sh.
set -uo pipefail
parts=$1
source "$parts/lib.sh"
install_service "$parts" <<'DROP_IN'
Environment=NEWSWIRE__QUEUE__SERVERS=nats://127.0.0.1:4222
DROP_IN
mkdir -p /etc/systemd/system/newswire-work.service.d
cp /etc/systemd/system/newswire.service.d/test.conf /etc/systemd/system/newswire-work.service.d/
systemctl daemon-reload
serve_newsweb "$parts"
systemd-run --quiet --unit=queue "$parts/nats-server" --addr 127.0.0.1 --jetstream --store_dir /tmp/queue

of_worker() { systemctl show newswire-work --value -p "$1"; }
worker_says() { of_worker StatusText | grep -E "$1"; }
worker_restarts_are() { [[ $(of_worker NRestarts) == "$1" && $(systemctl is-active newswire-work) == active ]]; }

check "a worker is ready before there is a writer" timeout 20 systemctl start newswire-work
check "and says for whom it waits" eventually 10 worker_says 'the writer does not answer'
check "the daemon starts" timeout 20 systemctl start newswire
check "articles come" eventually 60 sql_is_more_than 20 'SELECT count(*) FROM articles'
check "from the worker" eventually 15 worker_says '256 shards; .* since the start [0-9]+ polls, [1-9][0-9]* articles'
check "it takes up settings" systemctl reload newswire-work
kill -9 "$(of_worker MainPID)"
check "it comes again when it is killed" eventually 20 worker_restarts_are 1
check "it stops when it is told to" timeout 30 systemctl stop newswire-work
check "as it should" [ "$(of_worker Result)" = success ]
check "the daemon has gone on" restarts_are 0
systemctl stop newswire

conclude
