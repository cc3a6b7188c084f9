#!/bin/sh
# Makes Vedette's Python environments, and leaves them alone while they are up to date.
#
#   .ci/environments.sh app       .venv    requirements.txt
#   .ci/environments.sh dev       .venv    requirements-dev.txt: everything of the application, and the tools
#   .ci/environments.sh engine    .engine  requirements-engine.txt: Wapiti, only ever run as a separate program
#
# PYTHON and ENGINE_PYTHON_BASE choose the interpreters. uv does the work where it is on the PATH, else venv and pip.
# An environment keeps a copy of each list it was made from, written last: without it, or with another one, it is
# made again from nothing. So a half-made environment is never taken for a whole one.
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# The interpreter's version, or nothing when it does not run (a name on the PATH may be an empty shim).
version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true
}

runs_vedette() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

runs_wapiti() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null
}

can_make_environments() {
    command -v uv >/dev/null || "$1" -c 'import ensurepip, venv' 2>/dev/null
}

app_python() {
    found=
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        version=$(version_of "$candidate")
        [ -n "$version" ] || continue
        if runs_vedette "$candidate"; then
            can_make_environments "$candidate" ||
                fail "Vedette needs Python's venv module, which $(command -v "$candidate") does not have. Install it with: apt-get install python3-venv"
            echo "$candidate"
            return
        fi
        found=${found:-"found $version at $(command -v "$candidate")"}
    done
    fail "Vedette needs Python 3.11 or newer; ${found:-"no ${PYTHON:-python3} that runs is on the PATH"}"
}

# The newest one that Wapiti supports: newer Wapitis need newer Pythons.
engine_python() {
    for minor in 14 13 12 11; do
        for candidate in ${ENGINE_PYTHON_BASE:-"python3.$minor" "$HOME/.pyenv/versions/3.$minor".*/bin/python}; do
            if runs_wapiti "$candidate" && can_make_environments "$candidate"; then
                echo "$candidate"
                return
            fi
        done
    done
    [ -z "${ENGINE_PYTHON_BASE:-}" ] || fail "ENGINE_PYTHON_BASE=$ENGINE_PYTHON_BASE is no Python 3.11 to 3.14 with venv."
    app_python
}

is_whole() { # folder, list
    [ -e "$1/bin/python" ] && cmp -s "$2" "$1/made-from-$2" && [ -n "$(version_of "$1/bin/python")" ]
}

make_empty() { # folder, interpreter
    rm -rf "$1"
    if command -v uv >/dev/null; then
        uv venv --quiet --python "$2" "$1"
    else
        "$2" -m venv "$1"
    fi
}

install() { # folder, list
    if command -v uv >/dev/null; then
        uv pip install --quiet --compile-bytecode --python "$1/bin/python" --require-hashes --requirement "$2"
    else
        "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --requirement "$2"
    fi
}

# Runs one step with its output kept aside; shows how long it took, or the end of the output when it failed.
step() { # what it does, command...
    started=$(date +%s)
    printf 'Vedette: %s ... ' "$1"
    shift
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    trap 'exit 130' INT
    if "$@" >"$log" 2>&1; then
        echo "$(($(date +%s) - started)) s"
    else
        echo "failed"
        tail -n 15 "$log" >&2
        fail "This step failed; its last lines are above. Nothing half-made is kept: run the command again to retry."
    fi
    rm -f "$log"
}

fill() { # folder, list, what it is
    step "installing $3 into $1" install "$1" "$2"
    cp "$2" "$1/made-from-$2"
}

make_environment() { # folder, list, what it is, interpreter
    step "making $1 with Python $(version_of "$4")" make_empty "$1" "$4"
    fill "$1" "$2" "$3"
}

app() {
    is_whole .venv requirements.txt && return
    python=$(app_python)
    make_environment .venv requirements.txt "the application" "$python"
}

dev() {
    app
    is_whole .venv requirements-dev.txt && return
    fill .venv requirements-dev.txt "the development tools"
}

engine() {
    is_whole .engine requirements-engine.txt && return
    python=$(engine_python)
    make_environment .engine requirements-engine.txt "the scan engine" "$python"
}

for environment in "$@"; do
    case $environment in
        app | dev | engine) "$environment" ;;
        *) fail "$environment is no environment; there are app, dev and engine." ;;
    esac
done
