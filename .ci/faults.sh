#!/bin/sh
# Breaks a real installation at random, FAULTS times (500), and says what was lost: nothing, or the exit code is 1.
# On SQLite and the embedded broker; with ON=postgres on a PostgreSQL and a Redis of their own. SEED repeats a run.
set -eu
cd "$(dirname "$0")/.."
. .ci/system.sh

unset DATABASE_URL
if [ "${ON:-}" = postgres ]; then
    [ -n "$(postgres_programs)" ] || install_packages postgresql
    . .ci/postgres.sh
    # What was answered has to survive the server's death (not a power cut, which nobody makes here).
    as_owner "$_programs/psql" --quiet --host="$_folder" --username=vedette \
        --command="ALTER DATABASE vedette SET synchronous_commit = on" vedette
    POSTGRES_DATA=$_folder/data
    export POSTGRES_DATA
    # Starts the server again, as a service manager would; `restart` knows how it was started.
    (
        while [ -d "$_folder" ]; do
            as_owner "$_programs/pg_ctl" --pgdata="$_folder/data" status >/dev/null 2>&1 ||
                as_owner "$_programs/pg_ctl" --pgdata="$_folder/data" --wait --log="$_folder/log" restart >/dev/null 2>&1 || :
            sleep 0.5
        done
    ) &
    keeper=$!
    trap 'kill $keeper 2>/dev/null; throw_away' EXIT
fi

.venv/bin/python -m tests.faults
