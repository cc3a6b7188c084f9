"""Findings as files: CSV for spreadsheets, JSON for programs; `sarif.py` writes them for tools that read results.

Written piece by piece, so that many findings take little memory, and in bounded numbers. What was sent and what was
answered is in none of them: it may hold whatever a site tells its visitors, and stays where its readers are known.

They are in English, whoever asks for them: programs read them, and what they make of them is compared.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db.models import F, Prefetch
from django.utils import timezone

from analyses.finding_filters import ShownFindings
from analyses.lifecycle.comparison import Change
from analyses.lifecycle.english import in_english
from analyses.models import FindingInstance
from analyses.references import references_of
from analyses.remediation import remedy_for

_P = ParamSpec("_P")
_T = TypeVar("_T")

MOST_FINDINGS = 20_000
MOST_PLACES = 20  # of each finding
AT_ONCE = 500
# How spreadsheets begin to calculate: at the beginning of a cell, after whatever is not seen there. In countries where
# a semicolon separates cells, a file like this one is read as cells of that kind: one begins after each, whatever
# quotes there are, and a row after each line break.
_UNSEEN = r"[\s\x00-\x20\x7f-\xa0\u00ad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\"']*"
_SIGN = r"[=+\-@＝＋－＠﹢﹣﹦﹫−]"
_FORMULA = re.compile(rf"{_UNSEEN}(?:{_SIGN}|[\t\r\n])")
_FURTHER_FORMULA = re.compile(rf"(?<=[;\t\r\n\x0b\x0c])(?={_UNSEEN}{_SIGN})")

BEGINNING = "\ufeff"  # of a CSV file: the mark by which spreadsheets know the encoding
COLUMNS = (
    "Finding", "Severity", "State", "Change", "Category", "CWE", "Method", "Host", "Path", "Parameter", "Places",
    "First place", "Tested again", "Found by", "First seen in run", "Last seen in run", "Risk", "What to do", "Link",
)  # fmt: skip


def said_in_english(write: Callable[_P, _T]) -> Callable[_P, _T]:
    """Write a piece in English. Piece by piece: a file is sent after its request, and others are answered meanwhile."""

    @wraps(write)
    def written(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with in_english():
            return write(*args, **kwargs)

    return written


def findings_of(shown: ShownFindings, most: int = MOST_FINDINGS, *also: "Prefetch[Any]") -> Iterator[Any]:
    """The shown findings in their order, each with its first places; where it is not in the run, with those before."""
    runs = [run.pk for run in (shown.run, shown.comparison.before) if run]
    places = FindingInstance.objects.filter(scan_occurrence__occurrence__in=runs)
    places = places.annotate(run=F("scan_occurrence__occurrence")).order_by("-run", "pk").defer("request", "response")
    found = shown.found.select_related("first_seen", "last_seen")
    found = found.prefetch_related(Prefetch("instances", places[:MOST_PLACES], to_attr="places"), *also)
    for finding in found[:most].iterator(chunk_size=AT_ONCE):
        finding.places = [place for place in finding.places if place.run == finding.places[0].run]
        yield finding


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula, wherever in the world it is opened."""
    text = str(value)
    begins = _FORMULA.match(text) is not None
    text = _FURTHER_FORMULA.sub("'", text)
    return f"'{text}" if begins else text


def as_csv(shown: ShownFindings, site: str) -> Iterator[str]:
    """One line a finding."""
    yield BEGINNING + csv_line(*COLUMNS)
    for finding in findings_of(shown):
        yield csv_line(*_row(finding, site))


@said_in_english
def _row(finding: Any, site: str) -> tuple[object, ...]:
    remedy, place = remedy_for(finding.category), _first(finding)
    return (
        finding.pk, finding.severity, finding.get_state_display(), _change(finding), finding.category,
        f"CWE-{remedy.cwe}" if remedy.cwe else "", finding.method, finding.host, finding.path,
        finding.parameter, _number_of_places(finding), place.url if place else "",
        place.get_verification_display() if place else "", finding.module, _run(finding.first_seen),
        _run(finding.last_seen), str(remedy.risk), str(remedy.advice), link_of(finding, site),
    )  # fmt: skip


def csv_line(*values: object) -> str:
    """A line of a file for spreadsheets, in which no cell is a formula."""
    written = io.StringIO()
    csv.writer(written).writerow([cell(value) for value in values])
    return written.getvalue()


def as_json(shown: ShownFindings, site: str) -> Iterator[str]:
    """One object: what was exported, with times in the reader's zone, and its findings."""
    return streamed(_about(shown, site), "findings", (_object(each, site) for each in findings_of(shown)))


@said_in_english
def _about(shown: ShownFindings, site: str) -> dict[str, Any]:
    run, before = shown.run, shown.comparison.before
    return {
        "product": "Vedette",
        "exported_at": timezone.localtime().isoformat(),
        "analysis": {"id": run.analysis_id, "name": run.analysis.name, "link": f"{site}/analyses/{run.analysis_id}/"},
        "run": {
            "number": run.number,
            "status": str(run.get_status_display()),
            "ended_at": timezone.localtime(run.ended_at).isoformat() if run.ended_at else None,
        },
        "compared_with_run": before.number if before else None,
        "filters": {name: value for name, value in vars(shown.wanted).items() if value},
        "count": shown.count,
        "left_out": max(0, shown.count - MOST_FINDINGS),
    }


@said_in_english
def _object(finding: Any, site: str) -> dict[str, Any]:
    remedy = remedy_for(finding.category)
    return {
        "id": finding.pk,
        "fingerprint": finding.fingerprint,
        "category": finding.category,
        "severity": finding.severity,
        "state": finding.state,
        "change": _change(finding) or None,
        "method": finding.method,
        "host": finding.host,
        "path": finding.path,
        "parameter": finding.parameter,
        "found_by": finding.module,
        "first_seen_in_run": _run(finding.first_seen) or None,
        "last_seen_in_run": _run(finding.last_seen) or None,
        "risk": str(remedy.risk),
        "advice": str(remedy.advice),
        "references": [{"name": each.label, "link": each.url} for each in references_of(finding)],
        "places": [
            {"url": place.url, "info": place.info, "tested_again": place.verification} for place in finding.places
        ],
        "link": link_of(finding, site),
    }


def streamed(head: dict[str, Any], name: str, items: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A JSON object whose last member is a list that is written item by item."""
    yield json.dumps(head, ensure_ascii=False)[:-1] + f', "{name}": ['
    separator = "\n"
    for item in items:
        yield separator + json.dumps(item, ensure_ascii=False)
        separator = ",\n"
    yield "\n]}"


def _number_of_places(finding: Any) -> str:
    number = len(finding.places)
    return f"{number} or more" if number == MOST_PLACES else str(number)


def _first(finding: Any) -> FindingInstance | None:
    return finding.places[0] if finding.places else None


def _change(finding: Any) -> str:
    return str(Change(finding.change).label) if finding.change else ""


def _run(run: Any) -> int | str:
    return run.number if run else ""


def link_of(finding: Any, site: str) -> str:
    """Where a finding is read and judged."""
    return f"{site}/analyses/{finding.analysis_id}/results/?finding={finding.pk}"
