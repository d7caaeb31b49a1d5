#!/usr/bin/env bash
# A throw-away PostgreSQL for the services tests; fast, trusting, and forgetful: never for real records.
#
#   tools/services/postgres.sh start FOLDER PORT    ready when it returns; prints the SQLAlchemy URL
#   tools/services/postgres.sh stop FOLDER          ends its processes and removes FOLDER's contents
#
# Listens on 127.0.0.1:PORT only. Both commands may be repeated. As root it runs as the user postgres,
# since PostgreSQL refuses root; FOLDER then becomes that user's.
set -euo pipefail

usage() {
    sed -n '4,5s/^# *//p' "$0" >&2
    exit 2
}

fail() {
    echo "postgres: $*" >&2
    exit 1
}

# The newest installed version; Debian keeps the server's programs off the PATH.
find_programs() {
    local candidate
    programs=
    for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V); do
        [ ! -x "$candidate/postgres" ] || programs=$candidate
    done
    if [ -z "$programs" ] && command -v postgres >/dev/null; then
        programs=$(dirname "$(realpath "$(command -v postgres)")")
    fi
    [ -n "$programs" ] || fail "missing. Please install: apt-get install --no-install-recommends postgresql"
}

as_server() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

# Id of this folder's server while it lives; an id that now belongs to somebody else's program is left alone.
running() {
    local id
    [ -s "$folder/data/postmaster.pid" ] || return 0
    read -r id <"$folder/data/postmaster.pid"
    if tr '\0' ' ' <"/proc/$id/cmdline" 2>/dev/null | grep -qF -- "$folder/data"; then
        echo "$id"
    fi
}

answers() {
    "$programs/pg_isready" --quiet --host=127.0.0.1 --port="$port" --timeout=2
}

url() {
    echo "postgresql+psycopg://postgres@127.0.0.1:$port/postgres"
}

# The folder carries a mark, so that nobody's own files are ever removed.
clear_folder() {
    if [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/.throw-away-postgres" ]; then
        fail "$folder is not empty and was not made by this script"
    fi
    find "$folder" -mindepth 1 -delete
}

# Every folder on the way must let the server's user through.
check_way() {
    as_server test -w "$folder" || fail "user postgres cannot write to $folder: a folder above it is closed to others"
}

start() {
    find_programs
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    if [ -n "$(running)" ] && [ "$(<"$folder/.throw-away-postgres")" = "$port" ] && answers; then
        url
        return
    fi
    stop
    if (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
        fail "port $port is taken"
    fi
    echo "$port" >"$folder/.throw-away-postgres"
    if [ "$(id -u)" -eq 0 ]; then
        id postgres >/dev/null 2>&1 || useradd --system --shell /usr/sbin/nologin postgres
        chown postgres "$folder"
    fi
    check_way
    as_server "$programs/initdb" --pgdata="$folder/data" --username=postgres --auth=trust --encoding=UTF8 \
        --locale=C.UTF-8 --no-sync >"$folder/start.log" 2>&1 </dev/null || give_up
    cat >>"$folder/data/postgresql.conf" <<CONFIGURATION
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
CONFIGURATION
    as_server "$programs/pg_ctl" start --wait --pgdata="$folder/data" --log="$folder/data/server.log" \
        >>"$folder/start.log" 2>&1 </dev/null || give_up
    url
}

give_up() {
    tail -n 20 "$folder/start.log" "$folder"/data/server.log >&2 || true
    stop
    fail "did not start"
}

stop() {
    [ -d "$folder" ] || return 0
    folder=$(cd "$folder" && pwd -P)
    local id
    id=$(running)
    if [ -n "$id" ]; then
        # The quick end, without a checkpoint: its data is thrown away.
        kill -QUIT "$id" 2>/dev/null || true
        while [ -n "$(running)" ]; do
            sleep 0.05
        done
    fi
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
