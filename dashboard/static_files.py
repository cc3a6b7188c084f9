"""Collecting the pages' files (styles, scripts, icons) only when they have changed: compressing them takes seconds."""

import hashlib

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

STAMP = ".collected-from"


def collect() -> None:
    """Bring STATIC_ROOT up to date with what the project and its packages bring along."""
    stamp = settings.STATIC_ROOT / STAMP
    sources = _fingerprint()
    if stamp.exists() and stamp.read_text() == sources:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(sources)


def _fingerprint() -> str:
    """Names, sizes and times of all source files, as one short text."""
    facts = [settings.STORAGES["staticfiles"]["BACKEND"]]
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = storage.path(name)
            facts.append(f"{file} {storage.size(name)} {storage.get_modified_time(name).timestamp()}")
    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()
