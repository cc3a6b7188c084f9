#!/bin/sh
# Looks at the project without running it: style, types, templates, migrations, deployment settings, known weaknesses.
# Every check runs; the exit code says whether all of them passed.
set -u
cd "$(dirname "$0")/.."

python=.venv/bin/python
DATA_DIR=$(mktemp -d) # the commands load the settings: keep them away from the installation's data
export DATA_DIR
trap 'rm -rf "$DATA_DIR"' EXIT
failed=

check() { # name, command...
    name=$1
    shift
    printf '== %s\n' "$name"
    "$@" || failed="$failed $name"
}

check ruff $python -m ruff check .
check format $python -m ruff format --check .
check templates $python -m djlint templates --lint --quiet
check mypy $python -m mypy .
check migrations $python manage.py makemigrations --check --dry-run
check words .ci/words.sh --check
check deployment env SITE_URL=https://vedette.example.com $python manage.py check --deploy --fail-level WARNING
check bandit $python -m bandit --quiet --recursive --severity-level medium --configfile pyproject.toml analyses dashboard notifications

if [ -n "$failed" ]; then
    printf 'Not clean:%s\n' "$failed"
    exit 1
fi
echo "All clean."
