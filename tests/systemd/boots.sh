#!/usr/bin/env bash
# One life of a machine whose database outlives it: starts the service and lets it work until the power is cut, or with
# `finish` until nothing is left to do, and then checks that nothing is lost or doubled. power_cuts.sh cuts the power.
# Usage: boots.sh FOLDER STATE SITES ARTICLES [finish], where STATE is the folder that outlives the machine.
set -uo pipefail
parts=$1 state=$2 n_sites=$3 n_articles=$4
source "$parts/lib.sh"

install_service "$parts" <<<$'RestartSec=100ms\n[Unit]\nStartLimitIntervalSec=0'
mkdir -p /var/lib/newswire
mount --bind "$state" /var/lib/newswire
chown -R newswire:newswire /var/lib/newswire
serve_generated "$parts" "$n_sites" "$n_articles"
check "the service starts" timeout 20 systemctl start newswire
touch "$state/../is_up"
[[ ${5:-} == finish ]] || sleep infinity
check_all_is_there $((n_sites * n_articles)) 100
conclude
