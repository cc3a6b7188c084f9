#!/bin/sh
# The suite.
#
#   .ci/test.sh default [argument...]    what needs no programs of its own and is quick, on SQLite
#   .ci/test.sh all [argument...]        everything on SQLite, then on PostgreSQL all that a database can change
#
# Further arguments go to pytest. The second installs Chromium and PostgreSQL where they are missing. What cannot be had
# is left out and said at the end; with CI=true leaving anything out is a failure.
set -u
cd "$(dirname "$0")/.."
. .ci/system.sh

python=.venv/bin/python
suite=$1
shift
browser=
left_out=
failed=
unsteady=
# Hundreds of programs are started, and none of them compiles its modules anew.
unset PYTHONDONTWRITEBYTECODE DATABASE_URL

run_pytest() { # marks, argument...
    marks=$1
    shift
    # A file's tests stay together: many of them look at one installation, browser or scan. One process more than there
    # are cores, because many wait for programs they have started. Files begin in the order of tests/conftest.py, the
    # longest first; xdist's own order, by the number of tests, leaves the slowest files to the end.
    $python -m pytest -n "${TEST_PROCESSES:-$(($(nproc) + 1))}" --dist loadfile --no-loadscope-reorder -m "$marks" "$@"
    code=$?
    # What fails beside two others on a busy machine is tried once more, alone, up to the first that fails again.
    if [ $code -eq 1 ]; then
        echo "== once more, alone: what failed"
        $python -m pytest -n 0 -x --last-failed --last-failed-no-failures none -m "$marks" "$@"
        code=$?
        [ $code -ne 0 ] || unsteady=yes
    fi
    # 5: nothing was selected, which is no failure where somebody chose the tests.
    [ $code -eq 0 ] || { [ $code -eq 5 ] && [ $# -gt 0 ]; } || failed=yes
}

everything() { # argument...
    has_chromium || install_chromium || { browser="and not browser" left_out="browser tests (there is no Chromium)"; }
    [ -n "$(postgres_programs)" ] || install_packages postgresql || left_out="${left_out:+$left_out, }all tests on PostgreSQL"

    echo "== on SQLite"
    run_pytest "not postgres $browser" "$@"
    if [ -n "$(postgres_programs)" ]; then
        echo "== on PostgreSQL"
        . .ci/postgres.sh
        run_pytest "postgres or not (browser or engine or process)" "$@"
    fi
}

shout() { # what everybody is to see at the end
    printf '\n%s\n  %s\n%s\n' "!!!!!!!!!!!!!!!!!!!!!!!!!" "$1" "!!!!!!!!!!!!!!!!!!!!!!!!!"
}

case $suite in
    default) run_pytest "not (postgres or browser or engine or process or thorough)" "$@" ;;
    all) everything "$@" ;;
    *) echo "There is no suite $suite: it is default or all." >&2 && exit 2 ;;
esac

[ -z "$unsteady" ] || shout "UNSTEADY: some tests failed beside others and passed alone; see above, and mend them"
if [ -n "$left_out" ]; then
    shout "LEFT OUT: $left_out"
    [ "${CI:-}" != true ] || failed=yes
fi
[ -z "$failed" ]
