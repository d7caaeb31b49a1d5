#!/usr/bin/env bash
# A throw-away S3 server for the services tests: Ceph's radosgw over one monitor and one memory-backed OSD.
#
#   tools/services/object-store.sh start FOLDER PORT    ready when it returns; prints the URL
#   tools/services/object-store.sh stop FOLDER          ends its processes and removes FOLDER's contents
#
# Listens on 127.0.0.1 only: PORT for S3, and the nine ports from PORT+1 on for Ceph itself. Both commands may be
# repeated. EAKTE_S3_ACCESS_KEY and EAKTE_S3_SECRET_KEY name the one user (default: test-access, test-secret).
# Buckets are made by whoever uses the server.
set -euo pipefail

MEMORY_BYTES=$((4 * 1024 * 1024 * 1024))
WAIT_S=60

usage() {
    sed -n '4,5s/^# *//p' "$0" >&2
    exit 2
}

fail() {
    echo "object-store: $*" >&2
    exit 1
}

check_programs() {
    local program missing=
    for program in radosgw radosgw-admin ceph ceph-mon ceph-osd monmaptool curl; do
        command -v "$program" >/dev/null || missing+=" $program"
    done
    [ -z "$missing" ] || fail "missing:$missing. Please install:" \
        "apt-get install --no-install-recommends radosgw ceph-mon ceph-osd ceph-common curl"
}

# Ids of this folder's daemons that still run; an id that now belongs to somebody else's program is left alone.
running() {
    local file id
    for file in "$folder"/run/*.pid; do
        [ -s "$file" ] || continue
        id=$(<"$file")
        if tr '\0' ' ' <"/proc/$id/cmdline" 2>/dev/null | grep -qF -- "$folder/ceph.conf"; then
            echo "$id"
        fi
    done
}

answers() {
    curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$port"
}

# The folder carries a mark, so that nobody's own files are ever removed.
clear_folder() {
    if [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/.object-store" ]; then
        fail "$folder is not empty and was not made by this script"
    fi
    find "$folder" -mindepth 1 -delete
}

write_configuration() {
    cat >"$folder/ceph.conf" <<CONFIGURATION
[global]
fsid = $cluster
mon host = v1:127.0.0.1:$((port + 1))
ms bind msgr2 = false
ms bind ipv6 = false
ms bind port min = $((port + 2))
ms bind port max = $((port + 9))
auth cluster required = none
auth service required = none
auth client required = none
mon data = $folder/mon
osd data = $folder/osd
run dir = $folder/run
admin socket = $folder/run/\$name.asok
pid file = $folder/run/\$name.pid
log file = $folder/log/\$name.log
mon cluster log file = $folder/log/cluster.log
osd objectstore = memstore
memstore device bytes = $MEMORY_BYTES
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd class update on start = false
mon allow pool size one = true
mon max pg per osd = 2000
[osd]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:$port
rgw data = $folder/rgw
rgw dns name = 127.0.0.1
CONFIGURATION
}

launch() {
    local cluster osd map="$folder/monmap"
    cluster=$(</proc/sys/kernel/random/uuid)
    osd=$(</proc/sys/kernel/random/uuid)
    export CEPH_CONF="$folder/ceph.conf"
    # Chained, since `set -e` does not hold inside a function whose result is asked for.
    mkdir "$folder"/{mon,osd,rgw,run,log} &&
        write_configuration &&
        monmaptool --create --addv a "[v1:127.0.0.1:$((port + 1))]" --fsid "$cluster" "$map" &&
        ceph-mon --mkfs -i a --monmap "$map" &&
        ceph-mon --conf "$CEPH_CONF" -i a &&
        in_time ceph osd new "$osd" 0 &&
        in_time ceph-osd -i 0 --mkfs --osd-uuid "$osd" &&
        in_time ceph osd crush add osd.0 1.0 root=default host=here &&
        ceph-osd --conf "$CEPH_CONF" -i 0 &&
        # Before the gateway starts, which then finds its pools ready.
        in_time radosgw-admin -n client.rgw.a user create --uid=tests --display-name=tests \
            --access-key="${EAKTE_S3_ACCESS_KEY:-test-access}" --secret-key="${EAKTE_S3_SECRET_KEY:-test-secret}" &&
        radosgw --conf "$CEPH_CONF" -n client.rgw.a
}

in_time() {
    timeout --kill-after=2 "$WAIT_S" "$@"
}

start() {
    check_programs
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    if [ -n "$(running)" ] && [ -e "$folder/.object-store" ] && [ "$(<"$folder/.object-store")" = "$port" ] && answers
    then
        echo "http://127.0.0.1:$port"
        return
    fi
    stop
    if answers; then
        fail "port $port is taken"
    fi
    mkdir -p "$folder"
    echo "$port" >"$folder/.object-store"
    launch >"$folder/start.log" 2>&1 </dev/null || give_up
    local until=$((SECONDS + WAIT_S))
    until answers; do
        [ "$SECONDS" -lt "$until" ] || give_up
        sleep 0.2
    done
    echo "http://127.0.0.1:$port"
}

give_up() {
    tail -n 20 "$folder/start.log" >&2
    stop
    fail "did not start"
}

stop() {
    [ -d "$folder" ] || return 0
    folder=$(cd "$folder" && pwd -P)
    local id ids
    ids=$(running)
    # Its data is thrown away: nothing is won by an orderly end, which takes ten seconds.
    for id in $ids; do
        kill -KILL "$id" 2>/dev/null || true
    done
    for id in $ids; do
        while [ -e "/proc/$id" ] && ! grep -q '^State:.Z' "/proc/$id/status" 2>/dev/null; do
            sleep 0.1
        done
    done
    clear_folder
}

[ $# -ge 2 ] || usage
folder=$2
case $1 in
    start)
        [ $# -eq 3 ] || usage
        port=$3
        start
        ;;
    stop) stop ;;
    *) usage ;;
esac
