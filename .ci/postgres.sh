# Sourced by a script that needs a PostgreSQL of its own: made in a temporary folder, reached by a unix socket only,
# thrown away when the script ends. Sets and exports DATABASE_URL.

_programs=$(postgres_programs)
_folder=$(mktemp -d)
_owner=postgres
id "$_owner" >/dev/null 2>&1 || _owner=nobody

as_owner() { # PostgreSQL refuses to run as root
    if [ "$(id -u)" -eq 0 ]; then
        (cd "$_folder" && runuser -u "$_owner" -- "$@")
    else
        "$@"
    fi
}

throw_away() {
    as_owner "$_programs/pg_ctl" --pgdata="$_folder/data" --mode=immediate stop >/dev/null 2>&1
    rm -rf "$_folder"
}
trap throw_away EXIT
trap 'exit 130' INT TERM

[ "$(id -u)" -ne 0 ] || chown "$_owner" "$_folder"
# Its data need not outlive a power cut.
as_owner "$_programs/initdb" --pgdata="$_folder/data" --username=vedette --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync >/dev/null &&
    as_owner "$_programs/pg_ctl" --pgdata="$_folder/data" --wait --log="$_folder/log" --options="-k $_folder \
        -c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off" start >/dev/null &&
    as_owner "$_programs/createdb" --host="$_folder" --username=vedette vedette || {
    echo "PostgreSQL could not be started:" >&2
    cat "$_folder/log" >&2
    exit 1
}

DATABASE_URL="postgres://vedette@$(printf %s "$_folder" | sed 's|/|%2F|g')/vedette"
export DATABASE_URL
