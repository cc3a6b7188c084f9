"""The activity log as files: CSV for spreadsheets, JSON for programs. However long, written while it is sent.

The log is kept in English, and so are these, whoever downloads them.
"""

from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from django.db.models import QuerySet

from analyses.activity_log import Kind, Wanted, kind_of
from analyses.exports import BEGINNING, csv_line, streamed
from analyses.models import Activity, Analysis

AT_ONCE = 500
COLUMNS = ("Number", "Time", "Kind", "Who", "Run", "Scan", "What happened", "Old status", "New status", "Cause")


def as_csv(entries: QuerySet[Activity], zone: tzinfo, _about: dict[str, Any]) -> Iterator[str]:
    """One line an entry, the newest first, with times in the zone."""
    yield BEGINNING + csv_line(*COLUMNS)
    for entry in _read(entries):
        yield csv_line(*("" if value is None else value for value in _object(entry, zone).values()))


def as_json(entries: QuerySet[Activity], zone: tzinfo, about: dict[str, Any]) -> Iterator[str]:
    """One object: what it is `about`, and the entries."""
    return streamed(about, "entries", (_object(entry, zone) for entry in _read(entries)))


def about(analysis: Analysis, wanted: Wanted) -> dict[str, Any]:
    """Which log it is, and what it is narrowed to."""
    return {
        "product": "Vedette",
        "analysis": {"id": analysis.pk, "name": analysis.name},
        "filters": {name: value for name, value in vars(wanted).items() if value},
    }


def _read(entries: QuerySet[Activity]) -> Iterator[Activity]:
    return entries.select_related("occurrence").iterator(chunk_size=AT_ONCE)


def _object(entry: Activity, zone: tzinfo) -> dict[str, Any]:
    """An entry, in the order of COLUMNS."""
    kind = kind_of(entry)
    scan, whom = ("", f" ({entry.target})") if kind == Kind.NOTICES else (entry.target, "")
    return {
        "id": entry.pk,
        "at": entry.at.astimezone(zone).isoformat(),
        "kind": kind.value,
        "who": entry.actor_name,
        "run": entry.occurrence.number if entry.occurrence else None,
        "scan": scan,
        "action": entry.action,
        "old_status": entry.old_status,
        "new_status": entry.new_status,
        "cause": f"{entry.cause}{whom}",
    }
