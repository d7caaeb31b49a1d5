#!/usr/bin/env bash
# A throw-away IMAP server for the services tests: Dovecot with a certificate of its own.
#
#   tools/services/mail.sh start FOLDER PORT    ready when it returns; prints the URL
#   tools/services/mail.sh stop FOLDER          ends its processes and removes FOLDER's contents
#
# Listens on 127.0.0.1 only: PORT with TLS from the start, PORT+1 without (STARTTLS is offered). Both commands may be
# repeated. Every name is an account with an empty mailbox; all have the password that the URL tells. FOLDER/cert.pem
# is what clients have to trust.
set -euo pipefail

PASSWORD=ein-geheimes-Wort
WAIT_S=20

usage() {
    sed -n '4,5s/^# *//p' "$0" >&2
    exit 2
}

fail() {
    echo "mail: $*" >&2
    exit 1
}

check_programs() {
    local program missing=
    PATH=$PATH:/usr/sbin
    for program in dovecot openssl; do
        command -v "$program" >/dev/null || missing+=" $program"
    done
    [ -x /usr/lib/dovecot/imap ] || missing+=" imap"
    [ -z "$missing" ] || fail "missing:$missing. Please install:" \
        "apt-get install --no-install-recommends dovecot-imapd openssl"
}

# Id of this folder's master while it lives; an id that now belongs to somebody else's program is left alone.
running() {
    local id
    [ -s "$folder/run/master.pid" ] || return 0
    id=$(<"$folder/run/master.pid")
    if tr '\0' ' ' <"/proc/$id/cmdline" 2>/dev/null | grep -qF -- "$folder/dovecot.conf"; then
        echo "$id"
    fi
}

answers() {
    (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null && (: </dev/tcp/127.0.0.1/"$((port + 1))") 2>/dev/null
}

# The folder carries a mark, so that nobody's own files are ever removed.
clear_folder() {
    if [ -n "$(ls -A "$folder")" ] && [ ! -e "$folder/.throw-away-mail" ]; then
        fail "$folder is not empty and was not made by this script"
    fi
    find "$folder" -mindepth 1 -delete
}

# Started by root it gives its rights up to the users that Debian made for it; else it is all one user's.
write_configuration() {
    local reader login internal group
    if [ "$(id -u)" -eq 0 ]; then
        reader=nobody login=dovenull internal=dovecot group=dovecot
    else
        reader=$(id -un) login=$reader internal=$reader group=$(id -gn)
    fi
    cat >"$folder/dovecot.conf" <<CONFIGURATION
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/server.log
protocols = imap
listen = 127.0.0.1
default_login_user = $login
default_internal_user = $internal
default_internal_group = $group
first_valid_uid = 1
ssl = yes
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:$folder/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
passdb {
  driver = static
  args = password=$PASSWORD
}
userdb {
  driver = static
  args = uid=$(id -u "$reader") gid=$(id -g "$reader") home=$folder/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $((port + 1))
  }
  inet_listener imaps {
    port = $port
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
CONFIGURATION
    mkdir "$folder/mail" "$folder/run" "$folder/state"
    [ "$(id -u)" -ne 0 ] || chown "$reader" "$folder/mail"
}

start() {
    check_programs
    mkdir -p "$folder"
    folder=$(cd "$folder" && pwd -P)
    if [ -n "$(running)" ] && [ "$(<"$folder/.throw-away-mail")" = "$port" ] && answers; then
        url
        return
    fi
    stop
    if (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null; then
        fail "port $port is taken"
    fi
    echo "$port" >"$folder/.throw-away-mail"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$folder/key.pem" -out "$folder/cert.pem" >"$folder/start.log" 2>&1 </dev/null || give_up
    write_configuration
    dovecot -c "$folder/dovecot.conf" >>"$folder/start.log" 2>&1 </dev/null || give_up
    local until=$((SECONDS + WAIT_S))
    until answers; do
        [ "$SECONDS" -lt "$until" ] || give_up
        sleep 0.1
    done
    url
}

url() {
    echo "imaps://:$PASSWORD@127.0.0.1:$port"
}

give_up() {
    tail -n 20 "$folder/start.log" "$folder"/server.log >&2 || true
    stop
    fail "did not start"
}

stop() {
    [ -d "$folder" ] || return 0
    folder=$(cd "$folder" && pwd -P)
    local id
    id=$(running)
    if [ -n "$id" ]; then
        kill -TERM "$id" 2>/dev/null || true
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
