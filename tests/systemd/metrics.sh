#!/usr/bin/env bash
# The daemon's figures: at the socket that systemd listens at, and as Prometheus has them where it is installed. As unit.sh.
# Usage: metrics.sh FOLDER
set -uo pipefail
parts=$1
# shellcheck source=lib.sh
source "$parts/lib.sh"

ask() { as "${2:-reader}" curl -sS --max-time 5 --unix-socket /run/newswire/http.sock "http://localhost$1"; }
figure_is_more_than() { (($(ask /metrics | awk -v name="$2" '$1 == name { print int($2) }') > $1)); }
# prometheus_says FILTER QUERY: the answer to a query satisfies the jq filter.
prometheus_says() {
  curl -sS --get --data-urlencode "query=$2" http://127.0.0.1:9090/api/v1/query | jq -e "$1"
}

install_service "$parts" </dev/null
install -m 644 "$parts/newswire.socket" /etc/systemd/system/
mkdir -p /etc/systemd/system/newswire.socket.d
printf '[Socket]\nListenStream=127.0.0.1:9464\n' >/etc/systemd/system/newswire.socket.d/tcp.conf
serve_newsweb "$parts"
printf '\n[http]\nlisten = "systemd"\n' >>/etc/newswire/newswire.toml
systemctl daemon-reload

check "without the socket the daemon says what is missing" fails timeout 30 systemctl start newswire
check "and the journal has it" eventually 5 journal_says 'no socket was handed over: start newswire.socket' 'true'
systemctl stop newswire
check "the socket starts" systemctl start newswire.socket
check "the daemon starts with it" timeout 60 systemctl start newswire
check "it is ready" eventually 20 says '^ready$' 0 ask /readyz
check "it lives" says '^ok$' 0 ask /healthz
check "figures come in" eventually 30 figure_is_more_than 5 'newswire_articles_total{verdict="new",body_kind="full"}'
check "requests for robots.txt are counted, and waits for hosts" eventually 10 sh -c \
  'curl -sS --max-time 5 http://127.0.0.1:9464/metrics | tee /tmp/figures | grep -E "^newswire_requests_total\{purpose=\"robots\",class=\"ok\"\} [1-9]" &&
   grep -E "^newswire_host_wait_seconds_count [1-9]" /tmp/figures'
if command -v promtool >/dev/null; then
  check "promtool finds nothing wrong with them" sh -c 'promtool check metrics </tmp/figures'
fi
check "whoever is not in the group is not answered" fails ask /healthz stranger
check "a page of a stranger's cannot ask" says 'not known here' 0 \
  curl -sS --max-time 5 -H 'Host: elsewhere.example' http://127.0.0.1:9464/metrics
check "the fields of the journal are those of a question" eventually 10 \
  sh -c 'journalctl --no-pager -o cat SOURCE=meridian-wire | grep -E "^source meridian-wire: [0-9]+ new"'
journalctl -u newswire --no-pager -o cat | head -40 | sed 's/^/# /'

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  cp "$parts/alerts.yml" /tmp/alerts.yml
  cat >/tmp/prometheus.yml <<'END'
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [/tmp/alerts.yml]
scrape_configs:
  - job_name: newswire
    static_configs: [{ targets: ["127.0.0.1:9464"] }]
END
  prometheus --config.file /tmp/prometheus.yml --storage.tsdb.path /tmp/prometheus --web.listen-address 127.0.0.1:9090 \
    >/tmp/prometheus.log 2>&1 &
  prometheus=$!
  check "Prometheus scrapes it" eventually 30 prometheus_says '.data.result[0].value[1] == "1"' 'up{job="newswire"}'
  check "Prometheus has the articles" eventually 20 prometheus_says '.data.result[0].value[1] | tonumber > 5' \
    'sum(newswire_articles_total)'
  check "Prometheus reads it as OpenMetrics, with its types" eventually 10 sh -c \
    'curl -sS http://127.0.0.1:9090/api/v1/metadata | jq -e ".data.newswire_polls[0].type == \"counter\" or .data.newswire_polls_total[0].type == \"counter\""'
  check "no rule for alarms is in error" sh -c \
    'curl -sS http://127.0.0.1:9090/api/v1/rules | jq -e "[.data.groups[].rules[] | select(.health == \"err\")] == []"'
  kill $prometheus
else
  echo "# skipped: Prometheus is not installed"
fi
check "stop succeeds" timeout 60 systemctl stop newswire
conclude
