"""What the list shows of analyses, as files: CSV for spreadsheets, JSON for programs.

Written while they are sent, and in bounded numbers. In English, like all exports.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from itertools import chain, islice
from typing import Any

from django.utils import timezone

from analyses.exports import AT_ONCE, BEGINNING, csv_line, streamed
from analyses.left_out import LeftOut
from analyses.models import Analysis
from analyses.models.configuration import SEVERITY_FIELDS, AnalysisQuerySet
from analyses.ordering import MOST_ROWS, in_order
from analyses.statuses import AnalysisStatus, logged

COLUMNS = (
    "Analysis", "Name", "Status", "Waits for review", "Scans", "With problems", "Percent done", "Scans done", "Pages",
    "Critical", "High", "Medium", "Low", "Info", "Started", "Ended", "Time limit", "Next run", "Owner", "Link",
    "Left out",
)  # fmt: skip


@dataclass(frozen=True)
class About:
    """What a file is about. `more`: how many analyses there are beyond as many as it holds."""

    site: str
    zone: tzinfo  # the reader's: the file is written after the request
    filters: dict[str, str] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    more: int = 0


def read(analyses: AnalysisQuerySet, sort: str) -> Iterator[Analysis]:
    """As many as pages show altogether, in the list's order, a part at a time."""
    parts = (part[:MOST_ROWS].iterator(chunk_size=AT_ONCE) for part in in_order(analyses, sort))
    return islice(chain.from_iterable(parts), MOST_ROWS)


def as_csv(analyses: Iterable[Analysis], about: About) -> Iterator[str]:
    """One line an analysis; what is left out comes last, and says why."""
    yield BEGINNING + csv_line(*COLUMNS)
    for analysis in analyses:
        yield csv_line(*map(_cell, _object(analysis, about).values()), "")
    between = [""] * (len(COLUMNS) - 3)
    for one in about.left_out:
        yield csv_line(one.number, one.name, *between, one.why)
    if about.more:
        yield csv_line("", "", *between, f"{about.more} more: a file holds at most {MOST_ROWS}.")


def as_json(analyses: Iterable[Analysis], about: About) -> Iterator[str]:
    """One object: what was exported, what was left out, and the analyses."""
    head = {
        "product": "Vedette",
        "exported_at": timezone.localtime(timezone=about.zone).isoformat(),
        "filters": about.filters,
        "left_out": [one.told for one in about.left_out],
        "more": about.more,
    }
    return streamed(head, "analyses", (_object(analysis, about) for analysis in analyses))


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _object(analysis: Analysis, about: About) -> dict[str, Any]:
    """An analysis, in the order of COLUMNS."""
    live, ends = analysis.is_live, analysis.is_live and not analysis.held

    def moment(at: datetime | None) -> str | None:
        return at.astimezone(about.zone).isoformat() if at else None

    return {
        "id": analysis.pk,
        "name": analysis.name,
        "status": logged(AnalysisStatus(analysis.status)),
        "waits_for_review": analysis.held,
        "scans": analysis.scan_count,
        "with_problems": analysis.problem_count,
        "percent_done": analysis.percent if live else None,
        "scans_done": analysis.done_count if live else None,
        "pages": analysis.pages if live else None,
        **{name.removesuffix("_count"): getattr(analysis, name) for name in SEVERITY_FIELDS},
        "started_at": moment(analysis.started_at),
        "ended_at": moment(analysis.ended_at),
        "time_limit": moment(analysis.deadline if ends else None),
        "next_run": moment(analysis.next_run),
        "owner": analysis.owner.get_username(),
        "link": f"{about.site}/analyses/{analysis.pk}/",
    }
