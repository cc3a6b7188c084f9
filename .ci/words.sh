#!/bin/sh
# Collects the texts that people read, for the translators, and makes of their work what pages read (needs GNU gettext).
#
#   .ci/words.sh            brings dashboard/locale up to date; what is new there waits to be translated
#   .ci/words.sh --check    says whether it is: every text collected, translated and made, and nothing else
set -eu
cd "$(dirname "$0")/.."

command -v xgettext >/dev/null || {
    echo "Collecting texts needs GNU gettext (apt-get install gettext)." >&2
    exit 1
}
python=.venv/bin/python
folder=dashboard/locale
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -r "$folder/." "$before"

collect() { # domain, argument...
    domain=$1; shift
    $python manage.py makemessages --verbosity 0 --domain "$domain" --locale de --no-location --no-wrap --no-obsolete \
        --ignore 'tests/*' --ignore 'docs/*' --ignore 'var/*' --ignore 'static/vendor/*' --ignore '.*' "$@"
}

collect django --extension html,txt,py
collect djangojs
# The day of collecting says nothing, and would make every collection a change.
sed -i '/^"POT-Creation-Date:/d' "$folder"/*/LC_MESSAGES/*.po
for file in "$folder"/*/LC_MESSAGES/*.po; do
    msgfmt --check --output-file="${file%.po}.mo" "$file"
done
[ "${1:-}" = --check ] || exit 0

changed=0
diff -r "$before" "$folder" >/dev/null || changed=1
waiting=$(for file in "$folder"/*/LC_MESSAGES/*.po; do
    msgattrib --untranslated "$file"
    msgattrib --only-fuzzy "$file"
done | grep -c '^msgid "..*"' || true)
if [ $changed = 1 ]; then
    diff -r "$before" "$folder" | head -n 40 || true
    rm -rf "$folder"
    cp -r "$before" "$folder"
    echo "The texts have changed: run make words."
fi
[ "$waiting" = 0 ] || echo "$waiting texts wait to be translated or looked at."
[ "$changed$waiting" = 00 ]
